import type { Measurement } from '../measure.js';
import { ratiosOf } from './ratios.js';
import { type Report, medianOf, slowdownOf } from './report.js';

/** The first `texts` columns are words, the others figures. */
export interface Table {
  readonly title: string;
  readonly texts: number;
  readonly head: readonly string[];
  readonly body: readonly (readonly string[])[];
}

const ratioTable = ({ rows }: Report): Table => ({
  title: 'Against the bare proxy of the same round',
  texts: 3,
  head: ['row', 'subject', 'against', 'calls/s', 'CPU per call', 'least to most', 'p50 +ms', 'p99 +ms'],
  body: ratiosOf(rows).map((ratio) => [
    ratio.scenario,
    ratio.subject,
    ratio.against,
    `${(ratio.throughput * 100).toFixed(0)} %`,
    `${ratio.cpu.toFixed(2)} ×`,
    ratio.cpuRange.map((value) => value.toFixed(2)).join(' – '),
    ratio.addedP50Ms.toFixed(2),
    ratio.addedP99Ms.toFixed(2),
  ]),
});

const callTable = ({ rows }: Report): Table => ({
  title: 'Calls',
  texts: 2,
  head: ['row', 'subject', 'calls/s', 'p50 ms', 'p95 ms', 'p99 ms', 'CPU µs/call', '+ stores µs', 'calls', 'wrong'],
  body: rows.map(({ scenario, subject, median, rounds }) => [
    scenario,
    subject,
    median.callsPerSecond.toFixed(0),
    median.p50Ms.toFixed(1),
    median.p95Ms.toFixed(1),
    median.p99Ms.toFixed(1),
    median.cpuUsPerCall.toFixed(0),
    median.storesCpuUsPerCall.toFixed(0),
    String(rounds.reduce((sum, { calls }) => sum + calls, 0)),
    String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
  ]),
});

const listenTable = ({ listening }: Report): Table => ({
  title: '1,000 idle subscriptions/listen streams',
  texts: 1,
  head: ['subject', 'KB per stream', 'MB before', 'MB open', 'MB after', 'wrong'],
  body: listening.map(({ subject, median, rounds }) => [
    subject,
    median.kbPerStream.toFixed(1),
    median.beforeMb.toFixed(0),
    median.openMb.toFixed(0),
    median.afterMb.toFixed(0),
    String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
  ]),
});

const neighbourTable = ({ neighbours }: Report): Table => ({
  title:
    'A modest caller beside one that wants ten times what there is, and beside 520 requests of strangers that stay halves',
  texts: 1,
  head: [
    'subject',
    'p50 ms alone',
    'beside',
    'p99 ms alone',
    'beside',
    'p99',
    'served',
    'refused',
    'p99 ms beside strangers',
    'p99',
    'cut off',
    'wrong',
  ],
  body: neighbours.map(({ subject, median, rounds }) => [
    subject,
    median.aloneP50Ms.toFixed(1),
    median.besideP50Ms.toFixed(1),
    median.aloneP99Ms.toFixed(1),
    median.besideP99Ms.toFixed(1),
    `${slowdownOf(median).toFixed(2)} ×`,
    String(median.greedyServed),
    String(median.greedyRefused),
    median.strangersP99Ms.toFixed(1),
    `${(median.strangersP99Ms / median.aloneP99Ms).toFixed(2)} ×`,
    String(median.strangersCut),
    String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
  ]),
});

const sickTable = ({ sick }: Report): Table => ({
  title: 'A healthy upstream beside a sick one',
  texts: 2,
  head: ['subject', 'the sick one', 'p50 ms alone', 'beside', 'p99 ms alone', 'beside', 'p99', 'calls of it', 'wrong'],
  body: sick.map(({ subject, sickness, median, rounds }) => [
    subject,
    sickness,
    median.aloneP50Ms.toFixed(1),
    median.besideP50Ms.toFixed(1),
    median.aloneP99Ms.toFixed(1),
    median.besideP99Ms.toFixed(1),
    `${slowdownOf(median).toFixed(2)} ×`,
    String(median.sickCalls),
    String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
  ]),
});

const garbageTable = ({ garbage }: Report): Table => ({
  title: 'Garbage of a call, and turns of the event loop',
  texts: 1,
  head: ['subject', 'KB a call', 'KB a list', 'turn p99.9 ms, calls', 'turn p99.9 ms, lists', 'wrong'],
  body: garbage.map(({ subject, median: { call, list }, rounds }) => [
    subject,
    call.kb.toFixed(1),
    list.kb.toFixed(1),
    call.turnP999Ms.toFixed(1),
    list.turnP999Ms.toFixed(1),
    String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
  ]),
});

