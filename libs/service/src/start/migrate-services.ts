import { parseConfig, withSecretFiles } from '#libs/config';
import { type MigrationPlan, migrateDatabase, planMigrations } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { type PlatformConfig, platformOptions } from '../platform.config.js';
import { Readiness } from '../readiness.js';
import type { AnyServicePart } from '../service-part.js';
import type { Environment } from './configuration.js';
import { lockDataDir, openDataDir } from './data-dir.js';
import { OpenedThings } from './opened.js';
import { openPostgres, startingOf } from './stores/open-stores.js';

export interface MigrateSettings {
  /** Those without a database are passed over. */
  readonly parts: readonly AnyServicePart[];
  readonly env: Environment;
  readonly logger: Logger;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
  /** Says what would be done, and does nothing. */
  readonly planOnly: boolean;
}

/** Where the schema of a service stood before anything was done. */
export interface MigratedService {
  readonly service: string;
  readonly plan: MigrationPlan;
}

/**
 * Brings the schemas of services up to date, as their own start does: the database is waited for, also where it goes
 * away meanwhile. Yields each service when it is done. Rejects with `config.invalid`, with `platform.not_ready` for a
 * database that cannot be reached, with the signal's own reason, or with what the database has against a migration, of
 * which nothing stays then.
 */
export async function* migrateServices(settings: MigrateSettings): AsyncGenerator<MigratedService> {
  const { env, logger, signal, planOnly } = settings;
  const opened = new OpenedThings();
  try {
    const config = configOf(env, opened);
    const onClose = (name: string, close: () => Promise<void>) => opened.add(name, close);
    const context = { config, logger, signal, onClose, readiness: new Readiness() };
    const location = await openPostgres(context);
    const starting = startingOf(context);
    for (const { name, needs } of settings.parts) {
      if (needs.database === undefined) continue;
      const options = { ...needs.database, location, logger };
      const plan = await starting.untilDone(() => planMigrations(options));
      if (!planOnly && plan.pending.length > 0) await starting.untilDone(() => migrateDatabase(options));
      yield { service: name, plan };
    }
  } finally {
    await opened.closeAll(logger);
  }
}

/** Where no database is named, the one in the data folder, which no gateway must use meanwhile. */
const configOf = (env: Environment, opened: OpenedThings): PlatformConfig => {
  const config = parseConfig(platformOptions, withSecretFiles(platformOptions, env));
  if (config.DATABASE_URL !== null) return config;
  const dataDir = openDataDir(config.SWITCHYARD_DATA_DIR);
  const unlock = lockDataDir(dataDir);
  opened.add('the data folder', async () => unlock());
  return { ...config, SWITCHYARD_DATA_DIR: dataDir };
};
