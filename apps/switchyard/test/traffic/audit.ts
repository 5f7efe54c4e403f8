import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Books, CallRow } from './call-rows.js';
import type { Called } from './caller.js';

/**
 * Around the death of a process an answered call may stay `unknown` in the books: that it was executed is on disk
 * before it is, how it ended only with the next turn of the event loop.
 */
const DEATH_MS = 1_500;

/**
 * Holds what clients were told against what was executed and what was recorded, call by call. Gives a sentence for
 * each thing that does not agree.
 */
export const audit = (
  calls: readonly Called[],
  executions: readonly string[],
  books: Books,
  deathsAtMs: readonly number[],
): string[] => {
  const executed = tally(executions);
  const recorded = Map.groupBy(books.rows, ({ traceId }) => traceId ?? '');
  const known = new Set(calls.map(({ id }) => id));
  return [
    ...calls.flatMap((call) => {
      const inDoubt = deathsAtMs.some((deathAtMs) => Math.abs(deathAtMs - call.endedAtMs) < DEATH_MS);
      const flaws = flawsOf(call, executed.get(call.id) ?? 0, recorded.get(call.id) ?? [], inDoubt);
      return flaws.map((flaw) => `${call.era} call ${call.id} (${JSON.stringify(call.ending)}): ${flaw}`);
    }),
    ...[...executed.keys()].filter((id) => !known.has(id)).map((id) => `${id} was executed, but nobody called it`),
    ...books.rows
      .filter(({ traceId }) => !known.has(traceId ?? ''))
      .map((row) => `${JSON.stringify(row)} is the record of no call`),
    ...(isDeepStrictEqual(books.counted, books.summed)
      ? []
      : [`the sums ${JSON.stringify(books.summed)} are not the rows ${JSON.stringify(books.counted)}`]),
  ];
};

const flawsOf = ({ ending }: Called, executions: number, rows: readonly CallRow[], inDoubt: boolean): string[] => {
  const flaws: string[] = [];
  const outcomes = rows.map(({ outcome }) => outcome);
  if (ending.kind === 'wrong') flaws.push('is no answer');
  if (executions > 1) flaws.push(`executed ${executions} times`);
  if (rows.length > 1) flaws.push(`recorded ${rows.length} times: ${outcomes.join()}`);
  if (executions === 1 && rows.length === 0) flaws.push('executed and not recorded');
  if (executions === 0 && outcomes.includes('ok')) flaws.push('recorded as ok and not executed');
  if (executions > 0 && outcomes.includes('refused')) flaws.push('recorded as refused and executed');
  if (ending.kind === 'ok' && executions === 0) flaws.push('answered and not executed');
  const fitting = inDoubt ? ['ok', 'unknown'] : ['ok'];
  if (ending.kind === 'ok' && !fitting.includes(outcomes.join()))
    flaws.push(`answered and recorded as ${outcomes.join()}`);
  if (ending.kind === 'refused' && executions > 0) flaws.push('said not to have run, and executed');
  if (ending.kind === 'unknown' && rows.length === 0) flaws.push('unknown to its client and not recorded');
  return flaws;
};

/** Until the books are closed: records may still be on their way. Gives what does not agree even then. */
export const auditWhenSettled = async (
  calls: readonly Called[],
  executions: readonly string[],
  read: () => Promise<Books>,
  deathsAtMs: readonly number[],
): Promise<string[]> => {
  for (const endsAtMs = Date.now() + BOOKS_CLOSE_MS; ; await sleep(250)) {
    const flaws = audit(calls, executions, await read(), deathsAtMs);
    if (flaws.length === 0 || Date.now() > endsAtMs) return flaws;
  }
};

const BOOKS_CLOSE_MS = 240_000;

/** How often each ending and reason came. */
export const summaryOf = (calls: readonly Called[]): Record<string, number> =>
  Object.fromEntries(
    tally(calls.map(({ ending }) => ('reason' in ending ? `${ending.kind} ${ending.reason}` : ending.kind))),
  );

const tally = (values: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};
