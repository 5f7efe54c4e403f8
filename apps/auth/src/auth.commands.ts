import { withSecretFiles } from '#libs/config';
import { platformOptions } from '#libs/service';
import { actingAs } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { createConsoleLink } from './console-session/console-link.command.js';
import { authOptions } from './auth.config.js';
import { type Environment, openAuthStore } from './auth.store.js';
import { type NewToken, createAdministratorToken, createToken } from './tokens/token.command.js';
import { retireSecrets, rotateSecrets } from './rotate.command.js';
import { resealSecrets } from './upstream-credentials/reseal.command.js';
import { type NewUser, createUser } from './users/user.command.js';

/** What the commands on the auth database are given by the command line. */
export interface CommandDeps {
  readonly env: Environment;
  /** Must not write to standard output, which is the command's answer. */
  readonly logger: Logger;
}

/**
 * The commands on users, tokens and stored secrets. Each resolves to what to print, and rejects with a `GatewayError`:
 * `config.invalid` for what cannot be used, `http.conflict` for what contradicts what is stored, `platform.not_ready`
 * without a
 * database.
 */
export interface AuthCommands {
  createToken(token: NewToken): Promise<string>;
  /** A token of the platform's administrator, good as long as `expires` says (`12h`). */
  createAdministratorToken(expires: string): Promise<string>;
  createUser(user: NewUser): Promise<string>;
  /** Of no e-mail, for the platform's administrator. Answers the code of a link that opens the console once. */
  createConsoleLink(email?: string): Promise<string>;
  resealSecrets(): Promise<string>;
  rotateSecrets(): Promise<string>;
  retireSecrets(): Promise<string>;
}

/** What the command line does with the database that the environment names. Each answers what to print. */
export const authCommands = ({ env: given, logger }: CommandDeps): AuthCommands => {
  const env = withSecretFiles({ ...platformOptions, ...authOptions }, given);
  const open = () => openAuthStore(env, logger);
  const as = <Answer>(id: string, run: () => Promise<Answer>) => actingAs({ kind: 'command', id }, run);
  return {
    createToken: (token) => as('token create', () => createToken(token, open)),
    createAdministratorToken: (expires) => as('command line', () => createAdministratorToken(expires, open)),
    createUser: (user) => as('user create', () => createUser(user, open)),
    createConsoleLink: (email) => as('open', () => createConsoleLink(email, open)),
    resealSecrets: () => as('secrets reseal', () => resealSecrets(open)),
    rotateSecrets: () => as('secrets rotate', () => rotateSecrets(env, open)),
    retireSecrets: () => as('secrets retire', () => retireSecrets(env, open)),
  };
};
