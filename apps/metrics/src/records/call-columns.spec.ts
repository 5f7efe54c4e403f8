import { expect, it } from 'vitest';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { recordsOf, toColumns, toColumnsInTurns } from './call-columns.js';

const recordOf = (number: number): CallRecord => ({
  callId: `call ${number}`,
  startedAtMs: 1_700_000_000_000 + number,
  latencyMs: number / 3,
  principalId: 'ann@example.com',
  tokenId: null,
  serverId: number % 2 === 0 ? null : 'server',
  method: 'tools/call',
  name: `a "quoted", {braced} name ${number}`,
  upstreamId: 'upstream',
  outcome: 'ok',
  errorCode: null,
  requestBytes: number,
  responseBytes: number * 2,
  traceId: null,
  clientName: 'a client',
  clientVersion: null,
  address: '192.0.2.7',
  revision: '2025-11-25',
  upstreamRevision: null,
  waitedMs: number / 7,
  upstreamMs: 0,
  rule: null,
});
const recordsTo = (count: number): CallRecord[] => Array.from({ length: count }, (_, number) => recordOf(number));

it.each([1, 99, 100, 101, 1_000])(
  'columns of call records are the same when they are made in turns (%i records)',
  async (count) => {
    const records = recordsTo(count);
    const columns = await toColumnsInTurns(records);
    expect(columns).toBe(toColumns(records));
    expect(recordsOf(columns)).toEqual(records);
  },
);

it('columns of a thousand call records leave turns of the event loop to others while they are made', async () => {
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await toColumnsInTurns(recordsTo(1_000));
  done = true;
  expect(turns).toBeGreaterThanOrEqual(9);
});
