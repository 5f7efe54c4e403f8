import type { Measurement } from '../measure.js';

/** All rounds of one subject in one scenario. */
export interface Row {
  readonly scenario: string;
  readonly subject: string;
  /** The median round by processor time per call. */
  readonly median: Measurement;
  readonly rounds: readonly Measurement[];
}

/** What a subject costs beside the bare proxy in the same scenario, which outlives a change of machine. */
export interface Ratio {
  readonly scenario: string;
  readonly subject: string;
  /** Calls per second, as a share of the bare proxy's. */
  readonly throughput: number;
  /** Processor time per call, as a multiple of the bare proxy's. */
  readonly cpu: number;
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
}

export const BASE = 'bare proxy';

export const rowOf = (scenario: string, subject: string, rounds: readonly Measurement[]): Row => {
  const sorted = [...rounds].sort((a, b) => a.cpuUsPerCall - b.cpuUsPerCall);
  return { scenario, subject, rounds, median: sorted[Math.floor((sorted.length - 1) / 2)] as Measurement };
};

export const ratiosOf = (rows: readonly Row[]): Ratio[] =>
  rows.flatMap(({ scenario, subject, median }) => {
    const base = rows.find((row) => row.scenario === scenario && row.subject === BASE)?.median;
    if (base === undefined || subject === BASE || subject === 'upstream alone') return [];
    return {
      scenario,
      subject,
      throughput: median.callsPerSecond / base.callsPerSecond,
      cpu: median.cpuUsPerCall / base.cpuUsPerCall,
      addedP50Ms: median.p50Ms - base.p50Ms,
      addedP99Ms: median.p99Ms - base.p99Ms,
    };
  });

export const errorsOf = (rows: readonly Row[]): number =>
  rows.reduce((sum, { rounds }) => sum + rounds.reduce((errors, round) => errors + round.errors, 0), 0);

const line = (cells: readonly string[], widths: readonly number[]): string =>
  cells
    .map((cell, index) => (index < 2 ? cell.padEnd(widths[index] as number) : cell.padStart(widths[index] as number)))
    .join('  ');

const table = (head: readonly string[], body: readonly (readonly string[])[]): string => {
  const widths = head.map((cell, index) => Math.max(cell.length, ...body.map((row) => (row[index] as string).length)));
  return [head, ...body].map((row) => line(row, widths).trimEnd()).join('\n');
};

/** For the terminal: ratios first. */
export const textOfReport = (rows: readonly Row[]): string => {
  const ratios = table(
    ['scenario', 'against the bare proxy', 'calls/s', 'CPU per call', 'p50 +ms', 'p99 +ms'],
    ratiosOf(rows).map(({ scenario, subject, throughput, cpu, addedP50Ms, addedP99Ms }) => [
      scenario,
      subject,
      `${(throughput * 100).toFixed(0)} %`,
      `${cpu.toFixed(2)} x`,
      addedP50Ms.toFixed(2),
      addedP99Ms.toFixed(2),
    ]),
  );
  const absolute = table(
    [
      'scenario',
      'subject',
      'calls/s',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      'CPU us/call',
      '+ stores us',
      'RSS MB',
      'calls',
      'wrong',
    ],
    rows.map(({ scenario, subject, median, rounds }) => [
      scenario,
      subject,
      median.callsPerSecond.toFixed(0),
      median.p50Ms.toFixed(2),
      median.p95Ms.toFixed(2),
      median.p99Ms.toFixed(2),
      median.cpuUsPerCall.toFixed(1),
      median.storesCpuUsPerCall.toFixed(1),
      median.rssMb.toFixed(0),
      String(rounds.reduce((sum, { calls }) => sum + calls, 0)),
      String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
    ]),
  );
  const samples = rows.flatMap(({ scenario, subject, rounds }) =>
    rounds.flatMap(({ errorSamples }) => errorSamples.map((sample) => `${scenario}, ${subject}: ${sample}`)),
  );
  return [ratios, absolute, ...(samples.length > 0 ? [`Wrong answers:\n${samples.slice(0, 20).join('\n')}`] : [])].join(
    '\n\n',
  );
};
