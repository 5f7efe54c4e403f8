import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { backoffMs, type BackoffSettings } from '#libs/resilience';
import { databaseFailure, isRepeatable } from './database-failure.js';

const ATTEMPTS_MAX = 4;
const RETRY: BackoffSettings = { firstMs: 30, maxMs: 90, spread: 1 / 3 };

/**
 * Runs `work` in a transaction, and again when the database undid it for a deadlock or a serialisation failure; so
 * `work` must touch nothing but the database. Rejects with what `work` threw, or with what `databaseFailure` calls it.
 */
export const transact = async <T>(database: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction(work);
    } catch (error) {
      if (!isRepeatable(error) || attempt === ATTEMPTS_MAX) throw databaseFailure(error) ?? error;
      await sleep(backoffMs(attempt, RETRY));
    }
  }
};
