import type { Command } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { agoOf, durationMs } from '../../terminal/duration.js';
import { UsageError } from '../../terminal/failure.js';
import { jsonOption, type OutputOptions, note, quietOption, say, showList } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';
import { besideDatabase } from './beside-database.js';
import { teamIdOf } from './team.command.js';

/** `token create`, `token ls` and `token rm`. */
export const tokenCommand = (): Command =>
  nounCommand('token', 'Tokens of the gateway.', createCommand(), listCommand(), removeCommand());

interface CreateOptions extends Asked {
  readonly user?: string;
  readonly for?: string;
  readonly team?: string;
  readonly admin?: true;
  readonly expires: string;
  readonly server?: string;
  readonly permissions?: string;
  readonly name?: string;
}

const createCommand = (): Command =>
  asksGateway(newCommand('create'))
    .summary('print a new token')
    .description(
      'Prints a new token, and nothing else: your own or, with --for, one for somebody else, by the gateway; with --user anybody’s, in the database that DATABASE_URL ' +
        'or SWITCHYARD_DATA_DIR names, where a user who does not exist yet is created without a password.',
    )
    .option('--user <email>', 'whom the token stands for')
    .option('--for <email>', 'a token for somebody whose users you manage or, with --team, who is in a team of yours')
    .option('--team <name>', 'good for what is kept for this team and what is public, alone')
    .option('--admin', 'with all permissions of an administrator, who the user must be')
    .option('--expires <duration>', 'such as 90s, 15m, 12h, 7d or 2w', '7d')
    .option('--server <id>', 'good for this virtual server alone')
    .option('--permissions <names>', 'no more than these, separated by commas')
    .option('--name <text>', 'what it is called among your tokens')
    .action(async ({ name, ...options }: CreateOptions) => {
      if (options.user === undefined) say(await makeOwn({ name, ...options }));
      else if (name !== undefined || options.for !== undefined || options.team !== undefined)
        throw new UsageError('--name, --for and --team are for tokens that a gateway makes, without --user');
      else await besideDatabase((commands) => commands.createToken(options));
    });

const DAY_MS = 86_400_000;

const makeOwn = async (
  options: Omit<CreateOptions, 'name'> & { readonly name: string | undefined },
): Promise<string> => {
  if (options.admin === true) throw new UsageError('--admin needs --user');
  const days = durationMs(options.expires) / DAY_MS;
  if (!Number.isInteger(days))
    throw new UsageError('a token that a gateway makes lasts whole days, such as --expires 7d');
  const rest = await reach(options);
  const made = await rest.post<{ readonly access_token: string; readonly token: Token }>('/v1/tokens', {
    name: options.name ?? `command line ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`,
    expires_in_days: days,
    ...(options.for !== undefined && { user_email: options.for }),
    ...(options.team !== undefined && { team_id: await teamIdOf(rest, options.team) }),
    scope: {
      server_id: options.server === undefined ? null : await new AdminApi(rest).serverId(options.server),
      permissions: (options.permissions ?? '').split(',').filter((permission) => permission.trim() !== ''),
    },
  });
  if (made.token.awaits_acceptance)
    note(`it is refused until ${made.token.user_email} accepts it, under Access in their console`);
  return made.access_token;
};

interface Token {
  readonly id: string;
  readonly name: string;
  readonly user_email: string;
  readonly server_id: string | null;
  readonly resource_scopes: readonly string[];
  readonly made_by: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used: string | null;
  readonly is_active: boolean;
  readonly awaits_acceptance: boolean;
}

interface ListOptions extends Asked, OutputOptions {
  readonly all?: true;
  readonly limit: string;
}

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list your tokens, or everybody’s')
    .option('--all', 'everybody’s, as an administrator')
    .option('--limit <count>', 'how many, the newest first', '100')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async ({ all, limit, ...options }: ListOptions) => {
      const rest = await reach(options);
      const path = all === true ? '/v1/tokens/admin/all' : '/v1/tokens';
      const { tokens } = await rest.get<{ readonly tokens: readonly Token[] }>(path, { limit });
      showList(tokens, {
        ...options,
        idOf: ({ id }) => id,
        empty: 'No token yet: switchyard token create',
        columns: [
          ['id', ({ id }) => id],
          ['name', ({ name }) => name],
          ['user', ({ user_email: user }) => user],
          ['state', ({ is_active: isActive }) => (isActive ? 'good' : 'ended')],
          ['used', ({ last_used: used }) => agoOf(used)],
          ['expires', ({ expires_at: at }) => at?.slice(0, 10) ?? 'never'],
          ['may', ({ resource_scopes: scopes }) => scopes.join(', ') || 'all that its user may'],
        ],
      });
    });

const removeCommand = (): Command =>
  asksGateway(newCommand('rm'))
    .summary('revoke a token: every replica refuses it at once')
    .argument('<id>', 'of token ls')
    .option('--all', 'of anybody, as an administrator')
    .action(async (id: string, { all, ...asked }: Asked & { readonly all?: true }) => {
      await (await reach(asked)).delete(`/v1/tokens/${all === true ? 'admin/' : ''}${encodeURIComponent(id)}`);
      say(`revoked ${id}`);
    });
