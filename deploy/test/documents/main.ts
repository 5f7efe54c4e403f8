import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Gateway, startGateway, temporaryFolder } from '#libs/testing';
import { DOCUMENTS, type KnownDocument, PACKAGES } from '../../../apps/switchyard/test/documents/known-documents.js';
import { documentsOfDirectory } from './directory.js';
import { compareRequests } from './requests/compare-requests.js';
import { type Row, runDocument, summaryOf } from './run-document.js';

// npm run documents: imports the OpenAPI documents of vendors, as packages of npm carry them, into a gateway, and tells what came of each.

const VENDORS = 150;

const install = (folder: string): void => {
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packages = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--silent'];
  execFileSync('npm', ['install', ...quiet, ...packages], { cwd: folder, stdio: 'inherit' });
};

const runAll = async (gateway: Gateway, folder: string, documents: readonly KnownDocument[]): Promise<Row[]> => {
  const rows: Row[] = [];
  console.log('| Document | Operations | Names | Off | CPU ms | MiB | Skipped |\n|---|---|---|---|---|---|---|');
  for (const known of documents) {
    const file = join(folder, 'node_modules', known.package, known.file);
    const row = await runDocument(gateway, known, readFileSync(file, 'utf8'));
    rows.push(row);
    const { document, operations, names, off, cpuMs, memoryMib, skipped, faults } = row;
    const why = summaryOf(skipped) || '–';
    console.log(`| ${document} | ${operations} | ${names} | ${off} | ${cpuMs} | ${memoryMib} | ${why} |`);
    for (const fault of faults) console.log(`  FAULT ${document}: ${fault}`);
  }
  return rows;
};

const totalsOf = (rows: readonly Row[]): string => {
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const skipped = summaryOf(rows.flatMap((row) => row.skipped));
  return [
    `${sum(({ operations }) => operations)} operations of ${rows.length} documents: ${sum(({ names }) => names)} tools, ${sum(({ off }) => off)} that are off`,
    `${sum((row) => row.skipped.length)} skipped${skipped && `: ${skipped}`}`,
    `${rows.filter(({ faults }) => faults.length > 0).length} documents with faults`,
  ].join('\n');
};

const { values, positionals } = parseArgs({ options: { vendors: { type: 'string' } }, allowPositionals: true });
const vendors = Number(values.vendors ?? VENDORS);
if (!Number.isSafeInteger(vendors) || vendors < 0) throw new Error('--vendors takes a whole number');
const folder = temporaryFolder('documents');
const gateway = await startGateway({ mode: 'embedded' });
try {
  const given = process.env['DOCUMENTS_FOLDER'];
  if (given === undefined) install(folder);
  const documents = [...DOCUMENTS, ...documentsOfDirectory(given ?? folder, vendors, DOCUMENTS)];
  const wanted = documents.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const rows = await runAll(gateway, given ?? folder, wanted);
  console.log(`\n${totalsOf(rows)}`);
  const { same, named, faults } = await compareRequests(gateway, given ?? folder);
  console.log(`\n${same} requests are what swagger-client sends, ${named.length} another in a way that has a reason:`);
  for (const { name, difference } of named)
    console.log(`  ${name}: ${difference?.ours} for ${difference?.theirs}; ${difference?.why}`);
  for (const fault of faults) console.log(`  FAULT ${fault}`);
  if (rows.length === 0 || faults.length > 0 || rows.some((row) => row.faults.length > 0)) process.exitCode = 1;
} finally {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
}
