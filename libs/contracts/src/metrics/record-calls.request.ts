import { defineRequest } from '../define.js';

/**
 * `ok`: the upstream answered. `tool_error`: it answered `isError`. `error`: it answered a JSON-RPC error, or the call
 * failed on the way. `refused`: the gateway did not let it through. `unknown`: the process that ran it died.
 */
export const CALL_OUTCOMES = ['ok', 'tool_error', 'error', 'refused', 'cancelled', 'unknown'] as const;

/** One of `CALL_OUTCOMES`. */
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** One call, once, by `callId`. Holds no argument, result or credential. */
export interface CallRecord {
  readonly callId: string;
  readonly startedAtMs: number;
  readonly latencyMs: number;
  readonly principalId: string;
  readonly tokenId: string | null;
  readonly serverId: string | null;
  readonly method: string;
  /** As the client named it. */
  readonly name: string;
  readonly upstreamId: string | null;
  readonly outcome: CallOutcome;
  readonly errorCode: string | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly traceId: string | null;
}

/**
 * Takes records in for good: once this is answered they survive the death of any process. A record that comes twice
 * counts once; a definite outcome replaces `unknown`.
 */
export const RecordCalls = defineRequest<{ readonly records: readonly CallRecord[] }, { readonly accepted: number }>(
  'metrics',
  'calls.record',
  { deadlineMs: 5_000, sharesHeads: true },
);
