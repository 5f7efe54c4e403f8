import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail } from '#libs/errors';
import { isSameProcess, type ProcessIdentity, thisProcess } from '#libs/config';
import { finishReplacing } from './kept-data.js';

/** Makes the data folder, for its owner alone, and answers its whole path. Throws `config.invalid`. */
export const openDataDir = (path: string): string => {
  const dir = resolve(path);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { mode, uid } = statSync(dir);
    // As root, the embedded database runs as somebody else who must be able to pass through.
    const wanted = process.getuid?.() === 0 ? 0o711 : 0o700;
    if ((mode & 0o777) !== wanted && uid === process.getuid?.()) chmodSync(dir, wanted);
    return dir;
  } catch (error) {
    throw fail('config.invalid', {
      message: `SWITCHYARD_DATA_DIR: ${dir} cannot be used (${(error as NodeJS.ErrnoException).code})`,
    });
  }
};

/**
 * Takes the data folder for this process. The lock names its holder, so one left behind by a killed process is seen
 * to be stale; and a restore that was interrupted is finished. Answers the function that gives it back. Throws `config.invalid` while another process has it.
 */
export const lockDataDir = (dir: string): (() => void) => {
  const path = join(dir, 'lock');
  const draft = `${path}.${process.pid}`;
  const mine = JSON.stringify(thisProcess());
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (link(draft, path)) {
        finishReplacing(dir);
        return () => release(path, mine);
      }
      evict(path, dir);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw fail('config.invalid', { message: `${dir} is in use by another gateway that is just starting` });
};

const release = (path: string, mine: string): void => {
  if (read(path) === mine) rmSync(path, { force: true });
};

/** Removes the lock of a dead holder; refuses when the holder lives. */
const evict = (path: string, dir: string): void => {
  const text = read(path);
  if (text === null) return;
  const holder = parse(text);
  if (holder !== null && isSameProcess(holder)) {
    throw fail('config.invalid', {
      message: `${dir} is in use by another gateway (process ${holder.pid}); stop it, or set SWITCHYARD_DATA_DIR to another folder`,
    });
  }
  // Moved rather than deleted, so that of two starters who both found it stale only one removes this very lock.
  const moved = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, moved);
  } catch {
    return;
  }
  if (read(moved) !== text) link(moved, path);
  rmSync(moved, { force: true });
};

const link = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const parse = (text: string): ProcessIdentity | null => {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<ProcessIdentity>;
    return typeof pid === 'number' ? { pid, startedAt: startedAt ?? null } : null;
  } catch {
    return null;
  }
};
