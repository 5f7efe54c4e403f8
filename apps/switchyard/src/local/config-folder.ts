import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { processEnvironment } from '#libs/config';

/** Where what belongs to a user of this machine is, whichever folder they stand in. */
export const configFolder = (): string => {
  const { XDG_CONFIG_HOME, APPDATA } = processEnvironment();
  const parent = XDG_CONFIG_HOME || (process.platform === 'win32' ? APPDATA : undefined) || join(homedir(), '.config');
  return join(parent, 'switchyard');
};

/** Writes a file that its owner alone can read, whole or not at all. */
export const writePrivate = (path: string, value: unknown): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
};

/** What such a file holds; null where there is none, or it is not ours. */
export const readPrivate = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
};
