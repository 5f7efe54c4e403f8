import { describe, expect, it } from 'vitest';
import { OperationDurations } from './operation-durations.js';
import { httpTraffic } from './http-traffic.js';
import { scrape } from './prometheus.js';

const ACCEPT = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('OpenMetrics', () => {
  it('OpenMetrics names the trace of a call in its bucket when that was exported', async () => {
    const durations = new OperationDurations('exemplified_seconds', 'For a test.', 'upstream', 10);
    durations.record(0.015, 'tools/call', 'a"b\\c', '', TRACE);
    durations.record(400, 'tools/call', 'a"b\\c', '', TRACE);
    durations.record(0.3, 'tools/call', 'a"b\\c', '');
    const { contentType, body } = await scrape(ACCEPT);
    expect(contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    const buckets = String(body)
      .split('\n')
      .filter((line) => line.startsWith('exemplified_seconds_bucket'));
    expect(buckets.filter((line) => line.includes(' # '))).toEqual([
      expect.stringMatching(
        new RegExp(String.raw`upstream="a\\"b\\\\c",le="0\.02"\} 1 # \{trace_id="${TRACE}"\} 0\.015 \d+\.\d{3}$`),
      ),
      expect.stringMatching(new RegExp(String.raw`le="\+Inf"\} 3 # \{trace_id="${TRACE}"\} 400 `)),
    ]);
    expect((await scrape('text/plain')).body).not.toContain(TRACE);
  });

  it('OpenMetrics declares counters by their family and has an end when it is asked for', async () => {
    httpTraffic.answered('GET', '/open-metrics', 200, 0.02);
    const { body } = await scrape(ACCEPT);
    expect(body).toContain('# HELP http_requests HTTP requests answered');
    expect(body).toContain('# TYPE http_requests counter\nhttp_requests_total{');
    expect(body).not.toContain('_total counter');
    expect(body).not.toContain('\n\n');
    expect(String(body).endsWith('\n# EOF\n')).toBe(true);
  });

  it.each([undefined, '*/*', 'text/plain;version=0.0.4'])(
    "whoever scrapes gets Prometheus' text when it takes %s",
    async (accept) => expect((await scrape(accept)).contentType).toMatch(/^text\/plain; version=0\.0\.4/),
  );
});
