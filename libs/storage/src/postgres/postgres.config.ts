import { type ConfigOf, type Option, decimal, flag, integer, url } from '#libs/config';

/** The name of a Python driver in the scheme, as SQLAlchemy has it, says nothing of the server. */
const databaseUrl = (prose: string): Option<string | null> => {
  const one = url(['postgres:', 'postgresql:'], prose);
  return { ...one, parse: (text) => one.parse(text.replace(/^(postgres(?:ql)?)\+\w+:/i, '$1:')) };
};

/** The settings of the database, for every service that has one. */
export const postgresOptions = {
  DATABASE_URL: databaseUrl(
    'The PostgreSQL server, directly or through PgBouncer (transaction mode works). Unset: an embedded server in the data folder. `postgresql+psycopg://` means `postgresql://`.',
  ),
  DB_POOL_SIZE: integer(10, 'Connections that each service keeps open once it has needed them.', { min: 1 }),
  DB_MAX_OVERFLOW: integer(10, 'Further connections opened under load, closed after ten idle seconds.'),
  DB_POOL_TIMEOUT: decimal(3, 'Seconds to wait for a connection before the request is refused with 503.', { min: 0.1 }),
  DB_POOL_RECYCLE: integer(3600, 'Seconds after which a connection is replaced; 0 keeps it for ever.'),
  DB_PREPARE_THRESHOLD: integer(
    5,
    'A statement is prepared on a connection once it has run there so many times; 0 prepares none. Behind a pooler such as PgBouncer none is prepared, whatever this says.',
    { min: 0, max: 1_000_000 },
  ),
  DB_POOL_PRE_PING: flag(true, 'Tests a connection that has rested for a second or more before it is used.'),
  DB_STATEMENT_TIMEOUT_MS: integer(3000, 'How long a statement may run; 0 is no limit. Migrations are exempt.'),
  DB_LOCK_TIMEOUT_MS: integer(1000, 'How long a statement may wait for a lock; 0 is no limit.'),
  DB_IDLE_IN_TRANSACTION_TIMEOUT_MS: integer(
    5000,
    'How long a transaction may rest between statements; 0 is no limit.',
  ),
  DB_QUERY_LOG_ENABLED: flag(
    false,
    'Whether every statement has a line in the log, with how long it took and without its values. For finding out; it is a line for each.',
  ),
} as const;

/** The parsed values of `postgresOptions`. */
export type PostgresConfig = ConfigOf<typeof postgresOptions>;

/** How connections are kept, in the units the code counts in. */
export interface PostgresSettings {
  readonly poolSize: number;
  readonly poolOverflow: number;
  /** How long an overflow connection may rest before it is closed. */
  readonly overflowIdleMs: number;
  readonly poolTimeoutMs: number;
  /** 0: never. */
  readonly recycleAfterSeconds: number;
  readonly prePing: boolean;
  /** 0: never. */
  readonly prepareAfterRuns: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly logsStatements: boolean;
}

/** The settings in the units that their names say. */
export const postgresSettings = (config: PostgresConfig): PostgresSettings => ({
  poolSize: config.DB_POOL_SIZE,
  poolOverflow: config.DB_MAX_OVERFLOW,
  overflowIdleMs: 10_000,
  poolTimeoutMs: config.DB_POOL_TIMEOUT * 1000,
  recycleAfterSeconds: config.DB_POOL_RECYCLE,
  prePing: config.DB_POOL_PRE_PING,
  prepareAfterRuns: config.DB_PREPARE_THRESHOLD,
  statementTimeoutMs: config.DB_STATEMENT_TIMEOUT_MS,
  lockTimeoutMs: config.DB_LOCK_TIMEOUT_MS,
  idleInTransactionTimeoutMs: config.DB_IDLE_IN_TRANSACTION_TIMEOUT_MS,
  logsStatements: config.DB_QUERY_LOG_ENABLED,
});

const defaults = (): PostgresSettings =>
  postgresSettings(
    Object.fromEntries(
      Object.entries(postgresOptions).map(([name, option]) => [name, option.defaultValue]),
    ) as PostgresConfig,
  );

/** Completes settings with the defaults of `postgresOptions`. */
export const withDefaults = (settings: Partial<PostgresSettings> = {}): PostgresSettings => ({
  ...defaults(),
  ...settings,
});
