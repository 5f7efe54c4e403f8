import { expect, it } from 'vitest';
import type { Measurement } from '../measure.js';
import { costOf, rssOf } from '../subject/process-cost.js';
import { pageOf } from './page.js';
import { pictureOf } from './picture.js';
import { kindOf, ratiosOf, withWorkers } from './ratios.js';
import {
  type Report,
  type Row,
  errorsOf,
  garbageRowOf,
  importRowOf,
  listenRowOf,
  neighbourRowOf,
  rowOf,
  sickRowOf,
} from './report.js';
import { textOfPeers, textOfReport } from './text.js';

const measured = (cpuUsPerCall: number, more: Partial<Measurement> = {}): Measurement => ({
  callsPerSecond: 1_000_000 / cpuUsPerCall,
  p50Ms: cpuUsPerCall / 100,
  p95Ms: 2,
  p99Ms: 3,
  cpuUsPerCall,
  storesCpuUsPerCall: 1,
  rssMb: 100,
  calls: 1_000,
  errors: 0,
  errorSamples: [],
  ...more,
});

const listened = (kbPerStream: number, errors = 0) => ({
  beforeMb: 100,
  openMb: 120,
  afterMb: 101,
  kbPerStream,
  errors,
  errorSamples: errors > 0 ? ['told of the change 0 times'] : [],
});

const neighboured = (besideP99Ms: number, errors = 0) => ({
  aloneP50Ms: 1,
  aloneP99Ms: 2,
  besideP50Ms: 1,
  besideP99Ms,
  strangersP50Ms: 1,
  strangersP99Ms: 3,
  strangersCut: 7,
  greedyServed: 100,
  greedyRefused: 50,
  errors,
  errorSamples: errors > 0 ? ['status 503: busy'] : [],
});

const sickened = (besideP99Ms: number, errors = 0) => ({
  aloneP50Ms: 1,
  aloneP99Ms: 2,
  besideP50Ms: 1,
  besideP99Ms,
  sickCalls: 40,
  errors,
  errorSamples: errors > 0 ? ['status 504: late'] : [],
});

const garbaged = (kb: number, errors = 0) => ({
  call: { kb, turnP999Ms: 3 },
  list: { kb: 20, turnP999Ms: 1 },
  errors,
  errorSamples: errors > 0 ? ['wrong text'] : [],
});

const imported = (cpuMs: number, errors = 0) => ({
  operations: 1_200,
  mb: 12.2,
  cpuMs,
  storesCpuMs: 400,
  mostMb: 120,
  errors,
  errorSamples: errors > 0 ? ['7 tools'] : [],
});

const catalogSide = (tools: number, toggleCpuMs: number) => ({
  tools,
  toggleCpuMs,
  firstCallMs: 1.2,
  plainCallMs: 1,
  registerMs: 30,
  registerCpuMs: 20,
});

const report: Report = {
  at: '2026-11-20T12:00:00.000Z',
  machine: { cpus: 2, model: 'a <fast> one', memoryGb: 8, node: 'v24.0.0', system: 'Linux 6' },
  settings: { connections: 64, rounds: 3, durationMs: 1_500 },
  rows: [
    rowOf('tools/call modern', 'upstream alone', [measured(20), measured(20), measured(20)]),
    // The machine is ten times slower in the last round: for both.
    rowOf('tools/call modern', 'bare proxy', [measured(60), measured(50), measured(500)]),
    rowOf('tools/call modern', 'embedded', [
      measured(90, { errors: 2, errorSamples: ['<odd> & wrong'] }),
      measured(100),
      measured(900),
    ]),
    rowOf('tools/call modern', 'embedded before', [measured(180), measured(200), measured(1_800)]),
  ],
  listening: [listenRowOf('embedded', [listened(30), listened(10, 1), listened(20)])],
  garbage: [garbageRowOf('embedded', [garbaged(44), garbaged(40, 1), garbaged(42)])],
  neighbours: [neighbourRowOf('embedded', [neighboured(4), neighboured(3, 1), neighboured(2)])],
  sick: [sickRowOf('embedded', 'floods', [sickened(2.4), sickened(2.2, 1), sickened(9)])],
  starts: [{ first: { seconds: 2.5, cpuSeconds: 3 }, again: { seconds: 1.5, cpuSeconds: 2 } }],
  catalogs: [
    {
      subject: 'embedded',
      measured: {
        few: catalogSide(50, 2),
        many: catalogSide(10_000, 3),
        start: { few: 1.5, many: 1.8 },
        errors: 1,
        errorSamples: ['a tool is offered'],
      },
    },
  ],
  imports: [importRowOf('embedded', [imported(2_000), imported(1_500, 1), imported(9_000)])],
  compressions: [
    {
      subject: 'embedded',
      measured: {
        tools: 500,
        lists: [
          { coding: 'identity', bytes: 300_000, cpuUs: 400 },
          { coding: 'gzip', bytes: 9_000, cpuUs: 100 },
        ],
        errors: 1,
        errorSamples: ['gzip was asked for'],
      },
    },
  ],
  memory: [{ subject: 'embedded', uses: [{ process: 'embedded', idleMb: 150, busyMb: 200, mostMb: 240 }] }],
};

