import { type Command, Option } from 'commander';
import { processEnvironment } from '#libs/config';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { agoOf, durationMs } from '../../terminal/duration.js';
import { UsageError } from '../../terminal/failure.js';
import { httpUrl } from '../../terminal/http-url.js';
import { jsonOption, note, type OutputOptions, quietOption, say, showList } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';
import { type UpstreamTarget, targetOf, targetsIn } from './upstream-target.js';

interface JoinOptions {
  readonly join?: URL;
  readonly token?: string;
  readonly upstream?: readonly string[];
  readonly file?: string;
  readonly zone?: string;
}

const collected = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];

const TOKEN = 'SWITCHYARD_CONNECTOR_TOKEN';
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const ZONE = /^[\w.-]{1,64}$/;

/** `connector --join URL`, and `connector create`, `ls` and `revoke`. */
export const connectorCommand = (): Command =>
  nounCommand(
    'connector',
    'Upstreams in a private network join the gateway by one connection that they make: run it there with --join.',
    createCommand(),
    listCommand(),
    revokeCommand(),
  )
    .option('--join <url>', 'of the gateway, from where the upstreams are', httpUrl('--join'))
    .addOption(new Option('--token <token>', 'of connector create').env(TOKEN))
    .option(
      '--upstream <name=target>',
      'http://127.0.0.1:9000/mcp, or stdio:COMMAND ARGS; may stand more than once',
      collected,
    )
    .option('--file <path>', 'upstreams as MCP clients have them: an mcp.json')
    .option('--zone <zone>', 'where this is: calls of the same zone come here first')
    .action(join);

const join = async ({ join: url, token, upstream = [], file, zone }: JoinOptions): Promise<void> => {
  if (url === undefined)
    throw new UsageError('connector needs --join URL, or create, ls, revoke; see connector --help');
  if (token === undefined) throw new UsageError(`--join needs the --token of "connector create" (or ${TOKEN})`);
  if (zone !== undefined && !ZONE.test(zone))
    throw new UsageError('--zone is up to 64 letters, digits, ".", "_" and "-"');
  const { [TOKEN]: _own, SWITCHYARD_TOKEN: _admins, ...env } = processEnvironment();
  const targets = new Map<string, UpstreamTarget>(file === undefined ? [] : await targetsIn(file, env));
  for (const [name, target] of upstream.map(targetOf)) {
    if (targets.has(name)) throw new UsageError(`there are two upstreams "${name}"`);
    targets.set(name, target);
  }
  if (targets.size === 0) throw new UsageError('--join needs an --upstream NAME=URL, or a --file');
  const stopping = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => stopping.abort());
  const { stayJoined } = await import('./join.js');
  const settings = {
    url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    token,
    zone: zone ?? null,
    env,
    targets,
    log: (line: string) => note(`switchyard connector: ${line}`),
    onJoined: () => say(`joined ${url.origin}: ${[...targets.keys()].join(', ')}`),
  };
  await stayJoined(settings, stopping.signal);
};

interface CreateOptions extends Asked {
  readonly upstream: readonly string[];
  readonly expires: string;
}

const DAY_MS = 86_400_000;

const createCommand = (): Command =>
  asksGateway(newCommand('create'))
    .summary('let a place join; print its token')
    .description(
      'Lets a place outside join, to serve upstreams of these names, and prints its token, and nothing else.',
    )
    .argument('<name>', 'what the connector is called, such as "office in Bern"')
    .requiredOption('--upstream <name>', 'of an upstream that it may serve; may stand more than once', collected)
    .option('--expires <duration>', 'whole days, such as 30d or 12w', '90d')
    .action(async (name: string, { upstream: upstreams, expires, ...asked }: CreateOptions) => {
      const days = durationMs(expires) / DAY_MS;
      if (!Number.isInteger(days)) throw new UsageError('a connector lasts whole days, such as --expires 30d');
      const body = { name, upstreams, expires_in_days: days };
      const { token } = await (await reach(asked)).post<{ readonly token: string }>('/v1/connectors', body);
      say(token);
    });

interface ShownConnector {
  readonly id: string;
  readonly name: string;
  readonly upstreams: readonly string[];
  readonly expires_at: string;
  readonly last_joined_at: string | null;
  readonly is_active: boolean;
  readonly connections: readonly { readonly zone: string | null; readonly latency_ms: number | null }[] | null;
}

interface ListOptions extends Asked, OutputOptions {
  readonly limit: string;
}

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list connectors, and whether they are joined')
    .option('--limit <count>', 'how many, the newest first', '100')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async ({ limit, ...options }: ListOptions) => {
      const rest = await reach(options);
      const { connectors } = await rest.get<{ readonly connectors: readonly ShownConnector[] }>('/v1/connectors', {
        limit,
      });
      showList(connectors, {
        ...options,
        idOf: ({ id }) => id,
        empty: 'No connector yet: switchyard connector create',
        columns: [
          ['id', ({ id }) => id],
          ['name', ({ name }) => name],
          ['upstreams', ({ upstreams }) => upstreams.join(', ')],
          ['state', stateOf],
          ['joined', ({ last_joined_at: at }) => agoOf(at)],
          ['expires', ({ expires_at: at }) => at.slice(0, 10)],
        ],
      });
    });

const stateOf = ({ is_active: isActive, connections }: ShownConnector): string => {
  if (!isActive) return 'ended';
  if (connections === null) return 'unknown';
  const [first] = connections;
  if (first === undefined) return 'not joined';
  const details = [first.zone, first.latency_ms === null ? null : `${first.latency_ms} ms`].filter(Boolean);
  const joined = connections.length === 1 ? 'joined' : `joined ${connections.length} times`;
  return details.length === 0 ? joined : `${joined} (${details.join(', ')})`;
};

const revokeCommand = (): Command =>
  asksGateway(newCommand('revoke'))
    .summary('revoke a connector: its connections end at once')
    .argument('<id>', 'of connector ls')
    .action(async (id: string, asked: Asked) => {
      await (await reach(asked)).delete(`/v1/connectors/${encodeURIComponent(id)}`);
      say(`revoked ${id}`);
    });
