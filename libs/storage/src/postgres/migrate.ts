import {
  DataSource,
  type DataSourceOptions,
  type MigrationInterface,
  MigrationExecutor,
  type QueryRunner,
} from 'typeorm';

/** A migration as TypeORM runs it. */
export type MigrationClass = new () => MigrationInterface;

/** Any number, as long as nobody else in this database uses it for advisory locks. */
const LOCK_SPACE = 0x5357_4d47;
/** How long one replica waits for another that is migrating. */
const LOCK_WAIT_MS = 120_000;

/**
 * Brings a schema up to date, once, however many replicas start together: the schema, the table of what has been run
 * and all migrations in one transaction, under a lock that ends with it. Nothing outlives the transaction on its
 * connection, so PgBouncer may give it to somebody else afterwards.
 */
export const migrate = async (options: DataSourceOptions & { schema: string }): Promise<void> => {
  const database = await new DataSource(options).initialize();
  try {
    const runner = database.createQueryRunner();
    try {
      await runner.startTransaction();
      await runner.query(`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
      await runner.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCK_SPACE, options.schema]);
      await createSchema(runner, options.schema);
      const executor = new MigrationExecutor(database, runner);
      await executor.executePendingMigrations();
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction().catch(() => {});
      throw error;
    } finally {
      await runner.release();
    }
  } finally {
    await database.destroy();
  }
};

/** Asks first: `IF NOT EXISTS` fails without the right to create schemas even where the schema is there. */
const createSchema = async (runner: QueryRunner, schema: string): Promise<void> => {
  const found: unknown[] = await runner.query('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1', [schema]);
  if (found.length === 0) await runner.query(`CREATE SCHEMA "${schema}"`);
};
