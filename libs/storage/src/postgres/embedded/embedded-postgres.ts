import fs from 'node:fs';
import path from 'node:path';
import type { Logger } from '#libs/telemetry';
import type { PostgresLocation } from '../location.js';
import { createCluster, dataMajorOf } from './cluster.js';
import { openHome, openSocketDir } from './data-home.js';
import { claim, release } from './owner.js';
import { findPrograms } from './postgres-programs.js';
import { PostgresServer } from './postgres-server.js';
import { stopOrphan } from './postmaster.js';
import { runner } from './runner.js';

/** A running PostgreSQL that belongs to this process; `stop` resolves when it has ended. */
export interface EmbeddedPostgres {
  readonly location: PostgresLocation;
  /** Of the postmaster that runs now. */
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL of our own on `dataDir`: no TCP port, no password; whoever may enter the 0700 folder of its
 * socket may use it. It is started again when it dies, and it ends with this process, even one killed by SIGKILL.
 * Rejects where the folder is in use, or its programs cannot be found or run.
 */
export const startEmbeddedPostgres = async (options: {
  readonly dataDir: string;
  readonly logger: Logger;
}): Promise<EmbeddedPostgres> => {
  const { dataDir, logger } = options;
  const user = runner();
  const home = openHome(path.resolve(dataDir), user, logger);
  claim(home.owner);
  try {
    await stopOrphan(home.data, logger);
    const programs = findPrograms({ home: home.root, dataMajor: dataMajorOf(home), runner: user, logger });
    if (!fs.existsSync(home.data)) await createCluster(home, programs, user);
    const socketDir = openSocketDir(home, user);
    const server = new PostgresServer(home, programs, socketDir, user, logger);
    await server.start();
    return {
      location: { socketDir },
      get pid() {
        return server.pid;
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    release(home.owner);
    throw error;
  }
};
