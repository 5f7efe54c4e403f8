import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import {
  type Cache,
  type DatabaseSchema,
  type Keeping,
  openCache,
  openDatabase,
  postgresSettings,
  type PostgresLocation,
  startEmbeddedPostgres,
} from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import type { PlatformConfig } from '../../platform.config.js';
import type { Readiness } from '../../readiness.js';
import { PostgresProbe } from './postgres-probe.js';
import { retryWithBackoff } from './retry-with-backoff.js';
import { type Patience, Starting } from './starting.js';

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

/** What opening PostgreSQL takes of a start. */
export type PostgresContext = Pick<StartContext, 'config' | 'logger' | 'readiness' | 'signal' | 'onClose'>;

/** PostgreSQL: the server that is named, awaited; or one of our own in the data folder. */
export const openPostgres = async (context: PostgresContext): Promise<PostgresLocation> => {
  const { config, logger, readiness, onClose } = context;
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
  await retryWithBackoff(patienceOf(context), () => probe.check());
  readiness.addProbe('database', () => probe.check());
  return location;
};

/** The schemas of the services of this process, up to date, by name. */
export const openDatabases = async (
  context: StartContext,
  location: PostgresLocation,
  schemas: readonly DatabaseSchema[],
): Promise<ReadonlyMap<string, DataSource>> => {
  const starting = startingOf(context);
  const databases = new Map<string, DataSource>();
  for (const schema of schemas) {
    const database = await starting.untilDone(() => openDatabase({ ...schema, location, logger: context.logger }));
    context.onClose(`the database of ${schema.schema}`, () => database.destroy());
    databases.set(schema.schema, database);
  }
  return databases;
};

export const startingOf = (context: PostgresContext): Starting => new Starting(patienceOf(context));

const patienceOf = ({ config, signal, logger }: PostgresContext): Patience => ({
  what: 'PostgreSQL',
  attemptsMax: config.DB_MAX_RETRIES,
  intervalMs: config.DB_RETRY_INTERVAL_MS,
  signal,
  logger,
});

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
