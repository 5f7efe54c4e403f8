import type { Command } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import type { Rest } from '../../gateway/rest.js';
import { askLine, isAtTerminal } from '../../terminal/ask.js';
import { CommandFailure } from '../../terminal/failure.js';
import { jsonOption, note, type OutputOptions, quietOption, showList, showOne } from '../../terminal/output.js';
import { secretLine } from '../../terminal/secret-line.js';
import { newCommand, nounCommand } from '../new-command.js';
import { type Upstream, upstreamText } from '../servers/upstream.js';

/** A server of the catalog, as `GET /catalog` shows it. */
interface KnownServer {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly url: string;
  readonly auth_type: string;
  readonly requires_api_key: boolean;
  readonly is_registered: boolean;
  readonly is_available: boolean | null;
}

interface KnownServers {
  readonly servers: readonly KnownServer[];
  readonly total: number;
  readonly problems: readonly string[];
}

interface Registered {
  readonly message: string;
  readonly gateway: Upstream;
}

interface Filters {
  readonly category?: string;
  readonly registered?: true;
}

interface AddOptions extends Asked, OutputOptions {
  readonly name?: string;
  readonly apiKeyFile?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly visibility?: string;
}

/** As many as a catalog has at most. */
const ALL = '1000';

/** `catalog ls` and `catalog add`: servers that the gateway's operator has written down. */
export const catalogCommand = (): Command =>
  nounCommand(
    'catalog',
    'Servers that are known by the file MCPGATEWAY_CATALOG_FILE of the gateway, registered by their id.',
    listCommand(),
    addCommand(),
  );

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list them, and which are registered')
    .argument('[text]', 'in their name, description, provider or a tag')
    .option('--category <name>', 'of this category alone')
    .option('--registered', 'only those that are registered')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (text: string | undefined, options: Asked & OutputOptions & Filters) => {
      const query = new URLSearchParams({
        limit: ALL,
        ...(text !== undefined && { search: text }),
        ...(options.category !== undefined && { category: options.category }),
        ...(options.registered === true && { show_registered_only: 'true' }),
      });
      const { servers, problems } = await (await reach(options)).get<KnownServers>(`/v1/catalog?${query.toString()}`);
      for (const problem of problems) note(`the catalog: ${problem}`);
      showList(servers, {
        ...options,
        idOf: ({ id }) => id,
        empty: 'No server: MCPGATEWAY_CATALOG_FILE names the file that has them',
        columns: [
          ['id', ({ id }) => id],
          ['name', ({ name }) => name],
          ['category', ({ category }) => category],
          ['wants', ({ auth_type: wants }) => (wants === 'Open' ? 'nothing' : wants)],
          ['registered', registeredText],
          ['where', ({ url }) => url],
        ],
      });
    });

const registeredText = ({ is_registered: isRegistered, is_available: isAvailable }: KnownServer): string => {
  if (!isRegistered) return 'no';
  return isAvailable === true ? 'yes' : 'yes, down';
};

const addCommand = (): Command =>
  asksGateway(newCommand('add'))
    .summary('register one by its id')
    .description(
      'Registers a server of the catalog: connects to it, lists what it offers, and says what was found or why it fails. An API key that it wants is asked for on a terminal.',
    )
    .argument('<id>', 'of "catalog ls"')
    .option('--name <name>', 'another than that of its entry')
    .option('--api-key-file <file>', 'the first line of it is the API key; "-" for standard input')
    .option('--client-id <id>', 'of an OAuth client that was made there by hand')
    .option('--client-secret-file <file>', 'the first line of it is the secret of that client; "-" for standard input')
    .option('--visibility <visibility>', 'private, team or public')
    .addOption(jsonOption())
    .action(async (id: string, options: AddOptions) => {
      const rest = await reach(options);
      const { name, clientId, clientSecretFile, visibility } = options;
      if (clientSecretFile !== undefined && clientId === undefined)
        throw new CommandFailure('--client-secret-file is for the client of --client-id');
      const apiKey = await apiKeyOf(rest, id, options);
      const { message, gateway } = await rest.post<Registered>(`/v1/catalog/${encodeURIComponent(id)}/register`, {
        ...(name !== undefined && { name }),
        ...(visibility !== undefined && { visibility }),
        ...(apiKey !== undefined && { api_key: apiKey }),
        ...(clientId !== undefined && {
          oauth_credentials: {
            client_id: clientId,
            ...(clientSecretFile !== undefined && { client_secret: await secretLine(clientSecretFile) }),
          },
        }),
      });
      showOne(gateway, () => upstreamText(gateway), options);
      note(message);
    });

const apiKeyOf = async (rest: Rest, id: string, { apiKeyFile }: AddOptions): Promise<string | undefined> => {
  if (apiKeyFile !== undefined) return secretLine(apiKeyFile);
  if (!isAtTerminal()) return undefined;
  const { servers } = await rest.get<KnownServers>(`/v1/catalog?limit=${ALL}`);
  const wants = servers.find((server) => server.id === id)?.requires_api_key === true;
  return wants ? askLine(`API key for ${id}: `, true) : undefined;
};
