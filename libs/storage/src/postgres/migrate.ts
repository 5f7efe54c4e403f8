import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import {
  DataSource,
  type DataSourceOptions,
  type MigrationInterface,
  MigrationExecutor,
  type QueryRunner,
} from 'typeorm';
import { fail } from '#libs/errors';
import { isLocked } from './database-failure.js';

/** A migration as TypeORM runs it. */
export type MigrationClass = new () => MigrationInterface;

/** What has been run stands in it. */
export const MIGRATIONS_TABLE = 'migrations';

/** Where a schema stands: names of migrations, in the order in which they are run. */
export interface MigrationPlan {
  readonly done: readonly string[];
  readonly pending: readonly string[];
  /** Run by another version of the program, most likely a later one. */
  readonly unknown: readonly string[];
}

/** Any number, as long as nobody else in this database uses it for advisory locks. */
const LOCK_SPACE = 0x5357_4d47;
/** How long one replica waits for another that is migrating. */
const LOCK_WAIT_MS = 120_000;
/**
 * Whoever wants a table that a migration waits for waits behind it, and nobody waits for long. Shorter than PostgreSQL's
 * `deadlock_timeout` of a second, after which it would end one of the two, which may be the other.
 */
const GIVES_WAY_AFTER_MS = 300;
const PAUSE_MS = 200;

export type MigrateOptions = DataSourceOptions & {
  readonly schema: string;
  readonly migrations: readonly MigrationClass[];
  /**
   * Whether this process is the only one that uses the database: then tables of a later version are refused. Where replicas
   * share it, those of the version before go on beside them while an upgrade is rolled out.
   */
  readonly isAlone: boolean;
};

/**
 * Brings a schema up to date, once, however many replicas start together: the schema, the table of what has been run
 * and all migrations in one transaction, under a lock that ends with it. Nothing outlives the transaction on its
 * connection, so PgBouncer may give it to somebody else afterwards. Where replicas of the version before are at work it gives way and
 * begins again, rather than have them wait. Rejects with `config.invalid` where it is of a later version and nobody else uses it.
 */
export const migrate = async (options: MigrateOptions): Promise<void> => {
  const database = await new DataSource(options).initialize();
  try {
    for (const giveUpAtMs = Date.now() + LOCK_WAIT_MS; ; await sleep(PAUSE_MS * (1 + Math.random()))) {
      try {
        return await migrateOnce(database, options);
      } catch (error) {
        if (!isLocked(error) || Date.now() > giveUpAtMs) throw error;
      }
    }
  } finally {
    await database.destroy();
  }
};

const migrateOnce = async (database: DataSource, options: MigrateOptions): Promise<void> => {
  const runner = database.createQueryRunner();
  try {
    await runner.startTransaction();
    await runner.query(`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
    await runner.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCK_SPACE, options.schema]);
    await runner.query(`SET LOCAL lock_timeout = ${GIVES_WAY_AFTER_MS}`);
    await createSchema(runner, options.schema);
    // Who brings no migrations has no version.
    if (options.isAlone && options.migrations.length > 0) await refuseLaterTables(runner, options);
    const executor = new MigrationExecutor(database, runner);
    await executor.executePendingMigrations();
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction().catch(() => {});
    throw error;
  } finally {
    await runner.release();
  }
};

/** Asks first: `IF NOT EXISTS` fails without the right to create schemas even where the schema is there. */
const createSchema = async (runner: QueryRunner, schema: string): Promise<void> => {
  const found: unknown[] = await runner.query('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1', [schema]);
  if (found.length === 0) await runner.query(`CREATE SCHEMA "${schema}"`);
};

const refuseLaterTables = async (runner: QueryRunner, { schema, migrations }: MigrateOptions): Promise<void> => {
  const names: readonly { readonly name: string }[] = (await runner.hasTable(`${schema}.${MIGRATIONS_TABLE}`))
    ? await runner.query(`SELECT name FROM "${schema}"."${MIGRATIONS_TABLE}" ORDER BY id`)
    : [];
  const known = new Set(migrationNames(migrations));
  const later = names.find(({ name }) => !known.has(name));
  if (later === undefined) return;
  throw fail('config.invalid', {
    message: `the data is of a later version (its ${schema} has ${later.name}), which this one could harm: start that version, or put back a copy of the data folder from before the upgrade`,
  });
};

/** What `migrate` would run, from what has been run. */
export const readPlan = async (
  client: Client,
  { schema, migrations }: { readonly schema: string; readonly migrations: readonly MigrationClass[] },
): Promise<MigrationPlan> => {
  const table = `"${schema}"."${MIGRATIONS_TABLE}"`;
  const there = await client.query<{ readonly oid: string | null }>('SELECT to_regclass($1) AS oid', [table]);
  const found =
    (there.rows[0]?.oid ?? null) === null
      ? []
      : (await client.query<{ name: string }>(`SELECT name FROM ${table} ORDER BY id`)).rows;
  const run = new Set(found.map(({ name }) => name));
  const known = migrationNames(migrations);
  return {
    done: known.filter((name) => run.has(name)),
    pending: known.filter((name) => !run.has(name)),
    unknown: [...run].filter((name) => !known.includes(name)),
  };
};

/** What migrations are called in the table of what has been run. */
export const migrationNames = (migrations: readonly MigrationClass[]): readonly string[] => migrations.map(nameOf);

/** As TypeORM writes it down. */
const nameOf = (migration: MigrationClass): string => new migration().name ?? migration.name;
