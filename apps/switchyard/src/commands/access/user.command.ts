import type { Command } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { askYes, isAtTerminal, readInput } from '../../terminal/ask.js';
import { jsonOption, type OutputOptions, quietOption, say, showList } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';
import { besideDatabase, OF_THE_DATABASE } from './beside-database.js';

/** `user create`, `ls`, `enable`, `disable`, `unlock` and `rm`. */
export const userCommand = (): Command =>
  nounCommand(
    'user',
    'Users of the gateway.',
    createCommand(),
    listCommand(),
    changeCommand('enable', 'let somebody in again', { is_active: true }),
    changeCommand('disable', 'keep somebody out; their tokens are good no more', { is_active: false }),
    unlockCommand(),
    removeCommand(),
  );

const createCommand = (): Command =>
  newCommand('create')
    .summary('make a user')
    .description(`Makes a user; without a password, one who can only use tokens. ${OF_THE_DATABASE}`)
    .option('--user <email>', 'name of the user')
    .option('--admin', 'as an administrator')
    .option('--password-stdin', 'the password is the first line of standard input')
    .action(async ({ passwordStdin, ...user }) => {
      // Where others cannot read it, as they could on the command line.
      const password = passwordStdin === true ? { password: (await readInput()).split('\n', 1)[0] ?? '' } : {};
      await besideDatabase((commands) => commands.createUser({ ...user, ...password }));
    });

interface User {
  readonly email: string;
  readonly full_name: string | null;
  readonly is_admin: boolean;
  readonly is_active: boolean;
  readonly auth_provider: string;
  readonly created_at: string;
}

const USERS = '/v1/auth/email/admin/users';
const pathOf = (email: string): string => `${USERS}/${encodeURIComponent(email)}`;

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list users, by e-mail')
    .option('--limit <count>', 'how many', '500')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async ({ limit, ...options }: Asked & OutputOptions & { readonly limit: string }) => {
      const users = await (await reach(options)).get<readonly User[]>(USERS, { limit });
      showList(users, {
        ...options,
        idOf: ({ email }) => email,
        empty: 'No user yet: switchyard user create --user EMAIL',
        columns: [
          ['email', ({ email }) => email],
          ['name', ({ full_name: name }) => name ?? ''],
          ['role', ({ is_admin: isAdmin }) => (isAdmin ? 'administrator' : '')],
          ['state', ({ is_active: isActive }) => (isActive ? 'active' : 'disabled')],
          ['known by', ({ auth_provider: provider }) => provider],
          ['since', ({ created_at: at }) => at.slice(0, 10)],
        ],
      });
    });

const changeCommand = (verb: string, summary: string, change: object): Command =>
  asksGateway(newCommand(verb))
    .summary(summary)
    .argument('<email>')
    .action(async (email: string, asked: Asked) => {
      await (await reach(asked)).patch(pathOf(email), change);
      say(`${email} is ${verb}d`);
    });

const unlockCommand = (): Command =>
  asksGateway(newCommand('unlock'))
    .summary('let in who is locked out by wrong passwords')
    .argument('<email>')
    .action(async (email: string, asked: Asked) => {
      await (await reach(asked)).post(`${pathOf(email)}/unlock`);
      say(`${email} is unlocked`);
    });

const removeCommand = (): Command =>
  asksGateway(newCommand('rm'))
    .summary('remove a user, and end all their tokens')
    .argument('<email>')
    .option('-y, --yes', 'without asking')
    .action(async (email: string, { yes, ...asked }: Asked & { readonly yes?: true }) => {
      const rest = await reach(asked);
      if (yes !== true && isAtTerminal() && !(await askYes(`Remove ${email}, and end all their tokens?`, false)))
        return;
      await rest.delete(pathOf(email));
      say(`removed ${email}`);
    });
