import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { agoOf, durationMs } from '../../terminal/duration.js';
import { UsageError } from '../../terminal/failure.js';
import { jsonOption, note, type OutputOptions, quietOption, say, showList } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';

const DAY_MS = 86_400_000;
const CLIENTS = '/v1/auth/clients';

/** `machine create`, `ls` and `revoke`. */
export const machineCommand = (): Command =>
  nounCommand(
    'machine',
    'Programs that get access tokens of the gateway without a user (OAuth client credentials).',
    createCommand(),
    listCommand(),
    revokeCommand(),
  );

const collected = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];

interface CreateOptions extends Asked {
  readonly scope: readonly string[];
  readonly team?: string;
  readonly keys?: string;
  readonly expires?: string;
}

interface Registered {
  readonly client: { readonly client_id: string };
  readonly client_secret: string | null;
  readonly token_endpoint: string;
}

const createCommand = (): Command =>
  asksGateway(newCommand('create'))
    .summary('register one; print its id and, this once, its secret')
    .description('Registers a client that may do no more than you, and prints its id and its secret, one a line.')
    .argument('<name>', 'what it is called, such as "nightly report"')
    .requiredOption('--scope <scope>', 'mcp:tools, mcp:resources or mcp:prompts; may stand more than once', collected)
    .option('--team <id>', 'of which it sees what is kept for it; without, it sees what is public')
    .option('--keys <file>', 'its public keys, a JWK Set: it then has no secret (private_key_jwt)')
    .option('--expires <duration>', 'whole days, such as 30d or 12w; without, 90d or as long as your token')
    .action(async (name: string, { scope: scopes, team, keys, expires, ...asked }: CreateOptions) => {
      const days = expires === undefined ? undefined : durationMs(expires) / DAY_MS;
      if (days !== undefined && !Number.isInteger(days))
        throw new UsageError('a client lasts whole days, such as --expires 30d');
      const body = {
        name,
        scopes,
        ...(days !== undefined && { expires_in_days: days }),
        ...(team !== undefined && { team_id: team }),
        ...(keys !== undefined && { token_endpoint_auth_method: 'private_key_jwt', jwks: await keysIn(keys) }),
      };
      const {
        client,
        client_secret: secret,
        token_endpoint: endpoint,
      } = await (await reach(asked)).post<Registered>(CLIENTS, body);
      note(`it asks for tokens at ${endpoint}`);
      say(secret === null ? client.client_id : `${client.client_id}\n${secret}`);
    });

const keysIn = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    throw new UsageError(`--keys: ${file} is no JSON that can be read`);
  }
};

interface ShownClient {
  readonly client_id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly team_id: string | null;
  readonly registered_by: string;
  readonly expires_at: string;
  readonly last_used: string | null;
  readonly is_active: boolean;
}

interface ListOptions extends Asked, OutputOptions {
  readonly limit: string;
}

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list them, and when they last called')
    .option('--limit <count>', 'how many, the newest first', '100')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async ({ limit, ...options }: ListOptions) => {
      const rest = await reach(options);
      const { clients } = await rest.get<{ readonly clients: readonly ShownClient[] }>(CLIENTS, { limit });
      showList(clients, {
        ...options,
        idOf: ({ client_id: id }) => id,
        empty: 'No machine client yet: switchyard machine create',
        columns: [
          ['id', ({ client_id: id }) => id],
          ['scopes', ({ scopes }) => scopes.join(' ')],
          ['team', ({ team_id: team }) => team ?? '-'],
          ['by', ({ registered_by: by }) => by],
          ['state', ({ is_active: isActive }) => (isActive ? 'good' : 'ended')],
          ['used', ({ last_used: at }) => agoOf(at)],
          ['expires', ({ expires_at: at }) => at.slice(0, 10)],
        ],
      });
    });

const revokeCommand = (): Command =>
  asksGateway(newCommand('revoke'))
    .summary('revoke one: its tokens end at once')
    .argument('<id>', 'of machine ls')
    .action(async (id: string, asked: Asked) => {
      await (await reach(asked)).delete(`${CLIENTS}/${encodeURIComponent(id)}`);
      say(`revoked ${id}`);
    });
