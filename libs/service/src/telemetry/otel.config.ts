import { type ConfigOf, decimal, flag, integer, oneOf, type Option, optionalText } from '#libs/config';
import { SAMPLERS } from '#libs/telemetry';

/** `name=value,…`, both percent-encoded. https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables */
const pairs = (prose: string, { secret = false } = {}): Option<Readonly<Record<string, string>>> => ({
  form: 'name=value, comma-separated',
  defaultValue: {},
  prose,
  secret,
  parse: (value) =>
    Object.fromEntries(
      value
        .split(',')
        .filter((pair) => pair.trim() !== '')
        .map((pair) => pairOf(pair)),
    ),
});

const pairOf = (pair: string): [name: string, value: string] => {
  const equals = pair.indexOf('=');
  const name = decoded(pair.slice(0, equals).trim());
  // What stands there may be a credential, so nothing of it is repeated.
  if (equals < 1 || name === null) throw new Error('has a member that is not name=value');
  const value = decoded(pair.slice(equals + 1).trim());
  if (value === null) throw new Error(`${name}: the value is not percent-encoded as it should be`);
  return [name, value];
};

const decoded = (part: string): string | null => {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
};

const endpoint = (prose: string): Option<string | null> => ({
  form: 'URL (http:, https:)',
  defaultValue: null,
  prose,
  secret: false,
  parse: (value) => {
    const parsed = URL.canParse(value) ? new URL(value) : null;
    if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) throw new Error('not a URL (http:, https:)');
    if (parsed.username !== '' || parsed.password !== '')
      throw new Error('holds a credential: give it in OTEL_EXPORTER_OTLP_HEADERS');
    return value;
  },
});

export const EXPONENTIAL = 'base2_exponential_bucket_histogram';
const PROTOCOLS = ['auto', 'http/protobuf', 'grpc'] as const;

/** OpenTelemetry, by the names of its specification: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export const otelOptions = {
  OBSERVABILITY_ENABLED: flag(
    false,
    'Whether spans are made and exported (OTLP), and metrics and the log where they are asked for. Without it nothing of that is loaded; `traceparent`, `tracestate` and `baggage` are passed on either way.',
  ),
  OTEL_ENABLE_OBSERVABILITY: flag(false, 'The same as `OBSERVABILITY_ENABLED`; one of them is enough.'),
  OTEL_SDK_DISABLED: flag(false, 'Turns it off whatever else is said.'),
  OTEL_SERVICE_NAME: optionalText(
    '`service.name` of what is exported. Unset: `switchyard`, and of a service on its own `switchyard-ingress` and so on.',
  ),
  OTEL_RESOURCE_ATTRIBUTES: pairs('Further attributes of the process: `deployment.environment.name=production`.'),
  OTEL_TRACES_EXPORTER: oneOf(['otlp', 'none'], 'otlp', 'Where spans go.'),
  OTEL_METRICS_EXPORTER: oneOf(
    ['otlp', 'none'],
    'none',
    'Where metrics go besides Prometheus. They have the same names there.',
  ),
  OTEL_LOGS_EXPORTER: oneOf(['otlp', 'none'], 'none', 'Where lines of the log go besides standard output.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint(
    'The collector. Unset: `http://localhost:4318`, for gRPC `http://localhost:4317`. `https:` encrypts; over HTTP `/v1/traces`, `/v1/metrics` or `/v1/logs` is put behind it.',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint('The collector of spans where it is another one, with its whole path.'),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint('The same for metrics.'),
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: endpoint('The same for lines of the log.'),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(
    PROTOCOLS,
    'auto',
    'How it is spoken to. `auto`: gRPC where the port of the endpoint is 4317, else `http/protobuf`.',
  ),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: oneOf(
    PROTOCOLS,
    'auto',
    'The same for spans alone. `auto`: as `OTEL_EXPORTER_OTLP_PROTOCOL`.',
  ),
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: oneOf(PROTOCOLS, 'auto', 'The same for metrics alone.'),
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: oneOf(PROTOCOLS, 'auto', 'The same for lines of the log alone.'),
  OTEL_EXPORTER_OTLP_HEADERS: pairs('Sent with each export: `authorization=Bearer%20…`.', { secret: true }),
  OTEL_EXPORTER_OTLP_TIMEOUT: integer(10_000, 'Milliseconds that an export may take.', { min: 1 }),
  OTEL_EXPORTER_OTLP_COMPRESSION: oneOf(['none', 'gzip'], 'none', 'Whether exports are compressed.'),
  OTEL_TRACES_SAMPLER: oneOf(
    SAMPLERS,
    'parentbased_always_on',
    'Which traces are sampled. `parentbased_…`: as the client decided, where it sent a `traceparent`.',
  ),
  OTEL_TRACES_SAMPLER_ARG: decimal(1, 'The share of traces for `traceidratio` and `parentbased_traceidratio`.', {
    max: 1,
  }),
  TRACES_KEEP_ERRORS: flag(
    true,
    'Whether the spans of what fails are exported although their trace is not sampled; at most 100 a second of these and of slow ones, and none with `always_off`.',
  ),
  TRACES_KEEP_SLOW_MS: integer(1_000, 'Likewise, of what takes so many milliseconds or more. 0: none for that reason.'),
  OTEL_BSP_SCHEDULE_DELAY: integer(5_000, 'Milliseconds for which spans wait for others before they are exported.', {
    min: 1,
  }),
  OTEL_BSP_MAX_QUEUE_SIZE: integer(2_048, 'Spans that wait at once; what is more is dropped.', { min: 1 }),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: integer(512, 'Spans in one export.', { min: 1 }),
  OTEL_BSP_EXPORT_TIMEOUT: integer(30_000, 'Milliseconds after which an export is given up.', { min: 1 }),
  OTEL_METRIC_EXPORT_INTERVAL: integer(60_000, 'Milliseconds between two exports of metrics.', { min: 1 }),
  OTEL_METRIC_EXPORT_TIMEOUT: integer(
    30_000,
    'Milliseconds after which one is given up; at most the time between two.',
    { min: 1 },
  ),
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: oneOf(
    ['explicit_bucket_histogram', EXPONENTIAL],
    'explicit_bucket_histogram',
    'The buckets of the durations of calls and requests that are exported: those of Prometheus, or exponential ones, 9 % wide.',
  ),
  OTEL_BLRP_SCHEDULE_DELAY: integer(1_000, 'Milliseconds for which lines wait for others before they are exported.', {
    min: 1,
  }),
  OTEL_BLRP_MAX_QUEUE_SIZE: integer(2_048, 'Lines that wait at once; what is more is not exported.', { min: 1 }),
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: integer(512, 'Lines in one export.', { min: 1 }),
  OTEL_BLRP_EXPORT_TIMEOUT: integer(30_000, 'Milliseconds after which an export of lines is given up.', { min: 1 }),
};

/** The parsed values of `otelOptions`. */
export type OtelConfig = ConfigOf<typeof otelOptions>;
