import { CALL_OUTCOMES, type CallRecord } from '#contracts/metrics/record-calls.request';

const OUTCOMES: ReadonlySet<unknown> = new Set(CALL_OUTCOMES);
const STARTED_AT_MS_MAX = Date.UTC(9999, 0);

/** What is wrong with a call record that came over the bus; null when it is valid. */
export const validateCallRecord = (record: unknown): string | null => {
  if (typeof record !== 'object' || record === null) return 'is no object';
  const call = record as Record<keyof CallRecord, unknown>;
  if (!isText(call.callId) || call.callId === '' || call.callId.length > 128) return 'callId is no identifier';
  if (!isWithin(call.startedAtMs, STARTED_AT_MS_MAX)) return 'startedAtMs is no time';
  if (!isWithin(call.latencyMs, Number.MAX_SAFE_INTEGER)) return 'latencyMs is no duration';
  if (!isWithin(call.requestBytes, Number.MAX_SAFE_INTEGER)) return 'requestBytes is no size';
  if (!isWithin(call.responseBytes, Number.MAX_SAFE_INTEGER)) return 'responseBytes is no size';
  if (!isText(call.method) || !isText(call.name) || !isText(call.principalId)) return 'a text is missing';
  // A replica of before, in an update, does not say these.
  for (const ms of [call.waitedMs, call.upstreamMs])
    if (ms !== undefined && !isWithin(ms, Number.MAX_SAFE_INTEGER)) return 'a part of the latency is no duration';
  if (!OUTCOMES.has(call.outcome)) return 'outcome is not known';
  return null;
};

const isText = (value: unknown): value is string => typeof value === 'string';
const isWithin = (value: unknown, max: number): boolean => typeof value === 'number' && value >= 0 && value <= max;

/** One record per call: what is settled beats `unknown`, else the first stands. */
export const distinct = (records: readonly CallRecord[]): CallRecord[] => {
  const byId = new Map<string, CallRecord>();
  for (const record of records) {
    const known = byId.get(record.callId);
    if (known === undefined || known.outcome === 'unknown') byId.set(record.callId, record);
  }
  return [...byId.values()];
};
