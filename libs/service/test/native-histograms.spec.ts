import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OperationDurations, createLogger, httpTraffic } from '#libs/telemetry';
import { type PrometheusServer, freePort, startPrometheus } from '#libs/testing';
import { openMetricsPort } from '../src/telemetry/metrics-port.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ACCEPTS_PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

describe('Prometheus', () => {
  const durations = new OperationDurations('native_test_seconds', 'For a test.', 'upstream', 100);
  const closers: (() => Promise<void>)[] = [];
  let url: string;
  let prometheus: PrometheusServer;
  let classic: PrometheusServer;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    closers.push(await openMetricsPort('127.0.0.1', port, createLogger({ service: 'test', level: 'silent' })));
    // 1 ms to 1 s, evenly: a histogram of few buckets would not know where in one a value is.
    for (let ms = 1; ms <= 1_000; ms++)
      durations.record(ms / 1_000, 'tools/call', 'a"b\\c', '', ms === 700 ? TRACE : undefined);
    durations.record(0, 'tools/list', 'none', '');
    durations.record(4_000, 'tools/list', 'none', 'upstream.timed_out');
    httpTraffic.answered('GET', '/native', 200, 0.042);
    const targets = [{ job: 'native', url }];
    prometheus = await startPrometheus(targets, { features: ['native-histograms'] });
    closers.push(() => prometheus.stop());
    classic = await startPrometheus(targets);
    closers.push(() => classic.stop());
    for (const server of [prometheus, classic])
      await vi.waitUntil(async () => (await server.query('up == 1')).length === 1);
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
  });

  const valueOf = async (server: PrometheusServer, expression: string): Promise<number | undefined> =>
    (await server.query(expression))[0]?.value;

  it('Prometheus knows quantiles within 9 % when it takes native histograms', async () => {
    for (const share of [0.01, 0.5, 0.731, 0.99]) {
      const value = await valueOf(
        prometheus,
        `histogram_quantile(${share}, native_test_seconds{mcp_method_name="tools/call"})`,
      );
      expect(value).toBeGreaterThan(share / 1.1);
      expect(value).toBeLessThan(share * 1.1);
    }
    expect(await valueOf(prometheus, 'histogram_count(native_test_seconds{upstream="a\\"b\\\\c"})')).toBe(1_000);
    expect(await valueOf(prometheus, 'histogram_sum(native_test_seconds{upstream="a\\"b\\\\c"})')).toBeCloseTo(
      500.5,
      6,
    );
  });

  it('Prometheus counts what is zero and what is beyond all classic buckets when it takes native histograms', async () => {
    expect(await valueOf(prometheus, 'histogram_count(native_test_seconds{upstream="none", error_type=""})')).toBe(1);
    const slow = await valueOf(
      prometheus,
      'histogram_quantile(0.5, native_test_seconds{error_type="upstream.timed_out"})',
    );
    expect(slow).toBeGreaterThan(3_600);
    expect(slow).toBeLessThan(4_400);
  });

  it('Prometheus takes counters, gauges, HTTP and exemplars as before when it takes native histograms', async () => {
    expect(await valueOf(prometheus, 'http_requests_total{route="/native"}')).toBe(1);
    expect(await valueOf(prometheus, 'histogram_count(http_request_duration_seconds{route="/native"})')).toBe(1);
    expect(
      await valueOf(prometheus, 'histogram_quantile(0.5, http_request_duration_seconds{route="/native"})'),
    ).toBeCloseTo(0.042, 2);
  });

  it('Prometheus takes classic buckets with exemplars when native histograms are not asked for', async () => {
    expect(await valueOf(classic, 'native_test_seconds_bucket{mcp_method_name="tools/call", le="0.5"}')).toBe(500);
    await expect.poll(() => classic.exemplars('native_test_seconds_bucket')).toContainEqual({ trace_id: TRACE });
    const answer = await fetch(`${url}/metrics`, {
      headers: { accept: `application/openmetrics-text;q=0.5,${ACCEPTS_PROTOBUF};q=0.2` },
    });
    expect(answer.headers.get('content-type')).toMatch(/^application\/openmetrics-text/);
    const first = await fetch(`${url}/metrics`, {
      headers: { accept: `${ACCEPTS_PROTOBUF},application/openmetrics-text;q=0.8` },
    });
    expect(first.headers.get('content-type')).toMatch(/^application\/vnd\.google\.protobuf/);
  });
});
