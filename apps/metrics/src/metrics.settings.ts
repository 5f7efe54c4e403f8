import { fail } from '#libs/errors';
import type { MetricsConfig } from './metrics.config.js';

const DAY_MS = 24 * 3_600_000;

export interface AuditSettings {
  readonly keepsChanges: boolean;
  readonly keepsSecurityEvents: boolean;
  /** `tcp:` or `tls:`. */
  readonly syslogUrl: string | null;
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  /** To the collector of the log (`OTEL_EXPORTER_OTLP_…`). */
  readonly isSentByOtlp: boolean;
}

/** What the environment decides, in the units that the code counts in. */
export interface MetricsSettings {
  readonly isPrometheusServed: boolean;
  readonly isScrapedWithoutToken: boolean;
  /** Tools, and upstreams, that have series of their own in Prometheus. */
  readonly seriesMax: number;
  /** 0: what calls add up to is read each time. */
  readonly sumsKeptMs: number;
  readonly callRetentionMs: number;
  /** Whether it is kept by which token a call was made. */
  readonly keepsTokens: boolean;
  readonly rollupRetentionMs: number;
  readonly lineRetentionMs: number;
  readonly audit: AuditSettings;
}

export const SETTINGS = Symbol('metrics settings');

export const metricsSettings = (config: MetricsConfig): MetricsSettings => ({
  isPrometheusServed: config.ENABLE_METRICS,
  isScrapedWithoutToken: config.METRICS_SCRAPE_WITHOUT_TOKEN,
  seriesMax: config.METRICS_SERIES_MAX,
  sumsKeptMs: config.METRICS_CACHE_ENABLED ? config.METRICS_CACHE_TTL_SECONDS * 1_000 : 0,
  callRetentionMs: config.METRICS_RETENTION_DAYS * DAY_MS,
  keepsTokens: config.TOKEN_USAGE_LOGGING_ENABLED,
  rollupRetentionMs: config.METRICS_ROLLUP_RETENTION_DAYS * DAY_MS,
  lineRetentionMs: config.LOG_RETENTION_DAYS * DAY_MS,
  audit: {
    keepsChanges: config.AUDIT_TRAIL_ENABLED,
    keepsSecurityEvents: config.SECURITY_LOGGING_ENABLED,
    syslogUrl: config.AUDIT_SYSLOG_URL,
    webhook: webhookOf(config),
    isSentByOtlp: config.AUDIT_OTLP_ENABLED,
  },
});

const webhookOf = ({
  AUDIT_WEBHOOK_URL: url,
  AUDIT_WEBHOOK_SECRET: secret,
}: MetricsConfig): AuditSettings['webhook'] => {
  if (url === null) return null;
  if (secret === null)
    throw fail('config.invalid', {
      message: 'AUDIT_WEBHOOK_URL needs AUDIT_WEBHOOK_SECRET; make one with: openssl rand -base64 48',
    });
  return { url, secret };
};
