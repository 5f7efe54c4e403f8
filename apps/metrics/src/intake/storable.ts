import type { CallOutcome, CallRecord } from '#libs/contracts';

const OUTCOMES: ReadonlySet<string> = new Set<CallOutcome>(['ok', 'tool_error', 'error', 'refused', 'cancelled', 'unknown']);
/** Also bounds the index entries, which PostgreSQL limits to 2,700 bytes. */
const TEXT_LENGTH_MAX = 512;
const STARTED_AT_MS_MAX = Date.UTC(9999, 0);

/** What is wrong with a record, or null. */
export const flawOf = (record: unknown): string | null => {
  if (typeof record !== 'object' || record === null) return 'is no object';
  const { callId, startedAtMs, latencyMs, method, name, principalId, outcome, requestBytes, responseBytes } =
    record as Record<keyof CallRecord, unknown>;
  if (typeof callId !== 'string' || callId === '' || callId.length > 128) return 'callId is no identifier';
  if (!isWithin(startedAtMs, STARTED_AT_MS_MAX)) return 'startedAtMs is no time';
  if (!isWithin(latencyMs, Number.MAX_SAFE_INTEGER)) return 'latencyMs is no duration';
  if (!isWithin(requestBytes, Number.MAX_SAFE_INTEGER)) return 'requestBytes is no size';
  if (!isWithin(responseBytes, Number.MAX_SAFE_INTEGER)) return 'responseBytes is no size';
  if (typeof method !== 'string' || typeof name !== 'string' || typeof principalId !== 'string') return 'a text is missing';
  if (typeof outcome !== 'string' || !OUTCOMES.has(outcome)) return 'outcome is not known';
  return null;
};

const isWithin = (value: unknown, max: number): boolean => typeof value === 'number' && value >= 0 && value <= max;

/** The record with texts that PostgreSQL takes: bounded, without NUL and without half surrogate pairs. */
export const storable = (record: CallRecord): CallRecord => ({
  callId: clean(record.callId),
  startedAtMs: Math.round(record.startedAtMs),
  latencyMs: record.latencyMs,
  principalId: clean(record.principalId),
  tokenId: cleanOrNull(record.tokenId),
  serverId: cleanOrNull(record.serverId),
  method: clean(record.method),
  name: clean(record.name),
  upstreamId: cleanOrNull(record.upstreamId),
  outcome: record.outcome,
  errorCode: cleanOrNull(record.errorCode),
  requestBytes: Math.round(record.requestBytes),
  responseBytes: Math.round(record.responseBytes),
  traceId: cleanOrNull(record.traceId),
});

const clean = (text: string): string => {
  const cut = text.length > TEXT_LENGTH_MAX ? text.slice(0, TEXT_LENGTH_MAX) : text;
  return (cut.includes('\0') ? cut.replaceAll('\0', '\uFFFD') : cut).toWellFormed();
};

const cleanOrNull = (text: unknown): string | null => (typeof text === 'string' ? clean(text) : null);

/** One record per call: what is settled beats `unknown`, else the first stands. */
export const distinct = (records: readonly CallRecord[]): CallRecord[] => {
  const byId = new Map<string, CallRecord>();
  for (const record of records) {
    const known = byId.get(record.callId);
    if (known === undefined || known.outcome === 'unknown') byId.set(record.callId, record);
  }
  return [...byId.values()];
};
