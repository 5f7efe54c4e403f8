import { randomUUID } from 'node:crypto';
import type { CallRecord } from '#contracts/metrics/record-calls.request';

/** A record of a call that went well, with only what a test cares about spelt out. */
export const aCall = (facts: Partial<CallRecord> = {}): CallRecord => ({
  callId: randomUUID(),
  startedAtMs: Date.now(),
  latencyMs: 12.5,
  principalId: 'dev@example.com',
  tokenId: null,
  serverId: 'server-1',
  method: 'tools/call',
  name: 'everything-echo',
  upstreamId: 'upstream-1',
  outcome: 'ok',
  errorCode: null,
  requestBytes: 100,
  responseBytes: 1_000,
  traceId: null,
  clientName: 'test-client',
  clientVersion: '1.2.3',
  address: '192.0.2.7',
  revision: '2026-07-28',
  upstreamRevision: '2025-11-25',
  waitedMs: 0.5,
  upstreamMs: 10,
  rule: null,
  ...facts,
});

export const calls = (count: number, facts: Partial<CallRecord> = {}): CallRecord[] =>
  Array.from({ length: count }, () => aCall(facts));
