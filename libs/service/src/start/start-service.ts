import cluster from 'node:cluster';
import type { INestApplicationContext } from '@nestjs/common';
import type { Bus } from '#libs/bus';
import { LogLevelChanged } from '#libs/contracts';
import { createLogger, isLogLevel, type Logger, watchProcess } from '#libs/telemetry';
import { VERSION } from '../build-info.js';
import { Compressor } from '../compression/compressor.js';
import { FrontServer } from '../http/front-server.js';
import { openMetricsPort } from '../telemetry/metrics-port.js';
import { OperationsFace } from '../http/operations-face.js';
import { RawHttp } from '../http/raw-http.js';
import { Lifecycle } from '../lifecycle.js';
import { type PlatformConfig, platformOptions } from '../platform.config.js';
import { type Platform, platformModules } from '../platform.module.js';
import { Readiness } from '../readiness.js';
import { openRestApplication } from '../rest/rest-application.js';
import type { AnyServicePart } from '../service-part.js';
import type { LineSender } from '../telemetry/line-sender.js';
import { startExports } from '../telemetry/start-exports.js';
import { limitHeldBytes } from '../held-bytes.js';
import { type Configuration, type Environment, readConfiguration } from './configuration.js';
import { openBus } from './open-bus.js';
import { openDoorWarning } from './open-door.js';
import { OpenedThings } from './opened.js';
import { showBuild } from './show-build.js';
import { showCertificates } from './show-certificates.js';
import { showDependencies } from './show-dependencies.js';
import { openDatabases, openMemory, openPostgres, type StartContext, startingOf } from './stores/open-stores.js';
import { tellUnreadSettings } from './tell-unread-settings.js';

/** Kept back from the time to stop, for what comes after the last answer. */
const CLOSING_MS = 2_000;

/** Which services a process hosts, and with which environment. */
export interface StartSettings {
  readonly parts: readonly AnyServicePart[];
  readonly env: Environment;
  /** Gives up a start that is still waiting for something. */
  readonly signal?: AbortSignal;
  readonly logger?: Logger;
  /** Where a logger made here writes: standard output unless told. */
  readonly logTo?: 'stdout' | 'stderr';
  /** The service can go on no longer, though nobody stopped it. */
  readonly onFatal?: (reason: string) => void;
}

/** A process that serves. */
export interface RunningService {
  readonly url: string;
  readonly port: number;
  readonly config: PlatformConfig;
  readonly bus: Bus;
  readonly application: INestApplicationContext;
  readonly logger: Logger;
  /** Stops in order; answers whether everything closed as it should. */
  stop(): Promise<boolean>;
}

/**
 * Brings the parts up in one process. The HTTP server comes first, so that `/health` and `/ready` tell the truth while
 * the rest is awaited. Rejects with `config.invalid`, with `platform.not_ready` for what cannot be reached, or with the
 * signal's own reason; what was opened by then is closed.
 */
export const startService = async (settings: StartSettings): Promise<RunningService> => {
  const { parts, env, signal = new AbortController().signal } = settings;
  const configuration = readConfiguration(parts, env);
  const { platform: config } = configuration;
  const service = parts.length === 1 ? (parts[0]?.name ?? 'switchyard') : 'switchyard';
  const logger = settings.logger ?? loggerOf(service, config, settings.logTo);
  tellUnreadSettings(env, logger);
  const opened = new OpenedThings();
  opened.add('the data folder', async () => configuration.unlock());
  try {
    const warning = parts.some(({ name }) => name === 'ingress') ? openDoorWarning(config) : null;
    if (warning !== null) logger.warn(warning);
    const endExports = await startExports(config, service, logger);
    if (endExports !== null) opened.add('the exports', endExports);
    const lines = await openLineSender(config, logger);
    if (lines !== null) opened.add('the keeping of lines', async () => lines.close());
    return await open({ ...settings, signal, lines }, configuration, logger, opened);
  } catch (error) {
    await opened.closeAll(logger);
    throw error;
  }
};

const loggerOf = (service: string, config: PlatformConfig, to: 'stdout' | 'stderr' = 'stdout'): Logger =>
  createLogger({ service, version: VERSION, level: config.LOG_LEVEL, format: config.LOG_FORMAT, to });

/** Null where no lines are kept; then nothing of it is loaded. */
const openLineSender = async (config: PlatformConfig, logger: Logger): Promise<LineSender | null> => {
  if (!config.STRUCTURED_LOGGING_DATABASE_ENABLED) return null;
  const { LineSender: Sender } = await import('../telemetry/line-sender.js');
  return new Sender(logger);
};

