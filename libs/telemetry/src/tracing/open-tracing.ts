import { soon } from '../otlp/closing.js';
import { exportSpansTo } from './spans.js';
import { TailRule } from './tail-rule.js';
import { sampleBy } from './trace.js';
import type { TracingSettings } from './tracing-settings.js';

/** A flood of refusals, or a slow hour, is no flood of spans. */
const TAIL_PER_SECOND_MAX = 100;

/**
 * Exports spans from now on, until what it resolves to is called. OpenTelemetry's SDK is loaded here, and where this is not
 * called it never is.
 */
export const openTracing = async (settings: TracingSettings): Promise<() => Promise<void>> => {
  const { openSdk } = await import('./sdk.js');
  const sdk = await openSdk(settings);
  // Whoever wants nothing sampled is not told of errors either.
  const keepsNothing = settings.sampler === 'always_off';
  const tail = new TailRule({ ...settings.tail, perSecondMax: keepsNothing ? 0 : TAIL_PER_SECOND_MAX });
  sampleBy(sdk.sampling);
  exportSpansTo({ keeps: (tookMs, errorType) => tail.keeps(tookMs, errorType), write: sdk.write });
  return async () => {
    sampleBy(null);
    exportSpansTo(null);
    await soon(sdk.close());
  };
};
