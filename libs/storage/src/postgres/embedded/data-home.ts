import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { EMBEDDED_PORT } from '../location.js';
import { type Runner, canReach, makeFolder } from './runner.js';

/** Where everything of one embedded server lies. */
export interface DataHome {
  readonly root: string;
  /** PGDATA. */
  readonly data: string;
  readonly log: string;
  readonly owner: string;
}

/** Where root's databases go when their own folder lies where `nobody` cannot pass. */
const SYSTEM_ROOT = '/var/lib/switchyard';

const homeAt = (root: string): DataHome => ({
  root,
  data: path.join(root, 'data'),
  log: path.join(root, 'server.log'),
  owner: path.join(root, 'owner.json'),
});

/**
 * Makes the folder ready for the runner. Root's postgres runs as `nobody`, who cannot pass through `/root` or another
 * closed folder: then the data lies below `/var/lib/switchyard`, and `dataDir` is left holding a link to it.
 */
export const openHome = (dataDir: string, runner: Runner, logger: Logger): DataHome => {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  makeFolder(dataDir, runner);
  if (canReach(dataDir, runner)) return homeAt(fs.realpathSync(dataDir));

  const link = path.join(dataDir, 'elsewhere');
  const known = fs.existsSync(link) ? fs.realpathSync(link) : undefined;
  if (known !== undefined && canReach(known, runner)) return homeAt(known);
  fs.mkdirSync(SYSTEM_ROOT, { recursive: true, mode: 0o711 });
  const root = fs.mkdtempSync(path.join(SYSTEM_ROOT, 'postgres-'));
  makeFolder(root, runner);
  if (!canReach(root, runner)) {
    throw fail('config.invalid', {
      message: `Postgres cannot run as root, and another user can reach neither ${dataDir} nor ${root}: set SWITCHYARD_DATA_DIR to a folder that others may pass through, or DATABASE_URL`,
    });
  }
  fs.rmSync(link, { force: true });
  fs.symlinkSync(root, link);
  logger.warn(
    { dataDir, root },
    'the data folder is closed to other users, and postgres refuses to run as root: the database lies elsewhere',
  );
  return homeAt(root);
};

/** `sun_path` holds 108 bytes, the last of them a zero. */
const SOCKET_PATH_BYTES_MAX = 107;
const SOCKET_NAME = `.s.PGSQL.${EMBEDDED_PORT}`;

/** Where the socket lies: below the home, or in a short folder of its own where the path would be too long. */
export const openSocketDir = ({ root }: DataHome, runner: Runner): string => {
  const near = path.join(root, 'run');
  const link = path.join(root, 'socket');
  const far = fs.lstatSync(link, { throwIfNoEntry: false }) && fs.readlinkSync(link);
  if (far) fs.rmSync(far, { recursive: true, force: true });
  fs.rmSync(link, { force: true });

  if (Buffer.byteLength(path.join(near, SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX) {
    makeFolder(near, runner);
    for (const name of [SOCKET_NAME, `${SOCKET_NAME}.lock`]) fs.rmSync(path.join(near, name), { force: true });
    return near;
  }
  const made = fs.mkdtempSync(path.join(shortTemporaryRoot(), 'switchyard-'));
  makeFolder(made, runner);
  fs.symlinkSync(made, link);
  return made;
};

const shortTemporaryRoot = (): string => {
  const usual = os.tmpdir();
  return Buffer.byteLength(path.join(usual, 'switchyard-XXXXXX', SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX
    ? usual
    : '/tmp';
};

export const closeSocketDir = ({ root }: DataHome): void => {
  const link = path.join(root, 'socket');
  if (!fs.lstatSync(link, { throwIfNoEntry: false })) return;
  fs.rmSync(fs.readlinkSync(link), { recursive: true, force: true });
  fs.rmSync(link, { force: true });
};
