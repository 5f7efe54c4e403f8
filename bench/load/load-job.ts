import type { Scenario } from '../scenario.js';

/** What the load generator is told to do. */
export interface LoadJob {
  readonly scenario: Scenario;
  readonly url: string;
  readonly token: string | null;
  readonly connections: number;
  readonly durationMs: number;
  /** Calls after which it stops, however much time is left. */
  readonly callsMax: number;
}

export interface LoadResult {
  readonly calls: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** The first few, as text. */
  readonly errorSamples: readonly string[];
}
