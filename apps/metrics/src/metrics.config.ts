import { type ConfigOf, flag, integer } from '#libs/config';

export const metricsOptions = {
  ENABLE_METRICS: flag(true, 'Whether Prometheus is served at `/metrics/prometheus`.'),
  METRICS_SCRAPE_WITHOUT_TOKEN: flag(
    false,
    'Lets anybody who can reach the service read `/metrics/prometheus`; it names tools and upstreams. Otherwise a token with `admin.metrics` is needed.',
  ),
  METRICS_SERIES_MAX: integer(
    1_000,
    'Tools that have series of their own in Prometheus. Further ones are counted together as `other`.',
    { min: 1, max: 100_000 },
  ),
  METRICS_RETENTION_DAYS: integer(
    7,
    'Days for which single call records are kept. Totals and hourly sums stay. A record that arrives a second time later than this counts again.',
    { min: 1 },
  ),
  METRICS_ROLLUP_RETENTION_DAYS: integer(365, 'Days for which hourly sums are kept. Totals stay.', { min: 1 }),
} as const;

export type MetricsConfig = ConfigOf<typeof metricsOptions>;
