import { resolve } from 'node:path';
import { parseConfig } from '#libs/config';
import { fail } from '#libs/errors';
import { lockDataDir, openDataDir, platformOptions, retireKeptSecrets, rotateKeptSecrets } from '#libs/service';
import { authService } from './auth.service-part.js';
import type { AuthStore, Environment } from './auth.store.js';
import { resealSecrets } from './upstream-credentials/reseal.command.js';

const FORMER = (authService.formerSecrets ?? {}) as Readonly<Record<string, string>>;

/**
 * New values for the secrets in the data folder; the present ones stay good beside them. Answers the line to print. Rejects
 * with `config.invalid` where the secrets are given by the environment, or a gateway runs on the data folder.
 */
export const rotateSecrets = async (env: Environment, open: () => Promise<AuthStore>): Promise<string> => {
  const rotated = changeKept(env, (dataDir) => rotateKeptSecrets(FORMER, env, dataDir));
  if (rotated.length === 0)
    throw fail('config.invalid', { message: `the data folder keeps none of ${Object.keys(FORMER).join(', ')}` });
  const given = Object.keys(FORMER).filter((name) => !rotated.includes(name));
  const untouched = given.length === 0 ? '' : `; not ${given.join(', ')}, which the environment gives`;
  return `rotated ${rotated.join(', ')}${untouched}; ${await resealSecrets(open)}`;
};

/**
 * Ends what the former values were good for. Answers the line to print. Rejects as `rotateSecrets` does, and where a
 * credential is still encrypted with a former value and cannot be encrypted anew.
 */
export const retireSecrets = async (env: Environment, open: () => Promise<AuthStore>): Promise<string> => {
  folderOf(env);
  const resealed = await resealSecrets(open);
  const retired = changeKept(env, (dataDir) => retireKeptSecrets(FORMER, dataDir));
  return retired.length === 0 ? 'there is no former value' : `${resealed}; retired former ${retired.join(', ')}`;
};

/** Changes the kept secrets while nobody else has the data folder: a gateway would go on with what it has read. */
const changeKept = (env: Environment, change: (dataDir: string) => readonly string[]): readonly string[] => {
  const dataDir = openDataDir(folderOf(env));
  const unlock = lockDataDir(dataDir);
  try {
    return change(dataDir);
  } finally {
    unlock();
  }
};

const folderOf = (env: Environment): string => {
  const { DATABASE_URL, SWITCHYARD_DATA_DIR } = parseConfig(platformOptions, env);
  if (DATABASE_URL === null) return resolve(SWITCHYARD_DATA_DIR);
  const settings = Object.entries(FORMER).map(([name, former]) => `${name} and ${former}`);
  throw fail('config.invalid', {
    message: `with DATABASE_URL the secrets are settings: change ${settings.join(', ')} (docs/operations/keys.md says in which order)`,
  });
};
