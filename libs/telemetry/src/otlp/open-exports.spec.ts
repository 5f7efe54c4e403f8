import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OtlpCollector } from '../../../testing/src/telemetry/otlp-collector.js';
import { createLogger } from '../logging/logger.js';
import type { HistogramForm } from '../metrics/duration-histogram.js';
import { httpTraffic } from '../metrics/http-traffic.js';
import { openExports } from './open-exports.js';
import type { OtlpTarget } from './target.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PLANTED = 'pl4nted-S3cret-value';

let collector: OtlpCollector;
let close: (() => Promise<void>) | null = null;
beforeAll(async () => {
  collector = await OtlpCollector.start();
});
afterAll(() => collector.stop());
afterEach(async () => {
  await close?.();
  close = null;
  collector.lines.length = 0;
  collector.metrics.length = 0;
});

const quiet = createLogger({ service: 'test', level: 'silent' });
let log = quiet;

const open = async (
  protocol: OtlpTarget['protocol'],
  signals: readonly ('metrics' | 'logs')[],
  histograms: HistogramForm = 'explicit',
): Promise<void> => {
  // A new one each time: the same warning is written once a minute.
  log = createLogger({ service: 'test', level: 'info', destination: { write: () => {} } });
  const common = (signal: string) => ({
    resource: { 'service.name': 'switchyard-test', 'service.version': '1' },
    target: {
      protocol,
      url: protocol === 'grpc' ? collector.grpcUrl : `${collector.url}/v1/${signal}`,
      headers: { authorization: 'Bearer collector' },
      timeoutMs: 60_000,
      compression: 'none',
    } as const,
    logger: quiet,
  });
  const batch = { delayMs: 20, queueMax: 2_048, batchMax: 512, exportTimeoutMs: 60_000 };
  close = await openExports({
    metrics: signals.includes('metrics')
      ? { ...common('metrics'), everyMs: 3_600_000, timeoutMs: 60_000, histograms }
      : null,
    logs: signals.includes('logs') ? { ...common('logs'), batch } : null,
  });
};

describe('what is exported besides spans', () => {
  it.each(['http/protobuf', 'grpc'] as const)(
    'a line of the log reaches the collector with its trace, masked, when it is exported by %s',
    async (protocol) => {
      await open(protocol, ['logs']);
      const err = Object.assign(new Error('broken'), { code: 'E1' });
      log.warn({ traceId: TRACE, upstream: 'seen', ms: 12, deep: { a: 1 }, err, token: PLANTED }, 'an upstream fails');
      log.info('nobody asked');
      log.debug('too low');
      await expect.poll(() => collector.lines).toHaveLength(2);
      expect(collector.lines[0]).toMatchObject({
        resource: { 'service.name': 'switchyard-test' },
        severity: 'warn',
        severityNumber: 13,
        body: 'an upstream fails',
        traceId: TRACE,
        attributes: {
          upstream: 'seen',
          ms: 12,
          deep: '{"a":1}',
          token: '[redacted]',
          'exception.type': 'Error',
          'exception.message': 'broken',
        },
      });
      expect(collector.lines[1]).toMatchObject({ body: 'nobody asked', severityNumber: 9, traceId: '' });
      expect(collector.bodies.some((body) => body.includes(PLANTED))).toBe(false);
      expect(collector.headers.at(-1)).toMatchObject({ authorization: 'Bearer collector' });
    },
  );

  it.each(['http/protobuf', 'grpc'] as const)(
    'what Prometheus would scrape reaches the collector when metrics are exported by %s and the process ends',
    async (protocol) => {
      httpTraffic.answered('GET', `/exported-${protocol}`, 200, 0.02);
      await open(protocol, ['metrics']);
      await close?.();
      close = null;
      const route = { method: 'GET', route: `/exported-${protocol}` };
      expect(collector.metrics).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'http_requests_total', attributes: { ...route, status: 200 } }),
          {
            name: 'http_request_duration_seconds',
            attributes: route,
            count: 1,
            resource: { 'service.name': 'switchyard-test', 'service.version': '1' },
          },
        ]),
      );
    },
  );

  it('durations reach the collector in exponential buckets when these are asked for', async () => {
    for (const seconds of [1, 1.05, 2, 0]) httpTraffic.answered('GET', '/exponential', 200, seconds);
    await open('http/protobuf', ['metrics'], 'exponential');
    await close?.();
    close = null;
    const [sent] = collector.metrics.filter(
      ({ name, attributes }) => name === 'http_request_duration_seconds' && attributes['route'] === '/exponential',
    );
    // 1 ends a bucket, (2^(-1/8), 1], and so does 2; 1.05 is in the one between 1 and 2^(1/8).
    expect(sent).toMatchObject({ count: 4, scale: 3, offset: -1, buckets: [1, 1, 0, 0, 0, 0, 0, 0, 1] });
  });

  it('no line is exported any more when the export has ended', async () => {
    await open('http/protobuf', ['logs']);
    log.info('before');
    await close?.();
    close = null;
    log.info('after');
    expect(collector.lines.map(({ body }) => body)).toEqual(['before']);
  });
});
