import type { Command } from 'commander';
import type { Decision } from '../../gateway/admin-api.js';
import { adminApi, tokenOption, urlOption } from '../import/gateway-options.js';
import { newCommand } from '../new-command.js';
import { detailOf, lineOf } from './change-text.js';

interface ApiOptions {
  readonly url: URL;
  readonly token?: string;
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
export const changesCommand = (): Command => {
  const command = newCommand('changes')
    .description('What upstreams have changed of their tools, and what becomes of it.')
    .helpCommand(false)
    .addCommand(listCommand())
    .addCommand(showCommand());
  for (const decision of Object.keys(DECIDING) as Decision[]) command.addCommand(decisionCommand(decision));
  return command;
};

const withApi = (command: Command): Command =>
  command.option('--json', 'print what the gateway answers').addOption(urlOption()).addOption(tokenOption());

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const listCommand = (): Command =>
  withApi(
    newCommand('ls')
      .alias('list')
      .summary('list the changes that wait')
      .description('Lists the changes that wait for a decision, the newest first, a line each; at most 200.')
      .option('--all', 'those too that are decided, or were never held')
      .option('--gateway <name>', 'of the tools of one upstream'),
  ).action(async ({ url, token, json, gateway, all }: ListOptions) => {
    const api = adminApi(url, token, 'changes ls');
    const page = await api.changes({
      limit: '200',
      ...(all !== true && { state: 'pending' }),
      ...(gateway !== undefined && { gateway_id: await api.gatewayId(gateway) }),
    });
    if (json === true) return print(JSON.stringify(page));
    if (page.changes.length === 0) return print(all === true ? 'nothing has changed' : 'nothing waits');
    for (const change of page.changes) print(lineOf(change));
    if (page.nextCursor !== null) process.stderr.write('there are more; narrow them with --gateway\n');
  });

const showCommand = (): Command =>
  withApi(
    newCommand('show')
      .summary('show a change and the difference that it makes')
      .description('Shows a change: what it is, who decided on it, and the difference between both definitions.')
      .argument('<id>', 'as changes ls prints it'),
  ).action(async (id: string, { url, token, json }: ApiOptions) => {
    const change = await adminApi(url, token, 'changes show').change(id);
    print(json === true ? JSON.stringify(change) : detailOf(change));
  });

const decisionCommand = (decision: Decision): Command =>
  withApi(
    newCommand(decision)
      .summary(DECIDING[decision])
      .description(`By their changes: ${DECIDING[decision]}. Ends with the first that cannot be decided.`)
      .argument('<ids...>', 'as changes ls prints them')
      .option('--note <text>', 'why, for whoever reads it later'),
  ).action(async (ids: readonly string[], { url, token, json, note }: ApiOptions & { readonly note?: string }) => {
    const api = adminApi(url, token, `changes ${decision}`);
    for (const id of ids) {
      const change = await api.decide(id, decision, note);
      print(json === true ? JSON.stringify(change) : lineOf(change));
    }
  });
