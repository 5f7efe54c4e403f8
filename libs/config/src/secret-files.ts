import { fail } from '#libs/errors';
import type { Options } from './option.js';
import type { ProcessEnvironment } from './process-environment.js';
import { readSettingFile } from './tls-files.js';

const SUFFIX = '_FILE';

/**
 * The environment, and in it the secrets that files hold, as containers are given them: `NAME_FILE` is the path of `NAME`.
 * The last line end is no part of it. Throws `config.invalid` for a file that cannot be read or holds nothing, and where the
 * secret is given both ways.
 */
export const withSecretFiles = <E extends ProcessEnvironment>(options: Options, env: E): E => {
  const read: Record<string, string | undefined> = {};
  for (const [name, { secret }] of Object.entries(options)) {
    const path = env[name + SUFFIX];
    if (!secret || path === undefined || path === '') continue;
    if (env[name]) throw fail('config.invalid', { message: `${name} and ${name}${SUFFIX} are both set` });
    const value = readSettingFile(name + SUFFIX, path).replace(/\r?\n$/, '');
    if (value === '') throw fail('config.invalid', { message: `${name}${SUFFIX}: the file is empty` });
    read[name] = value;
    read[name + SUFFIX] = undefined;
  }
  return { ...env, ...read };
};
