import pg from 'pg';
import { DataSource, type DataSourceOptions, type EntitySchema } from 'typeorm';
import { type Logger, meter } from '#libs/telemetry';
import { GuardedPool, type GuardedPoolOptions, type Reached, poolOptionsOf, startupLimits } from './guarded-pool.js';
import { type PostgresLocation, connectionOf } from './location.js';
import { MIGRATIONS_TABLE, type MigrationClass, type MigrationPlan, migrate, readPlan } from './migrate.js';
import { type PostgresSettings, withDefaults } from './postgres.config.js';
import { QueryLog } from './query-log.js';
import { SnakeNamingStrategy } from './snake-naming-strategy.js';

/** An entity as TypeORM takes it. */
// biome-ignore lint/complexity/noBannedTypes: an entity class, as TypeORM takes it
export type Entity = Function | EntitySchema;

/** One schema of the database, what lives in it, and how that came about. */
export interface DatabaseSchema {
  /** Every table lives in it; lower-case letters, digits and `_`. */
  readonly schema: string;
  readonly entities: readonly Entity[];
  /** In the order in which they were written; each class name ends in a timestamp, as TypeORM wants it. */
  readonly migrations: readonly MigrationClass[];
}

/** A schema, and where it is. */
export interface DatabaseOptions extends DatabaseSchema {
  readonly location: PostgresLocation;
  /** Overrides the location's settings. */
  readonly pool?: Partial<PostgresSettings>;
  readonly logger: Logger;
}

/**
 * Brings the schema up to date and opens a pool on it. One attempt, which rejects with what the server said: whoever
 * starts the process repeats it.
 */
export const openDatabase = async (options: DatabaseOptions): Promise<DataSource> => {
  const { location, schema, logger } = options;
  const settings = { ...withDefaults(location.settings), ...options.pool };
  const reached = await reachPostgres(location, settings);
  if (reached.isPooled) logger.info({ schema }, 'the database is behind a pooler: no statement is prepared');
  if (reached.limitsBy === 'transaction') {
    logger.info({ schema }, 'the database is behind a pooler: time limits are set per transaction');
  }
  await migrateDatabase(options);

  const queryLog = new QueryLog(logger);
  const extra: GuardedPoolOptions = {
    ...connectionOf(location),
    ...poolOptionsOf(settings, reached),
    ...(settings.logsStatements && { onStatement: (statement, ms) => queryLog.ran(statement, ms) }),
  };
  const entities = [...options.entities];
  const database = new DataSource({ ...baseOf(options), entities, maxQueryExecutionTime: 1_000, extra });
  await database.initialize();
  pools.set(schema, (database.driver as unknown as { master: pg.Pool }).master);
  return database;
};

/** Brings the schema up to date. One attempt; nothing of it stays where it fails. */
export const migrateDatabase = async (options: Omit<DatabaseOptions, 'entities' | 'pool'>): Promise<void> => {
  const unlimited: GuardedPoolOptions = {
    ...connectionOf(options.location),
    max: 1,
    prePing: false,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  };
  await migrate({
    ...baseOf(options),
    migrations: [...options.migrations],
    entities: [],
    extra: unlimited,
    isAlone: 'socketDir' in options.location,
  });
};

/** Which migrations of the schema are run, and which are not. Changes nothing; one attempt. */
export const planMigrations = async (
  options: Pick<DatabaseOptions, 'location' | 'schema' | 'migrations'>,
): Promise<MigrationPlan> => {
  const client = new pg.Client({ ...connectionOf(options.location), connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await readPlan(client, options);
  } finally {
    await client.end().catch(() => {});
  }
};

const baseOf = ({ schema, logger }: Pick<DatabaseOptions, 'schema' | 'logger'>) => {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new Error(`"${schema}" is not a schema name`);
  return {
    type: 'postgres',
    schema,
    applicationName: `switchyard-${schema}`,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    driver: { Pool: GuardedPool },
    logger: new QueryLog(logger),
    migrationsTableName: MIGRATIONS_TABLE,
    namingStrategy: new SnakeNamingStrategy(),
  } as const satisfies DataSourceOptions;
};

/**
 * Connects once, to see that the server is there and takes us. The answer says whether it takes our time limits with
 * the connection, which a pooler such as PgBouncer does not, and whether there is one at all.
 */
export const reachPostgres = async (
  location: PostgresLocation,
  settings = withDefaults(location.settings),
): Promise<Reached> => {
  const limits = startupLimits(settings);
  const base = { ...connectionOf(location), connectionTimeoutMillis: settings.poolTimeoutMs };
  try {
    return { limitsBy: 'startup', isPooled: await isPooled({ ...base, ...limits }) };
  } catch (error) {
    if (!(error instanceof Error && /unsupported startup parameter/.test(error.message))) throw error;
  }
  return { limitsBy: 'transaction', isPooled: await isPooled(base) };
};

/** A pooler hands out keys of its own, so what ours says is not the process that answers. */
const isPooled = async (config: pg.ClientConfig): Promise<boolean> => {
  const client = new pg.Client({ ...config, query_timeout: config.connectionTimeoutMillis });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return rows[0]?.pid !== (client as unknown as { processID: number | null }).processID;
  } finally {
    await client.end().catch(() => {});
  }
};

/** The open pools by schema: one of each in a process. */
const pools = new Map<string, pg.Pool>();

const gauge = (name: string, description: string, read: (pool: pg.Pool) => number): void =>
  meter()
    .createObservableGauge(name, { description })
    .addCallback((result) => {
      for (const [schema, pool] of pools) if (!pool.ending) result.observe(read(pool), { schema });
    });

gauge('db_pool_size', 'Database connections open, by schema.', (pool) => pool.totalCount);
gauge(
  'db_pool_connections_active',
  'Database connections in use, by schema.',
  (pool) => pool.totalCount - pool.idleCount,
);
gauge(
  'db_pool_requests_waiting',
  'Requests that wait for a database connection, by schema.',
  (pool) => pool.waitingCount,
);
