import { type DatabaseSchema, migrationNames } from '#libs/storage';
import { CommandFailure } from '../../terminal/failure.js';
import type { BackupHead } from './sealed.js';

/** Refuses data that a later version has changed, which this one could not read. `name` is what the file is called. */
export const refuseLaterSchemas = (
  { schemas, version }: Pick<BackupHead, 'schemas' | 'version'>,
  known: readonly Pick<DatabaseSchema, 'schema' | 'migrations'>[],
  name: string,
): void => {
  for (const [schema, run] of Object.entries(schemas)) {
    const names = new Set(migrationNames(known.find((own) => own.schema === schema)?.migrations ?? []));
    const later = run.find((migration) => !names.has(migration));
    if (later !== undefined)
      throw new CommandFailure(
        `${name} is of a later version, ${version} (its ${schema} has ${later}): restore it with that one`,
      );
  }
};