interface OpenSettings extends StartSettings {
  readonly signal: AbortSignal;
  readonly lines: LineSender | null;
}

const open = async (
  { parts, signal, lines, onFatal = () => {} }: OpenSettings,
  configuration: Configuration,
  logger: Logger,
  opened: OpenedThings,
): Promise<RunningService> => {
  const { platform: config } = configuration;
  const names = parts.map((part) => part.name);
  const readiness = new Readiness();
  const lifecycle = new Lifecycle();
  const raw = new RawHttp(lifecycle);
  let state: 'starting' | 'serving' | 'stopping' = 'starting';
  readiness.add('process', () => (state === 'serving' ? null : state));

  const front = new FrontServer({
    config,
    raw,
    logger,
    operations: new OperationsFace(names, readiness, logger, config.INTERNAL_METRICS),
  });
  limitHeldBytes(config);
  const port = await front.listen(config.PORT);
  opened.add('the HTTP server', () => front.close());
  // That of several workers is their supervisor's.
  if (config.METRICS_PORT > 0 && cluster.isPrimary)
    opened.add('the port of the metrics', await openMetricsPort(config.HOST, config.METRICS_PORT, logger));
  watchProcess();
  opened.add('the build info', showBuild(names));
  opened.add('the ends of certificates', showCertificates(config));
  opened.add('what it depends on', showDependencies(readiness));

  const context: StartContext = {
    config,
    logger,
    readiness,
    signal,
    onClose: (name, close) => opened.add(name, close),
    onFatal: (reason) => {
      if (state !== 'stopping') onFatal(reason);
    },
  };
  const schemas = parts.flatMap(({ needs }) => needs.database ?? []);
  const postgres = schemas.length > 0 ? await openPostgres(context) : null;
  const prefixes = parts.flatMap(({ needs }) => needs.kept ?? []);
  const keeping = postgres === null || prefixes.length === 0 ? undefined : { location: postgres, prefixes };
  const cache = parts.some((part) => part.needs.cache) ? await openMemory(context, keeping) : null;
  const bus = await openBus(context, names);
  bus.subscribe(LogLevelChanged, ({ level }) => {
    if (isLogLevel(level)) logger.level = level;
  });
  if (lines !== null) {
    lines.connect(bus);
    lifecycle.onFlush(() => lines.flush());
  }
  const databases = postgres === null ? new Map() : await openDatabases(context, postgres, schemas);
  const starting = startingOf(context);
  const compressor = new Compressor(config);
  const platform: Platform = {
    config,
    logger,
    bus,
    cache,
    postgres,
    databases,
    starting,
    raw,
    compressor,
    readiness,
    lifecycle,
    settings: new Map(
      parts.map(({ name, options }) => [name, configuration.reportOf({ ...options, ...platformOptions })]),
    ),
  };
  const modules = parts.map((part) => part.module(configuration.configOf(part.options)));
  const application = await openRestApplication({
    imports: [...platformModules(platform, parts, configuration.configOf), ...modules],
    front,
    raw,
    compressor,
    bus,
    config,
    logger,
  });
  opened.add('the application', () => application.close());
  signal.throwIfAborted();
  state = 'serving';

  let stopped: Promise<boolean> | null = null;
  const stop = async (): Promise<boolean> => {
    state = 'stopping';
    await windDown(front, lifecycle, bus, config.SHUTDOWN_TIMEOUT_MS);
    return opened.closeAll(logger);
  };
  return {
    url: `http://${hostOf(config.HOST)}:${port}`,
    port,
    config,
    bus,
    application,
    logger,
    stop: () => (stopped ??= stop()),
  };
};

/** Each step leaves the next ones what they need: requests are answered while the bus works, facts sent while it lives. */
const windDown = async (front: FrontServer, lifecycle: Lifecycle, bus: Bus, timeoutMs: number): Promise<void> => {
  const endsAtMs = performance.now() + timeoutMs;
  front.stopAccepting();
  await lifecycle.runStopping();
  await front.quiet();
  await front.close();
  await lifecycle.runFlush();
  await bus.drain({
    graceMs: Math.max(0, endsAtMs - performance.now() - CLOSING_MS),
    beforeClose: () => lifecycle.runFlush(),
  });
};

const hostOf = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
};
