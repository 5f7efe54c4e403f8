import { printable } from '../../terminal/table.js';

interface Call {
  readonly startedAt: string;
  readonly user: string | null;
  readonly client: string | null;
  readonly method: string | null;
  readonly name: string | null;
  readonly outcome: string;
  readonly why: string;
  readonly latencyMs: number;
  readonly upstreamMs: number | null;
}

/** A call as one line: when, what became of it, how long (and how long of that upstream), what, by whom; why where it failed. */
export const lineOf = (data: string): string => {
  const { startedAt, user, client, method, name, outcome, why, latencyMs, upstreamMs } = JSON.parse(data) as Call;
  const upstream = upstreamMs === null || upstreamMs === 0 ? '' : ` (upstream ${upstreamMs.toFixed(1)})`;
  const line = [
    startedAt.slice(11, 23),
    outcome.padEnd(10),
    `${latencyMs.toFixed(1)} ms${upstream}`.padEnd(24),
    printable([method, name].filter((text) => text !== null).join(' ')),
    ...(user === null ? [] : [printable(`by ${user}${client === null ? '' : ` with ${client}`}`)]),
  ].join('  ');
  return outcome === 'ok' ? line : [line, ' '.repeat(14) + printable(why)].join('\n');
};
