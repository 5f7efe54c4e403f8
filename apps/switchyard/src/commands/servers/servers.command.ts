import type { Command } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import type { Rest } from '../../gateway/rest.js';
import { askYes, isAtTerminal } from '../../terminal/ask.js';
import { jsonOption, note, type OutputOptions, quietOption, say, showList, showOne } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';
import { addCommand } from './add.command.js';
import { reasonOf, stateOf, upstreamNamed, upstreamText, upstreamsOf, whereOf } from './upstream.js';

/** `servers ls`, `add`, `show`, `rm`, `enable`, `disable` and `refresh`. */
export const serversCommand = (): Command =>
  nounCommand(
    'servers',
    'The MCP servers behind the gateway. Servers of a client configuration are registered by: switchyard import FILE.',
    listCommand(),
    addCommand(),
    showCommand(),
    removeCommand(),
    switchCommand('enable', true),
    switchCommand('disable', false),
    refreshCommand(),
  );

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list them with their state, and why it is so')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (options: Asked & OutputOptions) => {
      showList(await upstreamsOf(await reach(options)), {
        ...options,
        idOf: ({ id }) => id,
        empty: 'No server yet: switchyard servers add NAME URL, or import FILE with an mcp.json',
        columns: [
          ['name', ({ name }) => name],
          ['state', stateOf],
          ['eras', ({ eras }) => (eras ?? []).join(', ') || '–'],
          ['tools', ({ toolCount }) => String(toolCount)],
          ['where', whereOf],
          ['reason', reasonOf],
        ],
      });
    });

const showCommand = (): Command =>
  asksGateway(newCommand('show'))
    .summary('show one')
    .argument('<name>', 'its name, slug or id')
    .addOption(jsonOption())
    .action(async (name: string, options: Asked & OutputOptions) => {
      const upstream = await upstreamNamed(await reach(options), name);
      showOne(upstream, () => upstreamText(upstream), options);
    });

const removeCommand = (): Command =>
  asksGateway(newCommand('rm'))
    .summary('remove one, with all it offers')
    .description('Removes a server, all it offers and its credential. Asks before on a terminal.')
    .argument('<name>', 'its name, slug or id')
    .option('-y, --yes', 'without asking')
    .action(async (name: string, { yes, ...asked }: Asked & { readonly yes?: true }) => {
      const rest = await reach(asked);
      const { id, name: whole } = await upstreamNamed(rest, name);
      if (yes !== true && isAtTerminal() && !(await askYes(`${await lossOf(rest, id)} Remove ${whole}?`, false)))
        return;
      await rest.delete(`/v1/gateways/${id}`);
      say(`removed ${whole}`);
    });

interface Impact {
  readonly toolCount: number;
  readonly servers: readonly { readonly name: string }[];
}

const lossOf = async (rest: Rest, id: string): Promise<string> => {
  const { toolCount, servers } = await rest.get<Impact>(`/v1/gateways/${id}/impact-preview`);
  const endpoints = servers.length === 0 ? '' : `; ${servers.map(({ name }) => name).join(', ')} would show less`;
  return `${toolCount} tools would be gone${endpoints}.`;
};

const switchCommand = (verb: 'enable' | 'disable', isOn: boolean): Command =>
  asksGateway(newCommand(verb))
    .summary(isOn ? 'connect to one again' : 'offer nothing of one, and end its connections')
    .argument('<name>', 'its name, slug or id')
    .action(async (name: string, asked: Asked) => {
      const rest = await reach(asked);
      const { id } = await upstreamNamed(rest, name);
      await rest.post(`/v1/gateways/${id}/state?activate=${isOn}`);
      const now = await upstreamNamed(rest, id);
      say(`${now.name} is ${stateOf(now)}`);
      if (reasonOf(now) !== '') note(reasonOf(now));
    });

interface Refreshed {
  readonly toolsAdded: number;
  readonly toolsUpdated: number;
  readonly toolsRemoved: number;
}

const refreshCommand = (): Command =>
  asksGateway(newCommand('refresh'))
    .summary('list anew what one offers')
    .argument('<name>', 'its name, slug or id')
    .addOption(jsonOption())
    .action(async (name: string, options: Asked & OutputOptions) => {
      const rest = await reach(options);
      const { id, name: whole } = await upstreamNamed(rest, name);
      const refreshed = await rest.post<Refreshed>(`/v1/gateways/${id}/tools/refresh`);
      const { toolsAdded, toolsUpdated, toolsRemoved } = refreshed;
      showOne(
        refreshed,
        () => `${whole}: ${toolsAdded} tools came, ${toolsUpdated} changed, ${toolsRemoved} went`,
        options,
      );
    });