const startTable = ({ starts }: Report): Table => ({
  title: 'npm start to the first answered call',
  texts: 1,
  head: ['start', 'seconds', 'CPU seconds'],
  body:
    starts.length === 0
      ? []
      : (
          [
            ['empty data folder', 'first'],
            ['again', 'again'],
          ] as const
        ).map(([name, which]) => [
          name,
          medianOf(starts.map((round) => round[which].seconds)).toFixed(2),
          medianOf(starts.map((round) => round[which].cpuSeconds)).toFixed(2),
        ]),
});

const catalogTable = ({ catalogs }: Report): Table => ({
  title: 'Ten thousand tools',
  texts: 2,
  head: ['what', 'subject', '50 tools', '10,000 tools', 'ratio', 'wrong'],
  body: catalogs.flatMap(({ subject, measured: { few, many, start, errors } }) =>
    (
      [
        ['a tool switched off or on: CPU ms', few.toggleCpuMs, many.toggleCpuMs],
        ['a call: ms', few.plainCallMs, many.plainCallMs],
        ['the first call after a change: ms', few.firstCallMs, many.firstCallMs],
        ['the same against a call: ×', few.firstCallMs / few.plainCallMs, many.firstCallMs / many.plainCallMs],
        ['50 more registered and called: ms', few.registerMs, many.registerMs],
        ['the same: CPU ms', few.registerCpuMs, many.registerCpuMs],
        ...(start === null ? [] : [['npm start to the first answered call: s', start.few, start.many] as const]),
      ] as const
    ).map(([what, before, after]) => [
      what,
      subject,
      before.toFixed(2),
      after.toFixed(2),
      `${(after / before).toFixed(2)} ×`,
      String(errors),
    ]),
  ),
});

const compressionTable = ({ compressions }: Report): Table => ({
  title: 'A list of 500 tools in each coding',
  texts: 2,
  head: ['subject', 'coding', 'bytes', 'CPU µs/list', 'against identity', 'wrong'],
  body: compressions.flatMap(({ subject, measured: { lists, errors } }) =>
    lists.map(({ coding, bytes, cpuUs }) => [
      subject,
      coding,
      String(bytes),
      cpuUs.toFixed(0),
      `${(cpuUs / (lists[0]?.cpuUs ?? cpuUs)).toFixed(2)} ×`,
      String(errors),
    ]),
  ),
});

const importTable = ({ imports }: Report): Table => ({
  title: 'A large OpenAPI document imported',
  texts: 1,
  head: ['subject', 'operations', 'MB of document', 'CPU s', '+ stores s', 'MB at most beyond before', 'wrong'],
  body: imports.map(({ subject, median, rounds }) => [
    subject,
    String(median.operations),
    median.mb.toFixed(1),
    (median.cpuMs / 1_000).toFixed(2),
    (median.storesCpuMs / 1_000).toFixed(2),
    median.mostMb.toFixed(0),
    String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
  ]),
});

const memoryTable = ({ memory }: Report): Table => ({
  title: 'Resident memory',
  texts: 2,
  head: ['subject', 'process', 'MB idle', 'MB in tools/call', 'MB at most'],
  body: memory.flatMap(({ subject, uses }) =>
    uses.map(({ process, idleMb, busyMb, mostMb }) => [
      subject,
      process,
      ...[idleMb, busyMb, mostMb].map((mb) => mb.toFixed(0)),
    ]),
  ),
});

/** Beside the figures what each costs against the embedded gateway of the same round. */
export const peerTable = ({ rows }: Pick<Report, 'rows'>): Table => ({
  title: 'Calls through others',
  texts: 2,
  head: [
    'row',
    'through',
    'calls/s',
    'p50 ms',
    'p99 ms',
    'CPU µs/call',
    '+ stores µs',
    'the embedded gateway’s CPU',
    'calls',
    'wrong',
  ],
  body: rows.map(({ scenario, subject, median, rounds }) => {
    const own = rows.find((row) => row.scenario === scenario && row.subject === 'embedded');
    const shares = (own?.rounds ?? []).map((round, at) => totalUs(round) / totalUs(rounds[at] ?? median));
    return [
      scenario,
      subject,
      median.callsPerSecond.toFixed(0),
      median.p50Ms.toFixed(2),
      median.p99Ms.toFixed(2),
      median.cpuUsPerCall.toFixed(0),
      median.storesCpuUsPerCall.toFixed(0),
      subject === 'embedded' ? '–' : `${medianOf(shares).toPrecision(2)} ×`,
      String(rounds.reduce((sum, { calls }) => sum + calls, 0)),
      String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  }),
});

const totalUs = ({ cpuUsPerCall, storesCpuUsPerCall }: Measurement): number => cpuUsPerCall + storesCpuUsPerCall;

/** Ratios first: they outlive a change of machine. */
export const tablesOf = (report: Report): Table[] =>
  [
    ratioTable,
    callTable,
    listenTable,
    neighbourTable,
    sickTable,
    garbageTable,
    startTable,
    catalogTable,
    compressionTable,
    importTable,
    memoryTable,
  ]
    .map((table) => table(report))
    .filter(({ body }) => body.length > 0);
