import type { Logger } from '../logging/logger.js';
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

/** Where a signal is sent by OTLP. */
export interface OtlpTarget {
  readonly protocol: 'http/protobuf' | 'grpc';
  /** Whole: with the path of the signal, where it has one. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
}

/** How spans wait for their export; times in milliseconds. */
export interface BatchSettings {
  readonly delayMs: number;
  readonly queueMax: number;
  readonly batchMax: number;
  readonly exportTimeoutMs: number;
}

/** What is traced, and where it goes. */
export interface TracingSettings {
  /** What the process says of itself: `service.name` and its like. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** For the samplers that take a share of the traces. */
  readonly ratio: number;
  readonly tail: Pick<TailSettings, 'keepsErrors' | 'slowMs'>;
  readonly batch: BatchSettings;
  readonly target: OtlpTarget;
  readonly logger: Logger;
}
