import { type ConfigOf, flag, integer, secret, url } from '#libs/config';

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
  METRICS_CACHE_ENABLED: flag(true, 'Whether `GET /metrics` is answered from memory while nothing has been written.'),
  METRICS_CACHE_TTL_SECONDS: integer(
    10,
    'After that it is read anew: what another replica has written shows at the latest then.',
    { min: 1, max: 3_600 },
  ),
  METRICS_RETENTION_DAYS: integer(
    7,
    'Days for which single call records are kept. Totals and hourly sums stay. A record that arrives a second time later than this counts again.',
    { min: 1 },
  ),
  METRICS_ROLLUP_RETENTION_DAYS: integer(365, 'Days for which hourly sums are kept. Totals stay.', { min: 1 }),
  LOG_RETENTION_DAYS: integer(
    7,
    'Days for which lines of the log are kept (`STRUCTURED_LOGGING_DATABASE_ENABLED`). A whole day is dropped at once.',
    { min: 1 },
  ),
  TOKEN_USAGE_LOGGING_ENABLED: flag(
    true,
    'Whether records of calls have the token (`GET /calls?token=`). Without it a narrowed token is shown no calls.',
  ),
  AUDIT_TRAIL_ENABLED: flag(
    true,
    'Whether changes are kept in the audit trail (`GET /audit`): of users, teams, roles, tokens, credentials, gateways, what they offer, virtual servers.',
  ),
  SECURITY_LOGGING_ENABLED: flag(
    true,
    'Whether log-ins, and connections of connectors, are kept in the audit trail, those that were refused too.',
  ),
  AUDIT_SYSLOG_URL: url(
    ['tcp:', 'tls:'],
    'Where the audit trail is sent as syslog (RFC 5424, frames with their length): `tls://siem.example.org:6514`.',
  ),
  AUDIT_WEBHOOK_URL: url(
    ['http:', 'https:'],
    'Where the audit trail is posted as JSON, signed as https://www.standardwebhooks.com says with `AUDIT_WEBHOOK_SECRET`.',
  ),
  AUDIT_OTLP_ENABLED: flag(
    false,
    'Whether the audit trail is sent as log records of OTLP to the collector of `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`, whatever else is exported.',
  ),
  AUDIT_WEBHOOK_SECRET: secret('What posts of the audit trail are signed with; `whsec_…` is read as base64.'),
} as const;

export type MetricsConfig = ConfigOf<typeof metricsOptions>;
