import type { MetricsConfig } from './metrics.config.js';

const DAY_MS = 24 * 3_600_000;

/** What the environment decides, in the units that the code counts in. */
export interface MetricsSettings {
  readonly isPrometheusServed: boolean;
  readonly isScrapedWithoutToken: boolean;
  /** Tools, and upstreams, that have series of their own in Prometheus. */
  readonly seriesMax: number;
  readonly callRetentionMs: number;
  readonly rollupRetentionMs: number;
}

export const SETTINGS = Symbol('metrics settings');

export const metricsSettings = (config: MetricsConfig): MetricsSettings => ({
  isPrometheusServed: config.ENABLE_METRICS,
  isScrapedWithoutToken: config.METRICS_SCRAPE_WITHOUT_TOKEN,
  seriesMax: config.METRICS_SERIES_MAX,
  callRetentionMs: config.METRICS_RETENTION_DAYS * DAY_MS,
  rollupRetentionMs: config.METRICS_ROLLUP_RETENTION_DAYS * DAY_MS,
});
