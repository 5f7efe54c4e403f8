import type { Command } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { note as tell, say } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';
import { detailOf, lineOf } from './change-text.js';
import type { Decision, ToolChange, ToolChangeDetail, ToolChangePage } from './tool-change.js';

interface ApiOptions extends Asked {
  readonly json?: true;
}

interface ListOptions extends ApiOptions {
  readonly gateway?: string;
  readonly all?: true;
}

const DECIDING: Readonly<Record<Decision, string>> = {
  approve: 'serve tools as their upstreams offer them',
  keep: 'go on with tools as they were',
  block: 'switch tools off until somebody decides otherwise',
};

/** `changes ls`, `show`, `approve`, `keep`, `block`: what upstreams have changed of their tools. */
export const changesCommand = (): Command =>
  nounCommand(
    'changes',
    'What upstreams have changed of their tools, and what becomes of it.',
    listCommand(),
    showCommand(),
    ...(Object.keys(DECIDING) as Decision[]).map(decisionCommand),
  );

const withApi = (command: Command): Command => asksGateway(command.option('--json', 'print what the gateway answers'));

const pathOf = (id: string): string => `/v1/changes/${encodeURIComponent(id)}`;

const listCommand = (): Command =>
  withApi(
    newCommand('ls')
      .summary('list the changes that wait')
      .description('Lists the changes that wait for a decision, the newest first, a line each; at most 200.')
      .option('--all', 'those too that are decided, or were never held')
      .option('--gateway <name>', 'of the tools of one upstream'),
  ).action(async ({ json, gateway, all, ...asked }: ListOptions) => {
    const rest = await reach(asked);
    const page = await rest.get<ToolChangePage>('/v1/changes', {
      limit: 200,
      state: all === true ? null : 'pending',
      gateway_id: gateway === undefined ? null : await new AdminApi(rest).gatewayId(gateway),
    });
    if (json === true) return say(JSON.stringify(page));
    if (page.changes.length === 0) return say(all === true ? 'nothing has changed' : 'nothing waits');
    for (const change of page.changes) say(lineOf(change));
    if (page.nextCursor !== null) tell('there are more; narrow them with --gateway');
  });

const showCommand = (): Command =>
  withApi(
    newCommand('show')
      .summary('show a change and the difference that it makes')
      .description('Shows a change: what it is, who decided on it, and the difference between both definitions.')
      .argument('<id>', 'as changes ls prints it'),
  ).action(async (id: string, { json, ...asked }: ApiOptions) => {
    const change = await (await reach(asked)).get<ToolChangeDetail>(pathOf(id));
    say(json === true ? JSON.stringify(change) : detailOf(change));
  });

const decisionCommand = (decision: Decision): Command =>
  withApi(
    newCommand(decision)
      .summary(DECIDING[decision])
      .description(`By their changes: ${DECIDING[decision]}. Ends with the first that cannot be decided.`)
      .argument('<ids...>', 'as changes ls prints them')
      .option('--note <text>', 'why, for whoever reads it later'),
  ).action(async (ids: readonly string[], { json, note, ...asked }: ApiOptions & { readonly note?: string }) => {
    const rest = await reach(asked);
    for (const id of ids) {
      const change = await rest.post<ToolChange>(`${pathOf(id)}/${decision}`, note === undefined ? {} : { note });
      say(json === true ? JSON.stringify(change) : lineOf(change));
    }
  });
