import { Inject } from '@nestjs/common';
import { type ConfigOf, flag, integer, oneOf, type Option, optionalText, text, url } from '#libs/config';
import { identityOptions } from '#libs/identity';
import { cacheOptions, postgresOptions } from '#libs/storage';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '#libs/telemetry';
import { compressionOptions } from './compression/compression.config.js';
import { otelOptions } from './telemetry/otel.config.js';
import { allowedHostsOption, allowedOriginsOption } from './http/allowed-origins.js';
import { workerOptions } from './workers/worker-options.js';

const SYNONYMS: Readonly<Record<string, LogLevel>> = { warning: 'warn', critical: 'fatal', off: 'silent' };

const logLevel = (prose: string): Option<LogLevel> => ({
  form: LOG_LEVELS.join(' | '),
  defaultValue: 'info',
  prose,
  secret: false,
  parse: (value) => {
    const word = value.toLowerCase();
    const level = SYNONYMS[word] ?? LOG_LEVELS.find((name) => name === word);
    if (level === undefined) throw new Error(`"${value}" is not one of ${LOG_LEVELS.join(', ')}`);
    return level;
  },
});

const logFormat = (prose: string): Option<LogFormat> => ({
  form: LOG_FORMATS.join(' | '),
  defaultValue: 'auto',
  prose,
  secret: false,
  parse: (value) => {
    const word = value.toLowerCase() === 'text' ? 'pretty' : value.toLowerCase();
    const format = LOG_FORMATS.find((name) => name === word);
    if (format === undefined) throw new Error(`"${value}" is not one of ${LOG_FORMATS.join(', ')}`);
    return format;
  },
});

const natsUrls = (prose: string): Option<string | null> => ({
  form: 'URLs (nats:, tls:)',
  defaultValue: null,
  prose,
  secret: true,
  parse: (value) => {
    const one = url(['nats:', 'tls:'], prose);
    const servers = value.split(',').map((server) => server.trim());
    const [scheme = ''] = /^\w+:\/\//.exec(servers[0] ?? '') ?? [];
    // As NATS itself has it, the first may say for all how they are reached.
    return servers
      .map((server) => one.parse(server === '' || server.includes('://') ? server : `${scheme}${server}`))
      .join(',');
  },
});

