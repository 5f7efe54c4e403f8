import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  LatencyView,
  PerformanceView,
  SpanView,
  StatsView,
  TraceView,
  TraceWithSpansView,
} from '../src/observability/observability.view.js';
import { type CallOutcome, SumTokenCalls } from '#libs/contracts';
import { aCall } from './call-records.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const MEMBER = 'member';
const MINUTE_MS = 60_000;
/** A whole window of a day and of five minutes lies between it and now. */
const EARLIER_MS = Date.now() - 20 * MINUTE_MS;

describe('the routes of ContextForge for traces', () => {
  let metrics: MetricsService;
  const alone = aCall({ name: 'alone', latencyMs: 1, startedAtMs: EARLIER_MS });

  beforeAll(async () => {
    metrics = await startMetrics();
    await metrics.record([
      aCall({ name: 'first', latencyMs: 100, traceId: TRACE, principalId: MEMBER, startedAtMs: EARLIER_MS + 1_000 }),
      aCall({
        name: 'file:///b',
        method: 'resources/read',
        latencyMs: 300,
        traceId: TRACE,
        principalId: MEMBER,
        outcome: 'error',
        errorCode: 'upstream.timed_out',
        startedAtMs: EARLIER_MS + 2_000,
      }),
      alone,
    ]);
  });
  afterAll(() => metrics?.stop());

  const get = async <View>(path: string, token = 'admin'): Promise<View> => {
    const response = await metrics.get(path, token);
    expect(response.status, path).toBe(200);
    return (await response.json()) as View;
  };
  const namesAt = async (path: string, token?: string): Promise<string[]> =>
    (await get<{ name: string }[]>(path, token)).map(({ name }) => name);

  const [FIRST, SECOND, ALONE] = ['tools/call first', 'resources/read file:///b', 'tools/call alone'];

  it.each([
    ['', [SECOND, FIRST, ALONE]],
    ['?limit=1&offset=1', [FIRST]],
    ['?status=error', [SECOND]],
    ['?status=ok&min_duration_ms=50', [FIRST]],
    ['?max_duration_ms=100', [FIRST, ALONE]],
    ['?user_email=member', [SECOND, FIRST]],
    ['?end_time=2020-01-01T00:00:00Z', []],
  ])('GET /observability/traces finds calls when it is asked for "%s"', async (query, names) => {
    expect(await namesAt(`/observability/traces${query}`)).toEqual(names);
    const body = Object.fromEntries(
      [...new URLSearchParams(query)].map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value]),
    );
    const posted = await fetch(`${metrics.running.url}/v1/observability/traces/query`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(((await posted.json()) as TraceView[]).map(({ name }) => name)).toEqual(names);
  });

  it.each([
    'http_status_code=500',
    'attribute_search=x',
    'limit=1001',
    'offset=10001',
    'status=odd',
    'min_duration_ms=-1',
  ])('GET /observability/traces is refused when it is asked for %s', async (query) =>
    expect((await metrics.get(`/observability/traces?${query}`)).status).toBe(422),
  );

  it('GET /observability/traces names what a call says as ContextForge does', async () => {
    const [trace] = await get<TraceView[]>('/observability/traces?status=error');
    expect(trace).toEqual({
      trace_id: TRACE,
      name: SECOND,
      start_time: new Date(EARLIER_MS + 2_000).toISOString(),
      end_time: new Date(EARLIER_MS + 2_300).toISOString(),
      duration_ms: 300,
      status: 'error',
      status_message: expect.stringContaining('upstream'),
      http_url: '/servers/server-1/mcp',
      user_email: MEMBER,
      user_agent: 'test-client/1.2.3',
      ip_address: '192.0.2.7',
      attributes: expect.objectContaining({ code: 'upstream.timed_out', upstream_ms: 10, waited_ms: 0.5 }),
    });
  });

  it('GET /observability/traces/{id} has the calls of a trace in their order, and a call that was in none', async () => {
    const trace = await get<TraceWithSpansView>(`/observability/traces/${TRACE}`);
    expect([trace.name, trace.spans.map(({ name }) => name)]).toEqual([FIRST, [FIRST, SECOND]]);
    const single = await get<TraceWithSpansView>(`/observability/traces/${alone.callId}`);
    expect(single.spans).toMatchObject([{ span_id: alone.callId, trace_id: alone.callId, name: ALONE }]);
    expect((await metrics.get('/observability/traces/nobody-knows')).status).toBe(404);
  });

  it.each([
    [`trace_id=${TRACE}`, [SECOND, FIRST]],
    ['resource_type=resource', [SECOND]],
    ['resource_type=tool&resource_name=alone', [ALONE]],
  ])('GET /observability/spans finds calls when it is asked for %s', async (query, names) => {
    const spans = await get<SpanView[]>(`/observability/spans?${query}`);
    expect(spans.map(({ name }) => name)).toEqual(names);
  });

  it('GET /observability/stats and query-performance add up what there was', async () => {
    expect(await get<StatsView>('/observability/stats?hours=1')).toEqual({
      time_window_hours: 1,
      total_traces: 3,
      success_count: 2,
      error_count: 1,
      error_rate: expect.closeTo(100 / 3),
      avg_duration_ms: 133.67,
      slowest_endpoints: [
        { name: SECOND, avg_duration_ms: 300, count: 1 },
        { name: FIRST, avg_duration_ms: 100, count: 1 },
        { name: ALONE, avg_duration_ms: 1, count: 1 },
      ],
    });
    expect(await get<LatencyView>('/observability/analytics/query-performance')).toEqual({
      time_window_hours: 24,
      total_traces: 3,
      percentiles: { p50: 100, p75: 200, p90: 260, p95: 280, p99: 296 },
      avg_duration_ms: 133.67,
      min_duration_ms: 1,
      max_duration_ms: 300,
    });
  });

  it('GET /api/logs/performance-metrics has a row for each method and window', async () => {
    const windows = await get<PerformanceView[]>('/api/logs/performance-metrics?aggregation=24h&operation=tools/call');
    expect(windows.reduce((sum, { request_count }) => sum + request_count, 0)).toBe(2);
    for (const { window_start, window_end, operation_type, component } of windows) {
      expect([operation_type, component]).toEqual(['tools/call', 'gateway']);
      expect(window_start).toMatch(/T00:00:00.000Z$/);
      expect(Date.parse(window_end) - Date.parse(window_start)).toBe(24 * 60 * MINUTE_MS);
    }
    const short = await get<PerformanceView[]>(
      '/api/logs/performance-metrics?operation=resources/read&component=gateway',
    );
    expect(short).toMatchObject([
      { request_count: 1, error_count: 1, error_rate: 1, p50_duration_ms: 300, p99_duration_ms: 300 },
    ]);
    expect(Date.parse(short[0]?.window_start ?? '') % (5 * MINUTE_MS)).toBe(0);
    expect((await metrics.get('/api/logs/performance-metrics?aggregation=1h')).status).toBe(422);
  });

  it('a caller who sees no calls of others is shown their own alone, wherever calls are added up', async () => {
    expect(await namesAt('/observability/traces', MEMBER)).toEqual([SECOND, FIRST]);
    expect(await namesAt('/observability/spans', MEMBER)).toEqual([SECOND, FIRST]);
    expect((await get<StatsView>('/observability/stats', MEMBER)).total_traces).toBe(2);
    const windows = await get<PerformanceView[]>('/api/logs/performance-metrics?operation=tools/call', MEMBER);
    expect(windows.map(({ request_count }) => request_count)).toEqual([1]);
    expect((await metrics.get('/observability/traces?user_email=bob@example.com', MEMBER)).status).toBe(403);
    expect((await metrics.get(`/observability/traces/${alone.callId}`, MEMBER)).status).toBe(404);
    expect((await metrics.get('/observability/traces', null)).status).toBe(401);
  });

  it('SumTokenCalls adds up the calls of one token since a moment, and names the most frequent first', async () => {
    const startedAtMs = EARLIER_MS;
    const of = (name: string, outcome: CallOutcome, latencyMs: number) =>
      aCall({ name, outcome, latencyMs, startedAtMs, tokenId: 'used' });
    await metrics.record([of('b', 'ok', 10), of('a', 'ok', 20), of('b', 'refused', 0), of('b', 'tool_error', 30)]);
    const sum = async (tokenId: string, sinceMs: number) =>
      (await metrics.bus.ask(SumTokenCalls, { tokenId, sinceMs })).head;
    expect(await sum('used', startedAtMs)).toEqual({
      count: 4,
      ok: 2,
      refused: 1,
      avgMs: 15,
      names: [
        { name: 'tools/call b', count: 3 },
        { name: 'tools/call a', count: 1 },
      ],
    });
    const none = { count: 0, ok: 0, refused: 0, avgMs: null, names: [] };
    expect([await sum('used', startedAtMs + 1), await sum('another', 0)]).toEqual([none, none]);
  });
});
