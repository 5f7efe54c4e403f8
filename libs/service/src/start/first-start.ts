import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '#libs/errors';
import { weaknessOf } from './secret-strength.js';

type Environment = Readonly<Record<string, string | undefined>>;

const FILE = 'secrets.json';
const SECRET_BYTES = 48;
/** Former values of one secret that are good at once. */
const FORMER_MAX = 5;
const ADVICE = 'Make one with: openssl rand -base64 48';

/** By the name of a secret: the setting of its other values that are good too. */
export type FormerNames = Readonly<Record<string, string>>;

/** Refuses what the environment gives when it could be guessed. The value itself is never repeated. */
export const refuseWeakSecrets = (names: readonly string[], env: Environment, former: FormerNames = {}): void => {
  const given = [
    ...names.map((name) => ({ name, values: env[name] ? [env[name]] : [] })),
    ...names.flatMap((name) => former[name] ?? []).map((name) => ({ name, values: valuesOf(env[name] ?? '') })),
  ];
  const problems = given.flatMap(({ name, values }) => {
    const weakness = values.map(weaknessOf).find((found) => found !== null) ?? null;
    return weakness === null ? [] : [`${name} is too weak: ${weakness}. ${ADVICE}`];
  });
  if (problems.length > 0) throw fail('config.invalid', { message: problems.join('\n') });
};

/** A gateway whose stores are elsewhere shares them with others, so nobody but its operator can give the secrets. */
export const requireSecrets = (names: readonly string[], env: Environment): void => {
  const problems = names.filter((name) => !env[name]).map((name) => `${name} is required. ${ADVICE}`);
  if (problems.length > 0) throw fail('config.invalid', { message: problems.join('\n') });
};

/**
 * The secrets that the environment does not give: those of an earlier start, or new ones, kept for the next; and with them
 * their former values, if they were rotated.
 */
export const keptSecrets = (
  names: readonly string[],
  env: Environment,
  dataDir: string,
  former: FormerNames = {},
): Record<string, string> => {
  const absent = names.filter((name) => !env[name]);
  if (absent.length === 0) return {};
  const path = join(dataDir, FILE);
  const kept = readKept(path);
  const made = absent.filter((name) => kept[name] === undefined);
  for (const name of made) kept[name] = randomBytes(SECRET_BYTES).toString('base64url');
  if (made.length > 0) writeKept(path, kept);
  const formerOfAbsent = absent.flatMap((name) => former[name] ?? []).filter((name) => !env[name]);
  return Object.fromEntries([...absent, ...formerOfAbsent].map((name) => [name, kept[name] ?? '']));
};

/**
 * Makes new values for the kept secrets and keeps the present ones as former ones. Answers the names of those that it made;
 * what the environment gives is not kept here. Throws `config.invalid` where there are too many former ones already.
 */
export const rotateKeptSecrets = (former: FormerNames, env: Environment, dataDir: string): readonly string[] => {
  const path = join(dataDir, FILE);
  const kept = readKept(path);
  const rotated = Object.keys(former).filter((name) => !env[name] && kept[name] !== undefined);
  for (const name of rotated) {
    const formerName = former[name] ?? '';
    const values = [kept[name] ?? '', ...valuesOf(kept[formerName] ?? '')];
    if (values.length > FORMER_MAX)
      throw fail('config.invalid', { message: `${formerName} holds ${FORMER_MAX} values: retire them first` });
    kept[formerName] = values.join(',');
    kept[name] = randomBytes(SECRET_BYTES).toString('base64url');
  }
  if (rotated.length > 0) writeKept(path, kept);
  return rotated;
};

/** Forgets the former values of the kept secrets. Answers the names of those that had any. */
export const retireKeptSecrets = (former: FormerNames, dataDir: string): readonly string[] => {
  const path = join(dataDir, FILE);
  const kept = readKept(path);
  const retired = Object.keys(former).filter((name) => kept[former[name] ?? ''] !== undefined);
  for (const name of retired) delete kept[former[name] ?? ''];
  if (retired.length > 0) writeKept(path, kept);
  return retired;
};

const valuesOf = (list: string): readonly string[] =>
  list
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');

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
