import type { Command } from 'commander';
import { type AuthCommands, authCommands } from '#apps/auth';
import { gatewayEnvironment } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { newCommand } from '../new-command.js';

const OF_THE_GATEWAY = 'of the gateway whose database DATABASE_URL or SWITCHYARD_DATA_DIR names.';

/** Runs a command of auth and prints what it answers, alone. */
const print = async (run: (commands: AuthCommands) => Promise<string>): Promise<void> => {
  const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
  process.stdout.write(`${await run(authCommands({ env: gatewayEnvironment(), logger }))}\n`);
};

const noun = (name: string, about: string, ...verbs: readonly Command[]): Command => {
  const command = newCommand(name).description(`${about} ${OF_THE_GATEWAY}`).helpCommand(false);
  for (const verb of verbs) command.addCommand(verb);
  return command;
};

/** `token create`: prints a token. */
export const tokenCommand = (): Command =>
  noun(
    'token',
    'Tokens',
    newCommand('create')
      .summary('print a new token')
      .description(
        'Prints a new token, and nothing else. A user who does not exist yet is created, without a password.',
      )
      .option('--user <email>', 'whom the token stands for')
      .option('--admin', 'with all permissions of an administrator, who the user must be')
      .option('--expires <duration>', 'such as 90s, 15m, 12h, 7d or 2w', '7d')
      .option('--server <id>', 'good for this virtual server alone')
      .option('--permissions <names>', 'no more than these, separated by commas')
      .action((token) => print((commands) => commands.createToken(token))),
  );

/** `user create`. */
export const userCommand = (): Command =>
  noun(
    'user',
    'Users',
    newCommand('create')
      .summary('make a user')
      .description('Makes a user; without a password, one who can only use tokens.')
      .option('--user <email>', 'name of the user')
      .option('--admin', 'as an administrator')
      .option('--password-stdin', 'the password is the first line of standard input')
      .action(async ({ passwordStdin, ...user }) => {
        const password = passwordStdin === true ? { password: await firstLine() } : {};
        await print((commands) => commands.createUser({ ...user, ...password }));
      }),
  );

/** `secrets rotate`, `secrets retire` and `secrets reseal`. */
export const secretsCommand = (): Command =>
  noun(
    'secrets',
    'The keys',
    newCommand('rotate')
      .summary('make new keys, and keep the present ones beside them')
      .description(
        'Makes new secrets in the data folder of a gateway that is stopped, and encrypts upstream credentials with them. ' +
          'Tokens, sessions and states that were made before stay good until `switchyard secrets retire`.',
      )
      .action(() => print((commands) => commands.rotateSecrets())),
    newCommand('retire')
      .summary('end what former keys are good for')
      .description(
        'Forgets the keys that were before `switchyard secrets rotate`: what was made with them is good no more.',
      )
      .action(() => print((commands) => commands.retireSecrets())),
    newCommand('reseal')
      .summary('encrypt upstream credentials with the current secret')
      .description(
        'Encrypts upstream credentials anew with AUTH_ENCRYPTION_SECRET. Former secrets are in ' +
          'AUTH_ENCRYPTION_SECRETS_PREVIOUS, separated by commas, and are needed no more afterwards.',
      )
      .action(() => print((commands) => commands.resealSecrets())),
  );

/** Where others cannot read it, as they could on the command line. */
const firstLine = async (): Promise<string> => {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) text += chunk;
  return text.split('\n', 1)[0] ?? '';
};
