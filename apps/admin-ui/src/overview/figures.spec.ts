import { describe, expect, it } from 'vitest';
import type { View } from '../api/client.ts';
import { MINUTES, figuresOf, percentile, slowestTools } from './figures.ts';

const NOW = Date.parse('2026-01-01T12:00:30Z');
const call = (facts: Partial<View<'CallView'>>): View<'CallView'> =>
  ({
    startedAt: new Date(NOW).toISOString(),
    outcome: 'ok',
    method: 'tools/call',
    name: 'x',
    latencyMs: 10,
    gatewayMs: 1,
    upstreamMs: 9,
    ...facts,
  }) as View<'CallView'>;

describe('the figures of the overview', () => {
  it('percentile is the value below which so many are', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect([percentile(hundred, 50), percentile(hundred, 95), percentile([7], 95), percentile([], 50)]).toEqual([
      50,
      95,
      7,
      null,
    ]);
  });

  it('figuresOf counts refused calls beside those that ran', () => {
    const calls = [call({}), call({ outcome: 'refused', latencyMs: 999 }), call({ outcome: 'error' })];
    expect(figuresOf(calls, NOW)).toMatchObject({ total: 3, failed: 1, refused: 1, p95Ms: 10, gatewayP95Ms: 1 });
  });

  it('figuresOf puts calls into their minutes, and leaves out what is older', () => {
    const at = (minutesAgo: number) => ({ startedAt: new Date(NOW - minutesAgo * 60_000).toISOString() });
    const { minutes } = figuresOf([call({}), call({ ...at(2), outcome: 'error' }), call(at(200))], NOW);
    expect(minutes).toHaveLength(MINUTES);
    expect(minutes.at(-1)).toMatchObject({ ok: 1, failed: 0 });
    expect(minutes.at(-3)).toMatchObject({ ok: 0, failed: 1 });
    expect(minutes.reduce((sum, { ok, failed }) => sum + ok + failed, 0)).toBe(2);
  });

  it('slowestTools ranks what has reached an upstream', () => {
    const calls = [
      call({ name: 'fast' }),
      call({ name: 'slow', latencyMs: 900, upstreamMs: 890, gatewayMs: 10 }),
      call({ name: 'never', latencyMs: 5_000, outcome: 'refused' }),
      call({ name: 'lost', upstreamMs: null }),
    ];
    expect(slowestTools(calls, 5)).toMatchObject([
      { name: 'slow', p95Ms: 900, gatewayMs: 10, upstreamMs: 890, calls: 1 },
      { name: 'fast', p95Ms: 10 },
    ]);
  });
});
