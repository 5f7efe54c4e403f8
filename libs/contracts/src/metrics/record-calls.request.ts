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
  /** What the client calls itself. */
  readonly clientName: string | null;
  readonly clientVersion: string | null;
  /** Where the client is. */
  readonly address: string | null;
  /** The protocol revision that the client speaks; null where the request was refused before that was known. */
  readonly revision: string | null;
  /** What was spoken to the upstream: a revision of MCP, or `http` for an HTTP API; null where nothing was. */
  readonly upstreamRevision: string | null;
  /** Of the latency: in the queue for a place at the upstream. */
  readonly waitedMs: number;
  /** Of the latency: from the hand-over to the upstream to its answer, without what a person took to answer questions. */
  readonly upstreamMs: number;
  /** What decided that the call did not go through: a permission, a limit, a breaker; null where it did. */
  readonly rule: string | null;
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
