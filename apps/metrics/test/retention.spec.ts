import { afterAll, beforeAll, expect, it } from 'vitest';
import { RetentionService } from '../src/retention/retention.service.js';
import { calls } from './call-records.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

const DAY_MS = 86_400_000;

let metrics: MetricsService;

beforeAll(async () => {
  metrics = await startMetrics({
    METRICS_RETENTION_DAYS: '7',
    METRICS_ROLLUP_RETENTION_DAYS: '30',
    METRICS_SERIES_MAX: '2',
  });
});

afterAll(() => metrics?.stop());

it('RetentionService deletes old records and hours in pieces and keeps the totals when it cleans up', async () => {
  for (let batch = 0; batch < 13; batch += 1)
    await metrics.record(calls(1_000, { startedAtMs: Date.now() - 8 * DAY_MS }));
  await metrics.record(calls(5, { startedAtMs: Date.now() - 31 * DAY_MS }));
  await metrics.record(calls(3));

  await metrics.running.application.get(RetentionService, { strict: false }).cleanUp();

  const [row] = await metrics.database.query<object[]>(`
    SELECT (SELECT count(*)::integer FROM metrics.calls) AS rows,
      sum(ok) FILTER (WHERE hour = '-infinity')::integer AS total,
      sum(ok) FILTER (WHERE hour > '-infinity')::integer AS hourly FROM metrics.rollups`);
  expect(row).toEqual({ rows: 3, total: 13_008, hourly: 13_003 });
});

it('Prometheus counts a tool as other when METRICS_SERIES_MAX tools have series', async () => {
  for (const name of ['first', 'second', 'third', 'fourth', 'first']) {
    await metrics.record(calls(1, { name, upstreamId: 'capped' }));
  }
  const samples = await metrics.prometheus();
  const count = (tool: string, upstream: string): number | undefined =>
    samples.get(`switchyard_tool_calls_total{outcome="ok",tool="${tool}",upstream="${upstream}"}`);
  // `everything-echo` of the test above was the first.
  expect([count('first', 'capped'), count('second', 'capped'), count('other', 'other')]).toEqual([2, undefined, 3]);
});
