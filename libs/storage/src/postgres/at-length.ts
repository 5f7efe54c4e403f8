import { DataSource, type DataSourceOptions } from 'typeorm';
import { type GuardedPoolOptions, allowing } from './guarded-pool.js';

/**
 * Opens one more connection to a database, on which a statement may run for `timeoutMs`, and closes it after `work`: for the
 * rare statement that takes longer than DB_STATEMENT_TIMEOUT_MS. Rejects with what connecting or `work` threw.
 */
export const atLength = async <T>(
  database: DataSource,
  timeoutMs: number,
  work: (database: DataSource) => Promise<T>,
): Promise<T> => {
  const options = database.options as Extract<DataSourceOptions, { type: 'postgres' }>;
  const patient = await new DataSource({
    ...options,
    entities: [],
    maxQueryExecutionTime: timeoutMs,
    extra: allowing(timeoutMs, options.extra as GuardedPoolOptions),
  }).initialize();
  try {
    return await work(patient);
  } finally {
    await patient.destroy();
  }
};
