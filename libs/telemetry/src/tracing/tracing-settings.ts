import type { BatchSettings, ExportSettings } from '../otlp/target.js';
import type { TailSettings } from './tail-rule.js';

/** `OTEL_TRACES_SAMPLER` as the specification names them. */
export const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;
/** One of `SAMPLERS`. */
export type SamplerName = (typeof SAMPLERS)[number];

/** What is traced, and where it goes. */
export interface TracingSettings extends ExportSettings {
  readonly sampler: SamplerName;
  /** For the samplers that take a share of the traces. */
  readonly ratio: number;
  readonly tail: Pick<TailSettings, 'keepsErrors' | 'slowMs'>;
  readonly batch: BatchSettings;
}
