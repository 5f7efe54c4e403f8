import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '#libs/errors';
import { weaknessOf } from './secret-strength.js';

type Environment = Readonly<Record<string, string | undefined>>;

const FILE = 'secrets.json';
const SECRET_BYTES = 48;
const ADVICE = 'Make one with: openssl rand -base64 48';

/** Refuses what the environment gives when it could be guessed. The value itself is never repeated. */
export const refuseWeakSecrets = (names: readonly string[], env: Environment): void => {
  const problems = names.flatMap((name) => {
    const weakness = env[name] ? weaknessOf(env[name]) : null;
    return weakness === null ? [] : [`${name} is too weak: ${weakness}. ${ADVICE}`];
  });
  if (problems.length > 0) throw fail('config.invalid', { message: problems.join('\n') });
};

/** A gateway whose stores are elsewhere shares them with others, so nobody but its operator can give the secrets. */
export const requireSecrets = (names: readonly string[], env: Environment): void => {
  const problems = names.filter((name) => !env[name]).map((name) => `${name} is required. ${ADVICE}`);
  if (problems.length > 0) throw fail('config.invalid', { message: problems.join('\n') });
};

/** The secrets that the environment does not give: those of an earlier start, or new ones, kept for the next. */
export const keptSecrets = (names: readonly string[], env: Environment, dataDir: string): Record<string, string> => {
  const absent = names.filter((name) => !env[name]);
  if (absent.length === 0) return {};
  const path = join(dataDir, FILE);
  const kept = readKept(path);
  const made = absent.filter((name) => kept[name] === undefined);
  for (const name of made) kept[name] = randomBytes(SECRET_BYTES).toString('base64url');
  if (made.length > 0) writeKept(path, kept);
  return Object.fromEntries(absent.map((name) => [name, kept[name] ?? '']));
};

const readKept = (path: string): Record<string, string> => {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw fail('config.invalid', { message: `${path} cannot be read (${(error as NodeJS.ErrnoException).code})` });
  }
  try {
    const kept: unknown = JSON.parse(text);
    if (typeof kept === 'object' && kept !== null && Object.values(kept).every((value) => typeof value === 'string')) {
      return kept as Record<string, string>;
    }
  } catch {
    // Said below, without a word of the text.
  }
  throw fail('config.invalid', {
    message: `${path} is damaged; restore it, since what it encrypted cannot be read without it`,
  });
};

/** Whole or not at all: a half-written file would lock the operator out of what the secrets protect. */
const writeKept = (path: string, kept: Readonly<Record<string, string>>): void => {
  const draft = `${path}.${process.pid}`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(kept, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
};