/** What every process of the gateway understands, whichever services it runs. */
export const platformOptions = {
  HOST: text('127.0.0.1', 'Address to listen on. `0.0.0.0` or `::` opens the gateway to the network.'),
  PORT: integer(4444, 'Port to listen on; 0 takes any free one. Services on their own have their own defaults.', {
    max: 65_535,
  }),
  LOG_LEVEL: logLevel('Lines below this level are not written.'),
  LOG_FORMAT: logFormat(
    'How lines are written: one JSON object each, or for people (`pretty`, also `text`). `auto`: for people where they go to a terminal.',
  ),
  DISABLE_ACCESS_LOG: flag(true, 'Without it, every HTTP request writes a line: who, what, how it ended, how long.'),
  STRUCTURED_LOGGING_DATABASE_ENABLED: flag(
    false,
    'Whether lines of the log are kept in the database of metrics as well, to be searched with `GET /logs`: what this process writes and, of metrics, what the others give it. They stand there for `LOG_RETENTION_DAYS`.',
  ),
  CORRELATION_ID_ENABLED: flag(
    true,
    'Answers carry X-Correlation-ID, the one of the request when it has one; what is logged of the request has it too.',
  ),
  SECURITY_HEADERS_ENABLED: flag(
    true,
    'REST answers carry headers that tell browsers not to frame, sniff or cache them.',
  ),
  ALLOWED_HOSTS: allowedHostsOption,
  ALLOWED_ORIGINS: allowedOriginsOption,
  API_DOCS_ENABLED: flag(
    true,
    'Whether the OpenAPI page and document are served: /docs, /docs-json, /docs-yaml, /redoc, /openapi.json.',
  ),
  INTERNAL_METRICS: oneOf(
    ['token', 'private', 'off'],
    'token',
    'Who may read /internal/metrics of a process, which names tools and upstreams: whoever has a token with `admin.metrics`; peers of a private network, without one, unless they come through a proxy; or nobody.',
  ),
  METRICS_PORT: integer(
    0,
    'A port of their own for the metrics (`/metrics/prometheus`), on `HOST`: whoever reaches it reads them without a token. 0: none.',
    { max: 65_535 },
  ),
  SWITCHYARD_DATA_DIR: text('./.switchyard', 'Where a gateway without external stores keeps its data and secrets.'),
  SHUTDOWN_TIMEOUT_MS: integer(30_000, 'How long a stopping process may take to finish what it has begun.', {
    min: 100,
  }),
  ...workerOptions,
  BACKPRESSURE: integer(
    512,
    'Requests in hand at once per process, from when they are there as a whole; those beyond get 503 with Retry-After.',
    { min: 1 },
  ),
  BODY_RATE_MIN: integer(
    1_024,
    'Bytes per second that the body of a request must bring, over any 5 s; one that is slower gets 408 and its connection is closed. 0: any rate will do, for 30 s.',
  ),
  STRANGERS_PER_ADDRESS_MAX: integer(
    64,
    'Requests of callers without a valid token whose bodies are on their way at once, per address (see TRUSTED_PROXIES); where there are more, those that take longest get 408.',
    { min: 1 },
  ),
  ANSWER_STALL_TIMEOUT: integer(
    30,
    'Seconds after which an answer that its client does not read is given up and the connection closed; for a large answer a second more for each 64 KiB that is unsent.',
    { min: 1, max: 3_600 },
  ),
  HELD_BYTES_TOTAL: integer(
    0,
    'Bytes that the process holds at once for clients and upstreams: bodies, answers on their way, queues of streams, each from 16 KiB on. While there is no room upstreams are not read, and an answer of which nothing is taken for 1 s, and half a second for each MiB of it that is left, is given up. 0: a quarter of what the heap may grow to (`--max-old-space-size`).',
  ),
  CALLER_HELD_BYTES: integer(
    0,
    'Likewise, for one caller; its further answers wait at their upstreams. 0: as many as it leaves free to others.',
  ),
  BACKLOG: integer(2_048, 'Connections that may wait to be accepted.', { min: 1, max: 65_535 }),
  MAX_CONNECTIONS: integer(
    0,
    'Open connections per process; 0 means half of the file descriptors it may open. A few more are taken for /health, /ready and /version alone.',
  ),
  NATS_URL: natsUrls(
    'The message bus: `nats://[user:password@]host:4222`, or several, separated by commas; `tls://` encrypts. Without it the services of one process talk in memory.',
  ),
  NATS_CA_PATH: optionalText(
    'PEM file of the authorities that the certificate of NATS is checked with (`tls://`); unset: those that Node.js knows.',
  ),
  NATS_CERT_PATH: optionalText('PEM file of the certificate that the process shows to NATS (`tls://`).'),
  NATS_KEY_PATH: optionalText('PEM file of its key.'),
  NATS_CREDS_PATH: optionalText(
    'File with the JWT and the seed that the process shows to NATS instead of user and password, as `nsc generate creds` writes it.',
  ),
  NATS_MAX_RETRIES: integer(30, 'Attempts to reach NATS at start before giving up.', { min: 1 }),
  NATS_RETRY_INTERVAL_MS: integer(2_000, 'First pause between attempts to reach NATS; it doubles, up to 30 s.', {
    min: 1,
  }),
  DB_MAX_RETRIES: integer(30, 'Attempts to reach PostgreSQL at start before giving up.', { min: 1 }),
  DB_RETRY_INTERVAL_MS: integer(2_000, 'First pause between attempts to reach PostgreSQL; it doubles, up to 30 s.', {
    min: 1,
  }),
  REDIS_MAX_RETRIES: integer(30, 'Attempts to reach Redis at start before giving up.', { min: 1 }),
  REDIS_RETRY_INTERVAL_MS: integer(2_000, 'First pause between attempts to reach Redis; it doubles, up to 30 s.', {
    min: 1,
  }),
  ...compressionOptions,
  ...otelOptions,
  ...identityOptions,
  ...postgresOptions,
  ...cacheOptions,
};

/** The parsed values of `platformOptions`. */
export type PlatformConfig = ConfigOf<typeof platformOptions>;

/** The injection token of the `PlatformConfig`. */
export const PLATFORM_CONFIG = Symbol('PLATFORM_CONFIG');
/** Injects the `PlatformConfig`. */
export const InjectPlatformConfig = (): ParameterDecorator & PropertyDecorator => Inject(PLATFORM_CONFIG);

const PORTS: Readonly<Record<string, number>> = {
  ingress: 4444,
  auth: 4445,
  registry: 4446,
  'tool-invocation': 4447,
  metrics: 4448,
};

/** The port of a process that was not told one: the service's own, or the gateway's where several run together. */
export const defaultPortOf = (names: readonly string[]): number =>
  names.length === 1 ? (PORTS[names[0] ?? ''] ?? 4444) : 4444;
