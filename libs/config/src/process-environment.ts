import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { fail } from '#libs/errors';

/** Variables of a process by their names; what is not set is absent. */
export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/** The one place where the environment of the process is read. */
export const processEnvironment = (): ProcessEnvironment => process.env;

/**
 * The environment of a process of the gateway: its own, and below it what a file `.env` in the folder says. Throws
 * `config.invalid` where there is one that cannot be read.
 */
export const gatewayEnvironment = (folder = process.cwd()): ProcessEnvironment => ({
  ...settingsFile(join(folder, '.env')),
  ...processEnvironment(),
});

const NAMES_SECRET_FILE = /_(?:KEY|CREDS)_PATH$|_FILE$/;

/** The files that settings name for holding a secret. */
export const secretFilesOf = (env: ProcessEnvironment): string[] =>
  Object.entries(env).flatMap(([name, path]) => (NAMES_SECRET_FILE.test(name) && path ? [path] : []));

const settingsFile = (path: string): ProcessEnvironment => {
  try {
    // Some editors write a byte order mark.
    return parseEnv(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder of that name is often the home of a Python.
    if (code === 'ENOENT' || code === 'EISDIR') return {};
    throw fail('config.invalid', { message: `${path} cannot be read (${code})`, cause: error });
  }
};
