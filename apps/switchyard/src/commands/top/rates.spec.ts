import { expect, it } from 'vitest';
import { CallWindow } from './rates.js';

const call = (atMs: number, outcome = 'ok', latencyMs = 10, upstreamId: string | null = 'u') => ({
  atMs,
  outcome,
  latencyMs,
  upstreamId,
});

it('rates are of the time that was watched when that is shorter than the window', () => {
  const calls = new CallWindow(0);
  for (let at = 0; at < 2_000; at += 100) calls.add(call(at));
  expect(calls.rates(2_000)).toMatchObject({ perSecond: 10, failedPerSecond: 0, p50Ms: 10 });
});

it('rates forget what is older than ten seconds', () => {
  const calls = new CallWindow(0);
  calls.add(call(0));
  calls.add(call(15_000, 'refused', 30));
  expect(calls.rates(20_000)).toMatchObject({ perSecond: 0.1, refusedPerSecond: 0.1, p95Ms: 30 });
  expect(calls.rates(40_000)).toMatchObject({ perSecond: 0, p50Ms: null, p95Ms: null });
});

it('rates of one upstream count its own calls alone, and what was not shown to nobody', () => {
  const calls = new CallWindow(0);
  calls.add(call(9_000, 'tool_error'));
  calls.add(call(9_000, 'ok', 10, 'other'));
  calls.miss(98, 9_000);
  expect(calls.rates(10_000)).toMatchObject({ perSecond: 10, failedPerSecond: 0.1 });
  expect(calls.rates(10_000, 'u')).toMatchObject({ perSecond: 0.1, failedPerSecond: 0.1 });
});
