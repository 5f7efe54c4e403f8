import { parseConfig, type ProcessEnvironment, withSecretFiles } from '#libs/config';
import { platformOptions } from '#libs/service';
import type { DatabaseSchema } from '#libs/storage';
import { parts } from '../../gateway/parts.js';
import { CommandFailure } from '../../terminal/failure.js';

/** Refuses where the gateway's data is not all in its data folder. */
export const refuseSharedDatabase = (env: ProcessEnvironment, ownsDatabase = true): void => {
  const { DATABASE_URL } = parseConfig(platformOptions, withSecretFiles(platformOptions, env));
  if (DATABASE_URL === null && ownsDatabase) return;
  throw new CommandFailure(
    'this gateway keeps its data in the PostgreSQL of DATABASE_URL: back that up with pg_dump and restore it with pg_restore, and keep ' +
      'JWT_SECRET_KEY and AUTH_ENCRYPTION_SECRET (docs/operations/backup.md)',
  );
};

/** Secrets that the environment gives; those of the data folder are not used beside them. */
export const givenSecrets = (env: ProcessEnvironment): readonly string[] => {
  const names = [...new Set(parts.flatMap(({ secrets = [] }) => secrets))];
  return names.filter((name) => env[name] || env[`${name}_FILE`]);
};

/** The schemas of this version. */
export const ownSchemas = (): readonly DatabaseSchema[] =>
  parts.flatMap(({ needs }) => (needs.database === undefined ? [] : [needs.database]));
