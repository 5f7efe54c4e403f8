import type { Logger } from '../logging/logger.js';

/** Where a signal is sent by OTLP. */
export interface OtlpTarget {
  readonly protocol: 'http/protobuf' | 'grpc';
  /** Whole: with the path of the signal, where it has one. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
}

/** How spans, or lines of the log, wait for their export; times in milliseconds. */
export interface BatchSettings {
  readonly delayMs: number;
  readonly queueMax: number;
  readonly batchMax: number;
  readonly exportTimeoutMs: number;
}

/** What every signal that is exported needs. */
export interface ExportSettings {
  /** What the process says of itself: `service.name` and its like. */
  readonly resource: Readonly<Record<string, string>>;
  readonly target: OtlpTarget;
  /** Hears of what cannot be exported. */
  readonly logger: Logger;
}
