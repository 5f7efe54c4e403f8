import type { Command } from 'commander';
import { runAuthCommand } from '#apps/auth';
import { gatewayEnvironment } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { newCommand } from '../new-command.js';

export type AuthNoun = 'token' | 'user' | 'secrets';

const OF_THE_GATEWAY = 'of the gateway whose database DATABASE_URL or SWITCHYARD_DATA_DIR names.';

const nouns: Readonly<Record<AuthNoun, { readonly about: string; readonly verb: () => Command }>> = {
  token: {
    about: `Tokens ${OF_THE_GATEWAY}`,
    verb: () =>
      newCommand('create')
        .summary('print a new token')
        .description(
          'Prints a new token, and nothing else. A user who does not exist yet is created, without a password.',
        )
        .option('--user <email>', 'whom the token stands for')
        .option('--admin', 'with all permissions of an administrator, who the user must be')
        .option('--expires <duration>', 'such as 90s, 15m, 12h, 7d or 2w (default: 7d)')
        .option('--server <id>', 'good for this virtual server alone')
        .option('--permissions <names>', 'no more than these, separated by commas'),
  },
  user: {
    about: `Users ${OF_THE_GATEWAY}`,
    verb: () =>
      newCommand('create')
        .summary('make a user')
        .description('Makes a user; without a password, one who can only use tokens.')
        .option('--user <email>', 'name of the user')
        .option('--admin', 'as an administrator')
        .option('--password-stdin', 'the password is the first line of standard input'),
  },
  secrets: {
    about: `What auth keeps encrypted, ${OF_THE_GATEWAY}`,
    verb: () =>
      newCommand('reseal')
        .summary('encrypt upstream credentials with the current secret')
        .description(
          'Encrypts upstream credentials anew with AUTH_ENCRYPTION_SECRET. Former secrets are in ' +
            'AUTH_ENCRYPTION_SECRETS_PREVIOUS, separated by commas, and are needed no more afterwards.',
        ),
  },
};

/** `token …`, `user …`, `secrets …`, whose words auth reads itself once they are known to be its own. */
export const authCommand = (noun: AuthNoun, words: readonly string[]): Command => {
  const { about, verb } = nouns[noun];
  const run = async (): Promise<void> => {
    const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
    const answer = await runAuthCommand(words, { env: gatewayEnvironment(), logger, readStdin });
    process.stdout.write(`${answer}\n`);
  };
  return newCommand(noun).description(about).helpCommand(false).addCommand(verb().action(run));
};

const readStdin = async (): Promise<string> => {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) text += chunk;
  return text;
};
