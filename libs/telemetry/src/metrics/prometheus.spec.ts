import { describe, expect, it, vi } from 'vitest';
import { httpTraffic } from './http-traffic.js';
import { meter, watchProcess } from './instruments.js';
import { renderPrometheus } from './prometheus.js';
import { snapshotGauge } from './snapshot-gauge.js';

describe("Prometheus' text", () => {
  it("Prometheus' text holds the HTTP series under their public names", async () => {
    httpTraffic.answered('GET', '/v1/tools', 200, 0.02);
    httpTraffic.answered('GET', '/v1/tools', 200, 90);
    httpTraffic.refused('POST', 503);
    const text = await renderPrometheus();
    expect(text).toContain('http_requests_total{method="GET",route="/v1/tools",status="200"} 2');
    expect(text).toContain('# TYPE http_request_duration_seconds histogram');
    expect(text).toContain('http_request_duration_seconds_bucket{method="GET",route="/v1/tools",le="0.01"} 0');
    expect(text).toContain('http_request_duration_seconds_bucket{method="GET",route="/v1/tools",le="0.025"} 1');
    expect(text).toContain('http_request_duration_seconds_bucket{method="GET",route="/v1/tools",le="+Inf"} 2');
    expect(text).toContain('http_request_duration_seconds_sum{method="GET",route="/v1/tools"} 90.02');
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/v1/tools"} 2');
    expect(text).toContain('http_requests_total{method="POST",route="refused",status="503"} 1');
  });

  it("Prometheus' text holds what a service declares, read at the moment of asking", async () => {
    const size = meter().createUpDownCounter('pool_size_test');
    size.add(3);
    expect(await renderPrometheus()).toContain('pool_size_test 3');
    size.add(-1);
    expect(await renderPrometheus()).toContain('pool_size_test 2');
  });

  it("Prometheus' text shows a snapshot as it is now, without what is gone", async () => {
    const present = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    const read = () => [...present].map(([of, value]) => ({ labels: { of }, value }));
    const end = snapshotGauge('snapshot_test', 'For a test.', read);
    expect(await renderPrometheus()).toContain(
      '# TYPE snapshot_test gauge\nsnapshot_test{of="a"} 1\nsnapshot_test{of="b"} 2',
    );
    present.delete('a');
    expect(await renderPrometheus()).not.toContain('snapshot_test{of="a"}');
    end();
    expect(await renderPrometheus()).not.toContain('snapshot_test');
  });

  it("Prometheus' text holds the process itself", async () => {
    watchProcess();
    const garbage: object[][] = [];
    await vi.waitUntil(async () => {
      garbage.push(Array.from({ length: 50_000 }, (_, at) => ({ at })));
      return /^nodejs_gc_duration_seconds_count.* [1-9]/m.test(await renderPrometheus());
    });
    const text = await renderPrometheus();
    expect(Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1])).toBeGreaterThan(10_000_000);
    for (const name of [
      'nodejs_heap_used_bytes',
      'nodejs_event_loop_utilization',
      'process_cpu_seconds_total',
      'nodejs_event_loop_delay_p99_seconds',
    ]) {
      expect(text).toMatch(new RegExp(`^${name} [\\d.e+-]+$`, 'm'));
    }
  });
});
