import { DiagLogLevel, ROOT_CONTEXT, diag } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { DiagnosticLog } from '../otlp/diagnostic-log.js';
import { spanExporterTo } from '../otlp/exporters.js';
import type { SamplerName, TracingSettings } from './tracing-settings.js';
import type { EndedSpan } from './spans.js';
import type { Sampling } from './trace.js';
import { writtenSpanOf } from './written-span.js';

/** The SDK as the rest of the gateway uses it. */
export interface Sdk {
  readonly sampling: Sampling;
  readonly write: (span: EndedSpan) => void;
  readonly close: () => Promise<void>;
}

export const openSdk = async (settings: TracingSettings): Promise<Sdk> => {
  const { batch, logger, resource, target } = settings;
  diag.setLogger(new DiagnosticLog(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const processor = new BatchSpanProcessor({
    exporter: await spanExporterTo(target),
    scheduledDelayMillis: batch.delayMs,
    maxQueueSize: batch.queueMax,
    maxExportBatchSize: Math.min(batch.batchMax, batch.queueMax),
    exportTimeoutMillis: batch.exportTimeoutMs,
  });
  const origin = {
    resource: resourceFromAttributes(resource),
    scope: { name: 'switchyard', version: resource['service.version'] ?? '' },
  };
  return {
    sampling: samplingOf(settings.sampler, settings.ratio),
    write: (ended) => {
      const span = writtenSpanOf(ended, origin);
      if (span !== null) processor.onEnd(span);
    },
    // What could not be exported any more is told like everything that could not.
    close: () => processor.shutdown().catch((error: unknown) => diag.error(String(error))),
  };
};

/**
 * As the samplers of these names decide. Where a trace begins here, one random number does, as no other process has to come to the
 * same answer: it is passed on. https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers
 */
const samplingOf = (name: SamplerName, ratio: number): Sampling => {
  const byId = new TraceIdRatioBasedSampler(ratio);
  const idIsIn = (traceId: string): boolean =>
    byId.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  const asParent = (_traceId: string, isParentSampled: boolean): boolean => isParentSampled;
  switch (name) {
    case 'always_on':
      return { begins: () => true, continues: () => true };
    case 'always_off':
      return { begins: () => false, continues: () => false };
    case 'traceidratio':
      return { begins: idIsIn, continues: idIsIn };
    case 'parentbased_always_on':
      return { begins: () => true, continues: asParent };
    case 'parentbased_always_off':
      return { begins: () => false, continues: asParent };
    case 'parentbased_traceidratio':
      return { begins: () => Math.random() < ratio, continues: asParent };
  }
};
