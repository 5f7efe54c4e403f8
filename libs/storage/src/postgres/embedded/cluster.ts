import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fail } from '#libs/errors';
import { EMBEDDED_USER } from '../location.js';
import type { DataHome } from './data-home.js';
import type { PostgresPrograms } from './postgres-programs.js';
import { type Runner, bareEnvironment, give, makeFolder } from './runner.js';

/** The version of the data that is there; null where there is none yet. */
export const dataMajorOf = ({ data }: DataHome): number | null => {
  const file = path.join(data, 'PG_VERSION');
  return fs.existsSync(file) ? Number.parseInt(fs.readFileSync(file, 'utf8'), 10) : null;
};

/** `initdb` in a folder that becomes `data` only when it is whole. */
export const createCluster = async (home: DataHome, { bin, major }: PostgresPrograms, user: Runner): Promise<void> => {
  for (const name of fs.readdirSync(home.root)) {
    if (name.startsWith('data.new-')) fs.rmSync(path.join(home.root, name), { recursive: true });
  }
  const made = fs.mkdtempSync(path.join(home.root, 'data.new-'));
  makeFolder(made, user);
  // One call for the whole file system instead of one for each of a thousand files, on a disk that others use too.
  const sync = major >= 17 && process.platform === 'linux' ? ['--sync-method=syncfs'] : [];
  const log = openLog(home, user);
  const initdb = spawn(
    path.join(bin, 'initdb'),
    ['-D', made, '-U', EMBEDDED_USER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-instructions', ...sync],
    { ...user, cwd: home.root, env: bareEnvironment(), stdio: ['ignore', log, log] },
  );
  fs.closeSync(log);
  const code = await ended(initdb);
  if (code !== 0) throw fail('platform.not_ready', { message: `initdb failed: ${endOfLog(home)}` });
  fs.renameSync(made, home.data);
};

const LOG_BYTES_MAX = 5_000_000;

export const openLog = ({ log }: DataHome, user: Runner): number => {
  const size = fs.statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  const file = fs.openSync(log, size > LOG_BYTES_MAX ? 'w' : 'a', 0o600);
  give(log, user);
  return file;
};

export const endOfLog = ({ log }: DataHome): string =>
  fs.readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join(' | ').slice(-600);

/** The exit code; -1 for a program that could not be started or was killed. */
export const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('exit', (code) => resolve(code ?? -1));
  });
