import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Gateway, startGateway, temporaryFolder } from '#libs/testing';
import {
  checkDocument,
  registerDocument,
  startDocumentServer,
} from '../../../apps/switchyard/test/documents/import-document.js';
import { DOCUMENTS, type KnownDocument, PACKAGES } from '../../../apps/switchyard/test/documents/known-documents.js';
import { costOf } from '../../../bench/subject/process-cost.js';

// npm run documents: imports the OpenAPI documents of vendors, as packages of npm carry them, into a gateway, and tells what came of each.

const SAMPLE_MS = 20;

const mib = (bytes: number): number => Math.round(bytes / 1_048_576);

interface Row {
  readonly document: string;
  readonly operations: number;
  readonly names: number;
  readonly off: number;
  readonly skipped: string;
  readonly cpuMs: number;
  readonly memoryMib: number;
  readonly faults: readonly string[];
}

const install = (folder: string): void => {
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packages = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--silent'];
  execFileSync('npm', ['install', ...quiet, ...packages], { cwd: folder, stdio: 'inherit' });
};

const pidsOf = ({ processes }: Gateway): number[] => processes.map(({ server }) => server.pid);

/** What the gateway uses of the machine while something goes on, and the most memory that it has beyond what it had. */
const measured = async <T>(gateway: Gateway, act: () => Promise<T>) => {
  const before = costOf(pidsOf(gateway));
  let most = before.gatewayRssBytes;
  const sampling = setInterval(() => {
    most = Math.max(most, costOf(pidsOf(gateway)).gatewayRssBytes);
  }, SAMPLE_MS);
  try {
    const value = await act();
    const { gatewayCpuMs } = costOf(pidsOf(gateway));
    return { value, cpuMs: gatewayCpuMs - before.gatewayCpuMs, rssBytes: most - before.gatewayRssBytes };
  } finally {
    clearInterval(sampling);
  }
};

/** Reasons, and how often each. */
const summaryOf = (skipped: readonly { readonly reason: string }[]): string =>
  [...Map.groupBy(skipped, ({ reason }) => reason.replaceAll(/"[^"]*"|#\/\S+/g, '…').slice(0, 100))]
    .map(([reason, of]) => `${of.length} × ${reason}`)
    .join('; ');

/** Its own server, so that nothing of the one before is kept; the gateway forgets it afterwards. */
const run = async (gateway: Gateway, known: KnownDocument, text: string): Promise<Row> => {
  const { name, serverUrl, cpuMsMax = Infinity, rssBytesMax = Infinity } = known;
  const server = await startDocumentServer(text);
  try {
    const { value, cpuMs, rssBytes } = await measured(gateway, () =>
      registerDocument(gateway, name, server.url, serverUrl),
    );
    const { names, off, skipped, faults } = await checkDocument(gateway, value);
    await gateway.admin.call('DELETE', `/gateways/${value.id}`);
    const tooMuch = [
      ...(cpuMs > cpuMsMax ? [`it took ${cpuMs} ms of CPU, more than ${cpuMsMax}`] : []),
      ...(rssBytes > rssBytesMax ? [`it took ${mib(rssBytes)} MiB, more than ${mib(rssBytesMax)}`] : []),
    ];
    return {
      document: name,
      operations: names.length + off.length + skipped.length,
      names: names.length,
      off: off.length,
      skipped: summaryOf(skipped),
      cpuMs,
      memoryMib: mib(rssBytes),
      faults: [...faults, ...tooMuch],
    };
  } catch (error) {
    const faults = [String(error).slice(0, 500)];
    return { document: name, operations: 0, names: 0, off: 0, skipped: '', cpuMs: 0, memoryMib: 0, faults };
  } finally {
    await server.stop();
  }
};

const folder = temporaryFolder('documents');
const gateway = await startGateway({ mode: 'embedded' });
try {
  const given = process.env['DOCUMENTS_FOLDER'];
  if (given === undefined) install(folder);
  const wanted = process.argv.slice(2);
  const rows: Row[] = [];
  console.log('| Document | Operations | Names | Off | CPU ms | MiB | Skipped |\n|---|---|---|---|---|---|---|');
  for (const known of DOCUMENTS) {
    if (wanted.length > 0 && !wanted.includes(known.name)) continue;
    const file = join(given ?? folder, 'node_modules', known.package, known.file);
    const row = await run(gateway, known, readFileSync(file, 'utf8'));
    rows.push(row);
    const { document, operations, names, off, cpuMs, memoryMib, skipped, faults } = row;
    console.log(`| ${document} | ${operations} | ${names} | ${off} | ${cpuMs} | ${memoryMib} | ${skipped || '–'} |`);
    for (const fault of faults) console.log(`  FAULT ${document}: ${fault}`);
  }
  const total = rows.reduce((sum, { names }) => sum + names, 0);
  console.log(`\n${total} tools of ${rows.length} documents`);
  if (rows.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
} finally {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
}
