import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Books, CallRow } from './call-rows.js';
import type { Called } from './caller.js';

/**
 * Holds what clients were told against what was executed and what was recorded, call by call. Gives a sentence for
 * each thing that does not agree.
 */
export const audit = (calls: readonly Called[], executions: readonly string[], books: Books): string[] => {
  const executed = tally(executions);
  const recorded = Map.groupBy(books.rows, ({ traceId }) => traceId ?? '');
  const known = new Set(calls.map(({ id }) => id));
  return [
    ...calls.flatMap((call) => {
      const flaws = flawsOf(call, executed.get(call.id) ?? 0, recorded.get(call.id) ?? []);
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

const flawsOf = ({ ending }: Called, executions: number, rows: readonly CallRow[]): string[] => {
  const flaws: string[] = [];
  const outcomes = rows.map(({ outcome }) => outcome);
  if (ending.kind === 'wrong') flaws.push('is no answer');
  if (executions > 1) flaws.push(`executed ${executions} times`);
  if (rows.length > 1) flaws.push(`recorded ${rows.length} times: ${outcomes}`);
  if (executions === 1 && rows.length === 0) flaws.push('executed and not recorded');
  if (executions === 0 && outcomes.includes('ok')) flaws.push('recorded as ok and not executed');
  if (executions > 0 && outcomes.includes('refused')) flaws.push('recorded as refused and executed');
  if (ending.kind === 'ok' && executions === 0) flaws.push('answered and not executed');
  if (ending.kind === 'ok' && !isDeepStrictEqual(outcomes, ['ok'])) flaws.push(`answered and recorded as ${outcomes}`);
  if (ending.kind === 'refused' && executions > 0) flaws.push('said not to have run, and executed');
  if (ending.kind === 'unknown' && rows.length === 0) flaws.push('unknown to its client and not recorded');
  return flaws;
};

/** Until the books are closed: records may still be on their way. Gives what does not agree even then. */
export const auditWhenSettled = async (
  calls: readonly Called[],
  executions: readonly string[],
  read: () => Promise<Books>,
  withinMs = 60_000,
): Promise<string[]> => {
  for (const endsAtMs = Date.now() + withinMs; ; await sleep(250)) {
    const flaws = audit(calls, executions, await read());
    if (flaws.length === 0 || Date.now() > endsAtMs) return flaws;
  }
};

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
