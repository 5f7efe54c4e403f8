import type { MetricsSnapshot } from '#libs/telemetry';

/** What a worker tells its supervisor, over the channel between processes. */
export type FromWorker =
  /** It lives, and has taken so many requests. */
  | { readonly kind: 'beat'; readonly requests: number }
  | { readonly kind: 'ready'; readonly url: string }
  /** Its own metrics, when it was asked. */
  | { readonly kind: 'metrics'; readonly id: number; readonly snapshot: MetricsSnapshot }
  /** Its last ones: nothing is counted any more. */
  | { readonly kind: 'last'; readonly snapshot: MetricsSnapshot }
  /** Somebody asks it for the metrics of all. */
  | { readonly kind: 'scrape'; readonly id: number };

/** What a supervisor tells a worker. */
export type ToWorker =
  | { readonly kind: 'collect'; readonly id: number }
  | { readonly kind: 'scraped'; readonly id: number; readonly snapshot: MetricsSnapshot };

/** How often a worker gives a sign of life. */
export const BEAT_MS = 500;
/** How long the metrics of one worker, and of all, are waited for. */
export const COLLECT_MS_MAX = 2_000;
export const SCRAPE_MS_MAX = 5_000;
