import type { Command } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import type { Rest } from '../../gateway/rest.js';
import { CommandFailure } from '../../terminal/failure.js';
import { note, say } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';

interface ListOptions extends Asked {
  readonly json?: true;
}

/** One's own consent at an upstream, or that it wants one. */
interface Connection {
  readonly gateway_id: string;
  readonly gateway_name: string | null;
  readonly state: string;
  readonly reason: string | null;
}

interface Status {
  readonly state?: string;
  readonly reason?: string | null;
}

/** How many gateways may be asked for at once. */
const IDS_MAX = 100;

/** `connections ls`, `connect`, `disconnect`: where the gateway calls upstreams with one's own consent. */
export const connectionsCommand = (): Command =>
  nounCommand(
    'connections',
    'Your consents at upstreams that are called for each person: what the gateway does there, it does as you.',
    listCommand(),
    connectCommand(),
    disconnectCommand(),
  );

const listCommand = (): Command =>
  asksGateway(newCommand('ls').option('--json', 'print JSON'))
    .summary('list the upstreams that want your consent, and how it stands')
    .description(
      'Lists the upstreams that want your consent: ok, needs_consent, needs_reauth or failed, with the reason.',
    )
    .action(async ({ json, ...asked }: ListOptions) => {
      const connections = await connectionsOf(await reach(asked));
      if (json === true) return say(JSON.stringify(connections));
      if (connections.length === 0) return say('no upstream wants your consent');
      for (const { gateway_id: id, gateway_name: name, state, reason } of connections)
        say([name ?? id, state, reason ?? ''].join('  ').trimEnd());
    });

const connectCommand = (): Command =>
  asksGateway(newCommand('connect'))
    .summary('print the link by which you consent')
    .description('Prints the link by which you consent in a browser, once or again. Then calls go on.')
    .argument('<name>', 'of the upstream')
    .action(async (name: string, asked: Asked) => {
      const rest = await reach(asked);
      const id = await new AdminApi(rest).gatewayId(name);
      const { state } = await rest.get<Status>(`/v1/oauth/status/${encodeURIComponent(id)}`);
      if (state === undefined) throw new CommandFailure(`${name} wants no consent: all callers share what it is shown`);
      say(`${rest.url}/oauth/authorize/${encodeURIComponent(id)}`);
      note('open it in a browser');
    });

const disconnectCommand = (): Command =>
  asksGateway(newCommand('disconnect'))
    .summary('end your consent')
    .description('Ends your consent: its tokens are forgotten, and revoked where the server can be told.')
    .argument('<name>', 'of the upstream')
    .action(async (name: string, asked: Asked) => {
      const rest = await reach(asked);
      const connections = await rest.get<readonly Connection[]>('/v1/oauth/connections');
      const found = connections.find(({ gateway_id: id, gateway_name: own }) => own === name || id === name);
      if (found === undefined) throw new CommandFailure(`you have no connection to ${name}; see connections ls`);
      await rest.delete(`/v1/oauth/connections/${encodeURIComponent(found.gateway_id)}`);
      say(`disconnected from ${name}`);
    });

const connectionsOf = async (rest: Rest): Promise<readonly Connection[]> => {
  const [own, gateways] = await Promise.all([
    rest.get<readonly Connection[]>('/v1/oauth/connections'),
    new AdminApi(rest).gateways(),
  ]);
  const wanted: Connection[] = [];
  for (let at = 0; at < gateways.length; at += IDS_MAX) {
    const part = gateways.slice(at, at + IDS_MAX);
    const ids = new URLSearchParams(part.map(({ id }) => ['gatewayIds', id] as [string, string]));
    const states = await rest.get<Readonly<Record<string, Status>>>(`/v1/oauth/status?${ids.toString()}`);
    for (const { id, name } of part) {
      const { state, reason = null } = states[id] ?? {};
      if (state !== undefined) wanted.push({ gateway_id: id, gateway_name: name, state, reason });
    }
  }
  return [...wanted, ...own.filter((each) => !wanted.some(({ gateway_id: id }) => id === each.gateway_id))];
};
