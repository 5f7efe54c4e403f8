import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallRecord } from '#contracts/metrics/record-calls.request';

/**
 * A batch as it goes through the queue into the database: a column per line, each a PostgreSQL array literal, so that
 * neither the worker nor the driver handles single records. Such a literal is a JSON array in braces: PostgreSQL reads
 * it the same way as long as no text holds a control character.
 */
export type CallColumns = string;

/** The order of the parameters of `WRITE_CALLS`. */
const NAMES = [
  'callId',
  'startedAtMs',
  'latencyMs',
  'principalId',
  'tokenId',
  'serverId',
  'method',
  'name',
  'upstreamId',
  'outcome',
  'errorCode',
  'requestBytes',
  'responseBytes',
  'traceId',
  'clientName',
  'clientVersion',
  'address',
  'revision',
  'upstreamRevision',
  'waitedMs',
  'upstreamMs',
  'rule',
] as const satisfies readonly (keyof CallRecord)[];

const WHOLE: ReadonlySet<keyof CallRecord> = new Set(['startedAtMs', 'requestBytes', 'responseBytes']);

export const toColumns = (records: readonly CallRecord[]): CallColumns => joined([valuesIn(records)]);

/** The same, with time for other work between pieces: a batch of a thousand would hold the event loop for milliseconds. */
export const toColumnsInTurns = async (records: readonly CallRecord[]): Promise<CallColumns> => {
  const pieces: string[][] = [];
  for (let from = 0; from < records.length; from += PIECE_RECORDS) {
    if (from > 0) await nextTurn();
    pieces.push(valuesIn(records.slice(from, from + PIECE_RECORDS)));
  }
  return joined(pieces);
};

const PIECE_RECORDS = 100;

/** Of each column the values, as JSON without brackets. */
const valuesIn = (records: readonly CallRecord[]): string[] =>
  NAMES.map((name) => {
    const store = WHOLE.has(name) ? whole : storable;
    return JSON.stringify(records.map((record) => store(record[name]))).slice(1, -1);
  });

const joined = (pieces: readonly string[][]): CallColumns =>
  NAMES.map((_, at) => `{${pieces.map((values) => values[at]).join(',')}}`).join('\n');

export const literalsOf = (columns: CallColumns): string[] => {
  const literals = columns.split('\n');
  if (literals.length !== NAMES.length) throw new Error('these are no columns of call records');
  return literals;
};

/** The values of some columns. */
export const valuesOf = <Name extends keyof CallRecord>(
  columns: CallColumns,
  names: readonly Name[],
): { readonly [Key in Name]: CallRecord[Key][] } => {
  const literals = literalsOf(columns);
  const values = names.map((name) => [name, JSON.parse(`[${literals[NAMES.indexOf(name)]?.slice(1, -1)}]`)]);
  return Object.fromEntries(values) as { readonly [Key in Name]: CallRecord[Key][] };
};

export const recordsOf = (columns: CallColumns): CallRecord[] => {
  const values = valuesOf(columns, NAMES);
  return values.callId.map(
    (_, at) => Object.fromEntries(NAMES.map((name) => [name, values[name][at]])) as unknown as CallRecord,
  );
};

const whole = (value: unknown): unknown => Math.round(value as number);

const TEXT_LENGTH_MAX = 512;
// Also what would need care in the literal: PostgreSQL knows no NUL, and half a surrogate pair is no character.
const UNSTORABLE = /[\u0000-\u001f\ud800-\udfff]/;

const storable = (value: unknown): unknown => {
  if (typeof value !== 'string') return value ?? null;
  const cut = value.length > TEXT_LENGTH_MAX ? value.slice(0, TEXT_LENGTH_MAX) : value;
  return UNSTORABLE.test(cut) ? cut.replaceAll(/[\u0000-\u001f]/g, '\uFFFD').toWellFormed() : cut;
};
