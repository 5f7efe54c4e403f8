import { MeterProvider, MetricReader, type ResourceMetrics, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { type HistogramForm, collectDurations } from './duration-histogram.js';
import { httpTraffic } from './http-traffic.js';
import { collectSnapshots } from './snapshot-gauge.js';

/** Label sets an instrument may have; beyond them OpenTelemetry folds into one. Its own default is too few for tools. */
const LABEL_SETS_MAX = 10_000;

/** Read when somebody asks; serves no port of its own. */
class OnDemandReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const reader = new OnDemandReader({ cardinalitySelector: () => LABEL_SETS_MAX });

export const meterProvider = new MeterProvider({ readers: [reader] });

/** All that is counted in this process, as OpenTelemetry puts it; the durations of calls in this form. */
export const collectAll = async (form: HistogramForm = 'explicit'): Promise<ResourceMetrics> => {
  const { resourceMetrics } = await reader.collect();
  // Snapshots first: who reads them knows what is gone, and ends the durations of that.
  const own: ScopeMetrics = {
    scope: { name: 'switchyard' },
    metrics: [...collectSnapshots(), ...collectDurations(form)],
  };
  return { ...resourceMetrics, scopeMetrics: [httpTraffic.collect(form), own, ...resourceMetrics.scopeMetrics] };
};
