import { type Command, Option } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import type { Rest } from '../../gateway/rest.js';
import { askYes, isAtTerminal } from '../../terminal/ask.js';
import { jsonOption, type OutputOptions, quietOption, say, showList, showOne } from '../../terminal/output.js';
import { factsOf } from '../../terminal/table.js';
import { newCommand, nounCommand } from '../new-command.js';
import { toolNamed } from '../tools/tool.js';

/** A virtual server, as `GET /servers` shows it. */
interface Endpoint {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly associatedTools: readonly string[];
  readonly associatedResources: readonly string[];
  readonly associatedPrompts: readonly string[];
  readonly enabled: boolean;
  readonly visibility: string;
}

/** `endpoints ls`, `show`, `create`, `rm` and `url`: virtual servers. */
export const endpointsCommand = (): Command =>
  nounCommand(
    'endpoints',
    'Virtual servers: a choice of tools under a URL of its own. /mcp shows everything.',
    listCommand(),
    showCommand(),
    createCommand(),
    removeCommand(),
    urlCommand(),
  );

const urlOf = (rest: Rest, id: string): string => `${rest.url}/servers/${id}/mcp`;

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list them')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (options: Asked & OutputOptions) => {
      const rest = await reach(options);
      showList(await rest.get<readonly Endpoint[]>('/v1/servers', { include_inactive: true, limit: 0 }), {
        ...options,
        idOf: ({ id }) => id,
        empty: 'None yet; everything is shown at /mcp. See: switchyard endpoints create --help',
        columns: [
          ['name', ({ name }) => name],
          ['state', ({ enabled }) => (enabled ? 'on' : 'off')],
          ['tools', ({ associatedTools }) => String(associatedTools.length)],
          ['visibility', ({ visibility }) => visibility],
          ['url', ({ id }) => urlOf(rest, id)],
        ],
      });
    });

const showCommand = (): Command =>
  asksGateway(newCommand('show'))
    .summary('show one, and what it shows')
    .argument('<name>', 'its name or id')
    .addOption(jsonOption())
    .action(async (name: string, options: Asked & OutputOptions) => {
      const rest = await reach(options);
      const endpoint = await rest.get<Endpoint>(`/v1/servers/${await new AdminApi(rest).serverId(name)}`);
      showOne(endpoint, () => textOf(rest, endpoint), options);
    });

const textOf = (rest: Rest, endpoint: Endpoint): string =>
  factsOf({
    name: endpoint.name,
    id: endpoint.id,
    url: urlOf(rest, endpoint.id),
    state: endpoint.enabled ? 'on' : 'off',
    visibility: endpoint.visibility,
    description: endpoint.description,
    tools: endpoint.associatedTools.join(', '),
    resources: endpoint.associatedResources.join(', '),
    prompts: endpoint.associatedPrompts.join(', '),
  });

interface CreateOptions extends Asked, OutputOptions {
  readonly tools: readonly string[];
  readonly description?: string;
  readonly visibility?: string;
}

const createCommand = (): Command =>
  asksGateway(newCommand('create'))
    .summary('make one of some tools')
    .argument('<name>')
    .requiredOption('--tools <names>', 'as clients see them, separated by commas', (text: string) => text.split(','))
    .option('--description <text>')
    .addOption(new Option('--visibility <who>', 'who may use it').choices(['public', 'private']))
    .addOption(jsonOption())
    .action(async (name: string, { tools, description, visibility, ...options }: CreateOptions) => {
      const rest = await reach(options);
      const ids = await Promise.all(tools.map(async (tool) => (await toolNamed(rest, tool.trim())).id));
      const endpoint = await rest.post<Endpoint>('/v1/servers', {
        server: { name, associatedTools: ids, ...(description !== undefined && { description }) },
        ...(visibility !== undefined && { visibility }),
      });
      showOne(endpoint, () => textOf(rest, endpoint), options);
    });

const removeCommand = (): Command =>
  asksGateway(newCommand('rm'))
    .summary('remove one; what it showed stays')
    .argument('<name>', 'its name or id')
    .option('-y, --yes', 'without asking')
    .action(async (name: string, { yes, ...asked }: Asked & { readonly yes?: true }) => {
      const rest = await reach(asked);
      const id = await new AdminApi(rest).serverId(name);
      if (yes !== true && isAtTerminal() && !(await askYes(`Remove ${name}? Its clients get 404.`, false))) return;
      await rest.delete(`/v1/servers/${id}`);
      say(`removed ${name}`);
    });

const urlCommand = (): Command =>
  asksGateway(newCommand('url'))
    .summary('print the URL that clients are given')
    .argument('[name]', 'its name or id; of none, of everything')
    .action(async (name: string | undefined, asked: Asked) => {
      const rest = await reach(asked);
      say(name === undefined ? `${rest.url}/mcp` : urlOf(rest, await new AdminApi(rest).serverId(name)));
    });
