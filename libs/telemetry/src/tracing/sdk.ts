import {
  type Context,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  createTraceState,
  diag,
  trace,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { DiagnosticLog } from '../otlp/diagnostic-log.js';
import { spanExporterTo } from '../otlp/exporters.js';
import type { SamplerName, TracingSettings } from './tracing-settings.js';
import type { EndedSpan } from './spans.js';
import { type Sampling, type SpanIds, spanIdsOf } from './trace.js';

/** The SDK as the rest of the gateway uses it. */
export interface Sdk {
  readonly samples: Sampling;
  readonly write: (span: EndedSpan) => void;
  readonly close: () => Promise<void>;
}

/** A span is made when it has ended; its ids were given out when it began. */
class GivenIds implements IdGenerator {
  ids: SpanIds = { traceId: '', spanId: '', flags: 0 };

  generateTraceId(): string {
    return this.ids.traceId;
  }

  generateSpanId(): string {
    return this.ids.spanId;
  }
}

const ATTRIBUTE_CHARS_MAX = 256;

export const openSdk = async (settings: TracingSettings): Promise<Sdk> => {
  const { batch, logger, resource, target } = settings;
  diag.setLogger(new DiagnosticLog(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const given = new GivenIds();
  const processor = new BatchSpanProcessor({
    exporter: await spanExporterTo(target),
    scheduledDelayMillis: batch.delayMs,
    maxQueueSize: batch.queueMax,
    maxExportBatchSize: Math.min(batch.batchMax, batch.queueMax),
    exportTimeoutMillis: batch.exportTimeoutMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    // What comes here goes out: that is decided before a span is put together.
    sampler: new AlwaysOnSampler(),
    idGenerator: given,
    spanLimits: { attributeValueLengthLimit: ATTRIBUTE_CHARS_MAX },
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('switchyard', resource['service.version'] ?? '');
  const sampler = samplerOf(settings.sampler, settings.ratio);

  return {
    samples: ({ traceId }, parent) =>
      sampler.shouldSample(contextOf(parent, undefined), traceId, '', SpanKind.SERVER, {}, []).decision ===
      SamplingDecision.RECORD_AND_SAMPLED,
    write: (ended) => {
      const ids = spanIdsOf(ended.traceparent);
      if (ids === null) return;
      given.ids = ids;
      // The clock of the day may have been set since the process began.
      const epochMs = Date.now() - performance.now();
      const span = tracer.startSpan(
        ended.name,
        { kind: ended.kind, startTime: epochMs + ended.startedAtMs, attributes: ended.attributes },
        contextOf(spanIdsOf(ended.parent), ended.tracestate),
      );
      if (ended.errorType !== '') {
        span.setAttribute('error.type', ended.errorType);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end(epochMs + (ended.endedAtMs ?? performance.now()));
    },
    // What could not be exported any more is told like everything that could not.
    close: () => provider.shutdown().catch((error: unknown) => diag.error(String(error))),
  };
};

const contextOf = (parent: SpanIds | null, tracestate: string | undefined): Context => {
  if (parent === null) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: flags & TraceFlags.SAMPLED,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  });
};

const samplerOf = (name: SamplerName, ratio: number): Sampler => {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
};
