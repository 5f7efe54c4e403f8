import type { Scenario } from '../scenario.js';

/** What the load generator is told to do. */
export interface LoadJob {
  readonly scenario: Scenario;
  /** Each connection's requests go to these in turn. */
  readonly urls: readonly string[];
  readonly token: string | null;
  readonly toolPrefix?: string | undefined;
  readonly connections: number;
  readonly durationMs: number;
  /** Calls after which it stops, however much time is left. */
  readonly callsMax: number;
  /** Of each connection between two calls; none unless given. */
  readonly pauseMs?: number;
}

export interface LoadResult {
  readonly calls: number;
  readonly elapsedMs: number;
  /** Answered with 429 besides; each connection then waited as it was told. */
  readonly refused: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** The first few, as text. */
  readonly errorSamples: readonly string[];
}

export interface ListenJob {
  readonly url: string;
  readonly token: string | null;
  readonly streams: number;
}

export interface ListenResult {
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

export type Order =
  | { readonly kind: 'load'; readonly job: LoadJob }
  | { readonly kind: 'listen-open'; readonly job: ListenJob }
  /** Waits until every stream has told of one change. */
  | { readonly kind: 'listen-hear' }
  | { readonly kind: 'listen-close' };
