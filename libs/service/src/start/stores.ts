import { join } from 'node:path';
import {
  type Cache,
  type Keeping,
  openCache,
  postgresSettings,
  type PostgresLocation,
  startEmbeddedPostgres,
} from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import type { PlatformConfig } from '../platform.config.js';
import type { Readiness } from '../readiness.js';
import { PostgresProbe } from './postgres-probe.js';
import { retryWithBackoff } from './retry-with-backoff.js';

export interface StartContext {
  readonly config: PlatformConfig;
  readonly logger: Logger;
  readonly readiness: Readiness;
  /** Aborts when the process is told to stop before it has started. */
  readonly signal: AbortSignal;
  /** Something is lost without which the process cannot go on. */
  readonly onFatal: (reason: string) => void;
  /** What must be undone when the process stops, last first. */
  readonly onClose: (name: string, close: () => Promise<void>) => void;
}

/** PostgreSQL: the server that is named, awaited; or one of our own in the data folder. */
export const openPostgres = async (context: StartContext): Promise<PostgresLocation> => {
  const { config, logger, readiness, signal, onClose } = context;
  const settings = postgresSettings(config);
  let location: PostgresLocation;
  if (config.DATABASE_URL === null) {
    const embedded = await startEmbeddedPostgres({ dataDir: join(config.SWITCHYARD_DATA_DIR, 'postgres'), logger });
    onClose('PostgreSQL', () => embedded.stop());
    location = { ...embedded.location, settings };
  } else {
    location = { url: config.DATABASE_URL, settings };
  }
  const probe = new PostgresProbe(location);
  onClose('the database probe', () => probe.close());
  await retryWithBackoff(
    { what: 'PostgreSQL', attemptsMax: config.DB_MAX_RETRIES, intervalMs: config.DB_RETRY_INTERVAL_MS, signal, logger },
    () => probe.check(),
  );
  readiness.addProbe('database', () => probe.check());
  return location;
};

/** The cache that the settings ask for: Redis, awaited; or the memory of this process, of which `keeping` outlives it. */
export const openMemory = async (context: StartContext, keeping?: Keeping): Promise<Cache> => {
  const { config, logger, readiness, signal, onClose } = context;
  const cache = await retryWithBackoff(
    {
      what: 'Redis',
      attemptsMax: config.REDIS_MAX_RETRIES,
      intervalMs: config.REDIS_RETRY_INTERVAL_MS,
      signal,
      logger,
    },
    () => openCache(config, logger, keeping),
  );
  onClose('the cache', () => cache.close());
  readiness.addProbe('cache', async () => void (await cache.get('readiness')));
  return cache;
};
