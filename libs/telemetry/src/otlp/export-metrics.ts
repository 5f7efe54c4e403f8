import { DiagLogLevel, diag } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { collectAll } from '../metrics/collect.js';
import type { HistogramForm } from '../metrics/duration-histogram.js';
import { DiagnosticLog } from './diagnostic-log.js';
import { metricExporterTo } from './exporters.js';
import type { ExportSettings } from './target.js';

/** Where metrics go, and how often; times in milliseconds. */
export interface MetricExportSettings extends ExportSettings {
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly histograms: HistogramForm;
}

/** Sends what Prometheus would scrape by OTLP; resolves to what ends it, after one last time. */
export const exportMetrics = async (settings: MetricExportSettings): Promise<() => Promise<void>> => {
  const { everyMs, timeoutMs, histograms, logger, target } = settings;
  diag.setLogger(new DiagnosticLog(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const resource = resourceFromAttributes(settings.resource);
  const reader = new PeriodicExportingMetricReader({
    exporter: await metricExporterTo(target),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: Math.min(timeoutMs, everyMs),
    // Not all of what is counted here is an instrument of the SDK.
    metricProducers: [
      { collect: async () => ({ resourceMetrics: { ...(await collectAll(histograms)), resource }, errors: [] }) },
    ],
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  return () => provider.shutdown().catch((error: unknown) => diag.error(String(error)));
};