it('the report compares a subject with another one round by round, and takes the median of that', () => {
  const [proxy, before] = ratiosOf(report.rows);
  expect(proxy).toMatchObject({ subject: 'embedded', against: 'bare proxy', cpu: 1.8, cpuRange: [1.5, 2] });
  expect(proxy?.throughput).toBeCloseTo(1 / 1.8);
  expect(before).toMatchObject({ subject: 'embedded', against: 'embedded before', cpu: 0.5 });
});

it('the report compares a gateway with several workers with the same one without', () => {
  const [, embedded] = report.rows as [Row, Row];
  const rows = [
    { ...embedded, subject: 'distributed' },
    { ...embedded, subject: withWorkers('distributed', 2) },
    { ...embedded, subject: 'embedded' },
  ];
  expect(ratiosOf(rows)).toMatchObject([
    { subject: 'distributed, 2 workers', against: 'distributed', throughput: 1, cpu: 1 },
  ]);
});

it('the report compares a tool of another kind with one of an MCP server behind the same gateway', () => {
  const kinds = [
    rowOf('tools of other kinds', 'embedded', [measured(100), measured(200)]),
    rowOf('tools of other kinds', kindOf('embedded', 'REST'), [measured(120), measured(240)]),
    rowOf('tools of other kinds', kindOf('embedded', 'gRPC'), [measured(150), measured(260)]),
  ];
  expect(ratiosOf(kinds)).toMatchObject([
    { subject: 'embedded, REST tool', against: 'embedded', cpu: 1.2 },
    { subject: 'embedded, gRPC tool', against: 'embedded', cpu: 1.4 },
  ]);
});

it('the report takes the median round', () => {
  expect(report.imports[0]?.median.cpuMs).toBe(2_000);
  expect(report.rows[1]?.median.cpuUsPerCall).toBe(60);
  expect(report.listening[0]?.median.kbPerStream).toBe(20);
  expect(report.neighbours[0]?.median.besideP99Ms).toBe(3);
  expect(report.sick[0]?.median.besideP99Ms).toBe(2.4);
  expect(report.garbage[0]?.median.call.kb).toBe(42);
});

it('the report says first what does not depend on the machine, and names wrong answers', () => {
  const text = textOfReport(report);
  expect(text.indexOf('1.80 ×')).toBeLessThan(text.indexOf('CPU µs/call'));
  expect(text).toContain('tools/call modern, embedded: <odd> & wrong');
  expect(text).toContain('listen streams, embedded: told of the change 0 times');
  expect(text).toContain('a modest caller, embedded: status 503: busy');
  expect(text).toContain('beside a sick upstream, floods, embedded: status 504: late');
  expect(text).toContain('1.50 ×');
  expect(text).toContain('ten thousand tools, embedded: a tool is offered');
  expect(text).toContain('garbage of a call, embedded: wrong text');
  expect(text).toContain('compressed lists, embedded: gzip was asked for');
  expect(text).toContain('0.25 ×');
  expect(text).toContain('a large document imported, embedded: 7 tools');
  expect(errorsOf(report)).toBe(9);
});

it('the report leaves out what was not measured', () => {
  const text = textOfReport({
    ...report,
    listening: [],
    neighbours: [],
    sick: [],
    garbage: [],
    starts: [],
    catalogs: [],
    compressions: [],
    imports: [],
    memory: [],
  });
  expect(text).not.toMatch(/npm start|listen|modest|sick|Garbage|Resident|thousand|coding|document/);
});

it('textOfPeers compares each with the embedded gateway, and says who is missing when somebody is', () => {
  const rows = [rowOf('r', 'embedded', [measured(199)]), rowOf('r', 'other', [measured(49_999, { errors: 2 })])];
  const text = textOfPeers({ rows, missing: [{ peer: 'crate', reason: 'cargo is needed' }] });

  expect(text).toContain('| r | embedded | 5025 | 1.99 | 3.00 | 199 | 1 | – | 1000 | 0 |');
  expect(text).toMatch(/^\| r \| other \| 20 .* \| 0\.0040 × \| 1000 \| 2 \|$/m);
  expect(text).toContain('crate is left out: cargo is needed');
});

it('the report writes a page whose tables are whole', () => {
  const page = pageOf(report);
  const tables = page.split('\n\n').filter((part) => part.startsWith('|'));
  expect(tables).toHaveLength(11);
  for (const table of tables) {
    const columns = new Set(
      table
        .trim()
        .split('\n')
        .map((row) => row.split('|').length),
    );
    expect(columns.size).toBe(1);
  }
});

it('the report draws a picture that is well-formed', () => {
  const svg = pictureOf({
    ...report,
    rows: report.rows.map((row) => ({ ...row, scenario: 'a <scenario> & so on' })),
  });
  expect(svg).toContain('a &lt;scenario> &amp; so on');
  const opened = svg.match(/<(text|rect|svg|style)\b/g) ?? [];
  const closed = svg.match(/<\/(text|svg|style)>|\/>/g) ?? [];
  expect(opened.length).toBe(closed.length);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

it('the report counts the processor time of a process and its threads', () => {
  const before = costOf([process.pid]);
  const used = process.cpuUsage();
  while (process.cpuUsage(used).user < 100_000);
  const after = costOf([process.pid]);
  expect(after.gatewayCpuMs - before.gatewayCpuMs).toBeGreaterThan(30);
  expect(after.gatewayRssBytes).toBeGreaterThan(20_000_000);
  expect(rssOf(process.pid)).toBeGreaterThan(20_000_000);
});
