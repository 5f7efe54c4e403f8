import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RedisServer, startRedisServer } from '#libs/testing';
import { aCall, calls } from './call-records.js';
import type { AggregatesView } from '../src/aggregates/aggregates.view.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

describe.each(['postgres', 'redis'] as const)('metrics with its queue on %s', (store) => {
  let redis: RedisServer | undefined;
  let metrics: MetricsService;

  beforeAll(async () => {
    redis = store === 'redis' ? await startRedisServer() : undefined;
    // However long a busy machine takes.
    const env = { METRICS_CACHE_TTL_SECONDS: '3600' };
    metrics = await startMetrics(redis === undefined ? env : { ...env, REDIS_URL: redis.url });
  });

  afterAll(async () => {
    await metrics?.stop();
    await redis?.stop();
  });

  beforeEach(() => metrics.empty());

  const rows = (callId: string): Promise<Record<string, unknown>[]> =>
    metrics.database.query('SELECT * FROM metrics.calls WHERE call_id = $1', [callId]);
  const count = async (): Promise<number> => {
    const [row] = await metrics.database.query<{ n: number }[]>('SELECT count(*)::integer AS n FROM metrics.calls');
    return row?.n ?? 0;
  };
  const aggregates = async (query = ''): Promise<AggregatesView> =>
    (await (await metrics.get(`/metrics${query}`)).json()) as AggregatesView;

  it('RecordCalls has committed the rows when it answers', async () => {
    const record = aCall({
      callId: 'one',
      startedAtMs: 1_763_640_000_123,
      latencyMs: 1.75,
      outcome: 'tool_error',
      errorCode: 'x',
      traceId: 'trace',
      tokenId: 'token',
    });
    expect(await metrics.record([record])).toBe(1);
    expect(await rows('one')).toEqual([
      {
        call_id: 'one',
        started_at: new Date(1_763_640_000_123),
        latency_ms: 1.75,
        principal_id: 'dev@example.com',
        token_id: 'token',
        server_id: 'server-1',
        method: 'tools/call',
        name: 'everything-echo',
        upstream_id: 'upstream-1',
        outcome: 'tool_error',
        error_code: 'x',
        request_bytes: '100',
        response_bytes: '1000',
        trace_id: 'trace',
        client_name: 'test-client',
        client_version: '1.2.3',
        address: '192.0.2.7',
        revision: '2026-07-28',
        upstream_revision: '2025-11-25',
        waited_ms: 0.5,
        upstream_ms: 10,
        rule: null,
        was_unknown: false,
      },
    ]);
  });

  it('a record counts once when it comes several times', async () => {
    const batch = calls(50);
    await metrics.record(batch);
    await metrics.record(batch);
    await metrics.record([...batch.slice(10, 20), ...batch.slice(10, 20), aCall()]);
    await Promise.all([metrics.record(batch.slice(0, 30)), metrics.record(batch.slice(20).reverse())]);

    expect(await count()).toBe(51);
    expect((await aggregates()).tools).toMatchObject({ totalExecutions: 51, requestBytes: 5_100 });
  });

  it('Prometheus counts a record once when it comes several times', async () => {
    const record = aCall({ name: 'once', upstreamId: `prom-${store}` });
    await metrics.record([record, record]);
    await metrics.record([record, aCall()]);
    await metrics.record([{ ...record, outcome: 'error' }, aCall()]);
    await metrics.record([aCall({ name: 'once', upstreamId: `prom-${store}`, latencyMs: 300, outcome: 'error' })]);

    const samples = await metrics.prometheus();
    const labels = `tool="once",upstream="prom-${store}"`;
    expect(samples.get(`switchyard_tool_calls_total{outcome="ok",${labels}}`)).toBe(1);
    expect(samples.get(`switchyard_tool_calls_total{outcome="error",${labels}}`)).toBe(1);
    expect(samples.get(`switchyard_tool_call_duration_seconds_count{${labels}}`)).toBe(2);
    expect(samples.get(`switchyard_tool_call_duration_seconds_sum{${labels}}`)).toBeCloseTo(0.3125);
    expect(samples.get(`switchyard_tool_call_duration_seconds_bucket{le="0.025",${labels}}`)).toBe(1);
    expect(samples.get(`switchyard_call_response_bytes_total{upstream="prom-${store}"}`)).toBe(2_000);
    expect(samples.get('switchyard_metrics_queue_jobs{state="waiting"}')).toBe(0);
  });

  it('a record replaces an earlier one only when that one is unknown and it is definite', async () => {
    const call = aCall({ callId: 'c', outcome: 'unknown', latencyMs: 0, responseBytes: 0 });
    await metrics.record([call]);
    expect((await aggregates()).tools).toMatchObject({
      totalExecutions: 1,
      unknownExecutions: 1,
      avgResponseTime: null,
    });

    await metrics.record([{ ...call, outcome: 'ok', latencyMs: 40, responseBytes: 7 }]);
    await metrics.record([{ ...call, outcome: 'error', latencyMs: 99 }]);
    await metrics.record([call]);
    expect(await rows('c')).toMatchObject([{ outcome: 'ok', latency_ms: 40, response_bytes: '7' }]);
    for (const query of ['', '?hours=1']) {
      expect((await aggregates(query)).tools).toMatchObject({
        totalExecutions: 1,
        successfulExecutions: 1,
        unknownExecutions: 0,
        avgResponseTime: 0.04,
        responseBytes: 7,
      });
    }
  });

  it('a batch keeps the definite record when it has two of one call', async () => {
    const call = aCall({ callId: 'c', outcome: 'unknown' });
    await metrics.record([call, { ...call, outcome: 'cancelled' }, call]);
    expect(await rows('c')).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('RecordCalls writes all of a batch when it has thousands of records', async () => {
    await Promise.all([metrics.record(calls(1_000)), metrics.record(calls(1_000)), metrics.record(calls(3_000))]);
    expect(await count()).toBe(5_000);
    expect((await aggregates()).tools.totalExecutions).toBe(5_000);
  });

  it('a record is stored when its name holds any characters that a client may send', async () => {
    await metrics.record([aCall({ callId: 'n', name: `nul\0 lone\ud800 ${'x'.repeat(5_000)}` }), aCall()]);
    const [row] = await rows('n');
    expect(row?.name).toMatch(/^nul\ufffd lone\ufffd x+$/);
    expect(row?.name).toHaveLength(512);
    expect(await count()).toBe(2);
  });

  it('a batch is stored without what is no record when it holds such', async () => {
    const good = calls(20);
    const bad = [{ nonsense: true }, null, aCall({ outcome: 'great' as 'ok' }), aCall({ startedAtMs: Number.NaN })];
    expect(await metrics.record([...good.slice(0, 10), ...(bad as typeof good), ...good.slice(10)])).toBe(20);
    expect(await count()).toBe(20);
    const kept = await metrics.database.query('SELECT reason FROM metrics.refused_records ORDER BY id');
    expect(kept).toHaveLength(4);
    expect(metrics.logged.join('')).toContain('refused a call record');
  });

  it('a batch is stored without one record when the tables refuse that one', async () => {
    await metrics.database.query("ALTER TABLE metrics.calls ADD CONSTRAINT test CHECK (name <> 'poison')");
    try {
      const batch = [...calls(40), aCall({ name: 'poison' }), ...calls(30)];
      expect(await metrics.record(batch)).toBe(70);
      expect(await count()).toBe(70);
      expect((await aggregates()).tools.totalExecutions).toBe(70);
      const kept = await metrics.database.query<{ record: string }[]>('SELECT record FROM metrics.refused_records');
      expect(kept.map((row) => JSON.parse(row.record).name)).toEqual(['poison']);
    } finally {
      await metrics.database.query('ALTER TABLE metrics.calls DROP CONSTRAINT test');
    }
  });

  it('GET /metrics adds calls up per kind, refused ones beside, when there are calls', async () => {
    const at = Date.now() - 1_000;
    await metrics.record([
      aCall({ name: 'a', latencyMs: 10, startedAtMs: at }),
      aCall({ name: 'a', latencyMs: 30, startedAtMs: at + 500 }),
      aCall({ name: 'b', latencyMs: 80, outcome: 'tool_error', serverId: null }),
      aCall({ name: 'made up', outcome: 'refused', upstreamId: null, latencyMs: 0.1 }),
      aCall({ method: 'resources/read', name: 'file:///x', upstreamId: 'upstream-2' }),
      aCall({ method: 'prompts/get', name: 'p', outcome: 'cancelled' }),
    ]);
    const answer = await aggregates();
    expect(answer.tools).toEqual({
      totalExecutions: 3,
      successfulExecutions: 2,
      failedExecutions: 1,
      failureRate: 1 / 3,
      minResponseTime: 0.01,
      maxResponseTime: 0.08,
      avgResponseTime: 0.04,
      lastExecutionTime: expect.any(String),
      unknownExecutions: 0,
      refusedCalls: 1,
      requestBytes: 400,
      responseBytes: 4_000,
    });
    expect(answer.resources.totalExecutions).toBe(1);
    expect(answer.prompts).toMatchObject({ totalExecutions: 1, failedExecutions: 1, failureRate: 1 });
    expect(answer.servers.totalExecutions).toBe(4);
    expect(answer.gateways.totalExecutions).toBe(5);
    expect(answer.topPerformers.tools).toEqual([
      {
        id: 'a',
        name: 'a',
        executionCount: 2,
        avgResponseTime: 0.02,
        successRate: 1,
        lastExecution: new Date(at + 500).toISOString(),
      },
      expect.objectContaining({ name: 'b', executionCount: 1, successRate: 0 }),
    ]);
    expect(answer.topPerformers.gateways.map((entry) => entry.id)).toEqual(['upstream-1', 'upstream-2']);
  });

  it('GET /metrics counts the last hours alone when the query names hours', async () => {
    const DAY_MS = 86_400_000;
    await metrics.record([aCall(), aCall({ startedAtMs: Date.now() - 2 * DAY_MS })]);
    expect((await aggregates('?hours=24')).tools.totalExecutions).toBe(1);
    expect((await aggregates('?hours=72')).tools.totalExecutions).toBe(2);
    expect((await metrics.get('/metrics?hours=zero')).status).toBe(422);
  });

  it('GET /metrics asks the database when calls were written, and not otherwise', async () => {
    await metrics.record([aCall()]);
    expect((await aggregates()).tools.totalExecutions).toBe(1);
    await metrics.database.query('DELETE FROM metrics.rollups');
    expect((await aggregates()).tools.totalExecutions).toBe(1);
    await metrics.record([aCall(), aCall()]);
    expect((await aggregates()).tools.totalExecutions).toBe(2);
  });

  it('GET /metrics answers zeros when there is no call yet', async () => {
    const { tools, topPerformers } = await aggregates();
    expect(tools).toMatchObject({ totalExecutions: 0, failureRate: 0, lastExecutionTime: null, minResponseTime: null });
    expect(topPerformers.tools).toEqual([]);
  });

  it.each(['/metrics', '/v1/metrics', '/metrics/prometheus'])(
    '%s is refused when the caller may not see metrics',
    async (path) => {
      expect((await metrics.get(path, null)).status).toBe(401);
      expect((await metrics.get(path, 'wrong')).status).toBe(401);
      expect((await metrics.get(path, 'member')).status).toBe(403);
      expect((await metrics.get(path)).status).toBe(200);
    },
  );

  it.each(['/v1/metrics', '/v1/metrics/prometheus'])(
    'the OpenAPI document describes the answers of %s when it is read',
    async (path) => {
      const { paths } = (await (await metrics.get('/docs-json')).json()) as {
        paths: Record<string, { get: { summary?: string; responses: Record<string, { content: object }> } }>;
      };
      const { summary, responses } = paths[path]!.get;
      expect(summary).toBeTruthy();
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '401', '403', '503']));
      expect(JSON.stringify(responses['200']!.content)).toContain('"example"');
    },
  );
});
