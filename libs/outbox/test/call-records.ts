import type { CallRecord } from '#libs/contracts';

/** A record of a call that has begun, with only what a test cares about spelt out. */
export const aCallRecord = (facts: Partial<CallRecord> = {}): CallRecord => ({
  callId: '0197a3b2-1111-7222-8333-444455556666',
  startedAtMs: 1_763_640_000_000,
  latencyMs: 0,
  principalId: 'admin@example.com',
  tokenId: null,
  serverId: null,
  method: 'tools/call',
  name: 'everything-echo',
  upstreamId: 'everything',
  outcome: 'unknown',
  errorCode: null,
  requestBytes: 123,
  responseBytes: 456,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  clientName: 'test-client',
  clientVersion: '1.2.3',
  address: '192.0.2.7',
  revision: '2026-07-28',
  upstreamRevision: null,
  waitedMs: 0,
  upstreamMs: 0,
  rule: null,
  ...facts,
});
