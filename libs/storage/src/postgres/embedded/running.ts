import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PostgresLocation } from '../location.js';

/** The embedded server of a data folder, as it can be reached beside the gateway that owns it. */
export interface RunningPostgres {
  readonly location: PostgresLocation;
  /** PGDATA. */
  readonly data: string;
}

/** The server that runs on `postgres/` of this data folder; `null` where none does. */
export const runningPostgres = (dataDir: string): RunningPostgres | null => {
  for (const home of [join(dataDir, 'postgres'), join(dataDir, 'postgres', 'elsewhere')]) {
    const lock = join(home, 'data', 'postmaster.pid');
    // The fifth line: https://www.postgresql.org/docs/current/storage-file-layout.html
    const [, , , , socketDir] = (readText(lock) ?? '').split('\n');
    if (socketDir && existsSync(join(socketDir, '.s.PGSQL.5432')))
      return { location: { socketDir }, data: dirname(lock) };
  }
  return null;
};

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};
