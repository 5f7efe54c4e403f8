import type { Command } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { jsonOption, type OutputOptions, quietOption, say, showList, showOne } from '../../terminal/output.js';
import { factsOf, tableOf } from '../../terminal/table.js';
import { newCommand, nounCommand } from '../new-command.js';
import { callCommand } from './call.command.js';
import { type Tool, toolNamed, toolsOf, typeOf } from './tool.js';

/** `tools ls`, `show`, `call`, `enable` and `disable`. */
export const toolsCommand = (): Command =>
  nounCommand(
    'tools',
    'The tools that the gateway offers.',
    listCommand(),
    showCommand(),
    callCommand(),
    switchCommand('enable', true),
    switchCommand('disable', false),
  );

interface ListOptions extends Asked, OutputOptions {
  readonly search?: string;
  readonly server?: string;
}

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list tools')
    .option('-s, --search <text>', 'those with the text in name or description')
    .option('--server <slug>', 'those of one server')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async ({ search = '', server, ...options }: ListOptions) => {
      const wanted = search.toLowerCase();
      const tools = (await toolsOf(await reach(options))).filter(
        ({ name, description, gatewaySlug }) =>
          (server === undefined || gatewaySlug === server) &&
          `${name} ${description ?? ''}`.toLowerCase().includes(wanted),
      );
      showList(tools, {
        ...options,
        idOf: ({ id }) => id,
        empty: 'No such tool: see switchyard servers ls for where tools come from',
        columns: [
          ['name', ({ name }) => name],
          ['state', stateOf],
          ['era', ({ era }) => era ?? '–'],
          ['description', ({ description }) => (description ?? '').split('\n', 1)[0] ?? ''],
        ],
      });
    });

const stateOf = ({ enabled, reachable }: Tool): string => {
  if (!enabled) return 'off';
  return reachable ? 'up' : 'down';
};

const showCommand = (): Command =>
  asksGateway(newCommand('show'))
    .summary('show one tool, and what it wants to be given')
    .argument('<name>', 'as clients see it')
    .addOption(jsonOption())
    .action(async (name: string, options: Asked & OutputOptions) => {
      const tool = await toolNamed(await reach(options), name);
      showOne(tool, () => textOf(tool), options);
    });

const textOf = (tool: Tool): string => {
  const { properties = {}, required = [] } = tool.inputSchema;
  const facts = factsOf({
    name: tool.name,
    id: tool.id,
    title: tool.title,
    state: stateOf(tool),
    server: tool.gatewaySlug,
    era: tool.era,
    visibility: tool.visibility,
    description: tool.description,
  });
  if (Object.keys(properties).length === 0) return facts;
  const given = tableOf(Object.entries(properties), [
    ['argument', ([key]) => key],
    ['needed', ([key]) => (required.includes(key) ? 'yes' : '')],
    ['type', ([, schema]) => typeOf(schema)],
    ['description', ([, schema]) => schema.description ?? ''],
  ]);
  return `${facts}\n\n${given}`;
};

const switchCommand = (verb: 'enable' | 'disable', isOn: boolean): Command =>
  asksGateway(newCommand(verb))
    .summary(isOn ? 'offer a tool again' : 'offer a tool no more')
    .argument('<name>', 'as clients see it')
    .action(async (name: string, asked: Asked) => {
      const rest = await reach(asked);
      const tool = await toolNamed(rest, name);
      await rest.post(`/v1/tools/${tool.id}/state?activate=${isOn}`);
      say(`${tool.name} is ${isOn ? 'on' : 'off'}`);
    });
