import type { Logger } from '#libs/telemetry';
import { type Environment, openAuthStore } from './auth.store.js';
import { createToken } from './tokens/token.command.js';
import { resealSecrets } from './upstream-credentials/reseal.command.js';
import { createUser } from './users/user.command.js';

export interface CommandSurroundings {
  readonly env: Environment;
  /** Must not write to standard output, which is the command's answer. */
  readonly logger: Logger;
  readonly readStdin: () => Promise<string>;
}

/** Runs `token create …` and the like, and answers what to print; `null` when the command is none of these. */
export const runAuthCommand = async (
  words: readonly string[],
  { env, logger, readStdin }: CommandSurroundings,
): Promise<string | null> => {
  const [noun, verb, ...args] = words;
  const open = () => openAuthStore(env, logger);
  switch (`${noun} ${verb}`) {
    case 'token create':
      return createToken(args, open);
    case 'user create':
      return createUser(args, open, readStdin);
    case 'secrets reseal':
      return resealSecrets(open);
    default:
      return null;
  }
};
