import { SpanKind } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OtlpCollector } from '../../../testing/src/telemetry/otlp-collector.js';
import { createLogger } from '../logging/logger.js';
import { openTracing } from './open-tracing.js';
import { isTraced, isTracing, spanEnded } from './spans.js';
import { childTraceparent, enterTraceparent } from './trace.js';
import type { OtlpTarget } from '../otlp/target.js';
import type { TracingSettings } from './tracing-settings.js';

const SAMPLED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const UNSAMPLED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

let collector: OtlpCollector;
let close: (() => Promise<void>) | null = null;
beforeAll(async () => {
  collector = await OtlpCollector.start();
});
afterAll(() => collector.stop());
afterEach(async () => {
  await close?.();
  close = null;
});

const target = (over: Partial<OtlpTarget> = {}): OtlpTarget => ({
  protocol: 'http/protobuf',
  url: `${collector.url}/v1/traces`,
  headers: { authorization: 'Bearer collector' },
  timeoutMs: 60_000,
  compression: 'none',
  ...over,
});

const open = async (over: Partial<TracingSettings> = {}): Promise<void> => {
  close = await openTracing({
    resource: { 'service.name': 'switchyard-test', 'service.version': '1' },
    sampler: 'parentbased_always_on',
    ratio: 1,
    tail: { keepsErrors: true, slowMs: 100_000 },
    batch: { delayMs: 50, queueMax: 2_048, batchMax: 512, exportTimeoutMs: 60_000 },
    target: target(),
    logger: createLogger({ service: 'test', level: 'silent' }),
    ...over,
  });
};

/** Ends a span that took so long, if it is traced. */
const end = (name: string, traceparent: string, parent?: string, tookMs = 5, errorType = ''): void => {
  const startedAtMs = performance.now() - tookMs;
  if (!isTraced(traceparent, startedAtMs, errorType)) return;
  const attributes = { 'mcp.method.name': 'tools/call', attempt: 2, long: 'x'.repeat(1_000) };
  spanEnded({ name, kind: SpanKind.SERVER, traceparent, parent, startedAtMs, errorType, attributes });
};
const received = (name: string) => collector.spans.filter((span) => span.name === name);

describe('tracing', () => {
  it.each([
    ['protobuf over HTTP', () => target()],
    ['protobuf over HTTP, compressed', () => target({ compression: 'gzip' })],
    ['gRPC', () => target({ protocol: 'grpc', url: collector.grpcUrl })],
    ['gRPC, compressed', () => target({ protocol: 'grpc', url: collector.grpcUrl, compression: 'gzip' })],
  ])('tracing exports a span with the ids that were passed on when it has ended, by %s', async (way, targetOf) => {
    await open({ target: targetOf() });
    const own = childTraceparent(SAMPLED);
    end(`a span by ${way}`, own, SAMPLED, 250, 'upstream.timed_out');
    await close?.();
    const [span, ...more] = received(`a span by ${way}`);
    expect(more).toEqual([]);
    expect(span).toMatchObject({
      resource: { 'service.name': 'switchyard-test' },
      traceId: SAMPLED.slice(3, 35),
      spanId: own.slice(36, 52),
      parentSpanId: SAMPLED.slice(36, 52),
      kind: 'server',
      isError: true,
      attributes: { 'mcp.method.name': 'tools/call', attempt: 2, 'error.type': 'upstream.timed_out' },
    });
    expect(String(span?.attributes['long'])).toHaveLength(256);
    const tookMs = Number((span?.endedAt ?? 0n) - (span?.startedAt ?? 0n)) / 1e6;
    expect(tookMs).toBeGreaterThanOrEqual(250);
    expect(Number(span?.endedAt) / 1e6).toBeGreaterThan(Date.now() - 600_000);
    expect(Number(span?.endedAt) / 1e6).toBeLessThan(Date.now() + 600_000);
    expect(collector.headers.at(-1)?.['authorization']).toBe('Bearer collector');
  });

  it('tracing keeps what failed or was slow when its trace is not sampled', async () => {
    await open();
    end('unsampled', UNSAMPLED);
    end('unsampled and failed', UNSAMPLED, undefined, 5, 'auth.grant_missing');
    end('unsampled and slow', UNSAMPLED, undefined, 100_000);
    await close?.();
    expect(received('unsampled')).toEqual([]);
    expect(received('unsampled and failed')).toHaveLength(1);
    expect(received('unsampled and slow')).toHaveLength(1);
  });

  it.each([
    ['parentbased_always_on', undefined, '01'],
    ['parentbased_always_on', UNSAMPLED, '00'],
    ['parentbased_always_off', undefined, '00'],
    ['parentbased_always_off', SAMPLED, '01'],
    ['always_on', UNSAMPLED, '01'],
    ['always_off', SAMPLED, '00'],
    ['traceidratio', SAMPLED, '00'],
  ] as const)('tracing by %s decides what enters when its parent is %s', async (sampler, parent, flags) => {
    await open({ sampler, ratio: 0 });
    expect(enterTraceparent(parent).slice(-2)).toBe(flags);
    // Within the gateway, what was decided is passed on.
    expect(childTraceparent(enterTraceparent(parent)).slice(-2)).toBe(flags);
  });

  it('tracing samples about the share of the traces that is asked for when it is a ratio', async () => {
    await open({ sampler: 'parentbased_traceidratio', ratio: 0.1 });
    const sampled = Array.from({ length: 5_000 }, () => enterTraceparent()).filter((own) => own.endsWith('01'));
    expect(sampled.length).toBeGreaterThan(350);
    expect(sampled.length).toBeLessThan(650);
  });

  it('tracing exports nothing when the sampler is always_off, not even errors', async () => {
    await open({ sampler: 'always_off' });
    end('never', enterTraceparent(), undefined, 5, 'platform.internal');
    await close?.();
    expect(received('never')).toEqual([]);
  });

  it('tracing stops when no collector answers', async () => {
    await open({ target: target({ url: 'http://127.0.0.1:9/v1/traces' }) });
    end('lost', SAMPLED);
    const startedAtMs = performance.now();
    await close?.();
    expect(isTracing()).toBe(false);
    expect(isTraced(SAMPLED, startedAtMs, 'platform.internal')).toBe(false);
  });
});
