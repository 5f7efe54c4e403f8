import { join } from 'node:path';
import { lockDataDir } from '#libs/service';
import { runningPostgres, type RunningPostgres, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import type { RunningGateway } from '../../local/running-gateways.js';
import { CommandFailure } from '../../terminal/failure.js';

/** Does something with the database of a data folder: that of the gateway which runs there, or else one started for it. */
export const withDatabase = async <Answer>(
  folder: string,
  running: RunningGateway | null,
  use: (postgres: RunningPostgres) => Promise<Answer>,
): Promise<Answer> => {
  if (running !== null) return use(databaseOf(folder));
  const unlock = lockDataDir(folder);
  try {
    return await withOwnDatabase(folder, use);
  } finally {
    unlock();
  }
};

/** Starts the database of a folder that nobody uses, and stops it in order afterwards. */
export const withOwnDatabase = async <Answer>(
  folder: string,
  use: (postgres: RunningPostgres) => Promise<Answer>,
): Promise<Answer> => {
  const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger });
  try {
    return await use(databaseOf(folder));
  } finally {
    await server.stop();
  }
};

const databaseOf = (folder: string): RunningPostgres => {
  const postgres = runningPostgres(folder);
  if (postgres === null) throw new CommandFailure(`no database answers in ${folder}`);
  return postgres;
};
