import type { Command } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { watchCalls } from '../../gateway/call-stream.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { UsageError } from '../../terminal/failure.js';
import { note, say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { lineOf } from './call-line.js';

interface TailOptions extends Asked {
  readonly redact?: true;
  readonly json?: true;
}

/** What may be asked for, and the parameter of `GET /tap` that asks for it. */
const PARAMETERS: Readonly<Record<string, string>> = {
  tool: 'name',
  user: 'user',
  server: 'server',
  upstream: 'upstream',
  outcome: 'outcome',
  code: 'code',
  method: 'method',
  client: 'client',
};

/** `tap 'server:NAME' 'tool:*_search' 'user:EMAIL'`: prints a line per call until it is stopped. Also `calls tail`. */
export const tailCommand = (name: 'tap' | 'tail'): Command =>
  asksGateway(newCommand(name))
    .summary('show calls as they happen')
    .description(
      `Shows calls as they happen, a line each. A filter is KEY:VALUE, with one of ${Object.keys(PARAMETERS).join(', ')}; in tool, * ` +
        'stands for any text. Everybody sees their own calls, those of others with admin.metrics. More than 200 a second are counted.',
    )
    .argument('[filters...]', "such as 'tool:*_search'")
    .option('--redact', 'leave out who called, and from where')
    .option('--json', 'print what the gateway tells, an object a line')
    .action(async (filters: readonly string[], { redact, json, ...asked }: TailOptions) => {
      const rest = await reach(asked);
      const query = { ...(await queryOf(filters, new AdminApi(rest))), ...(redact === true && { redact: 'true' }) };
      await watchCalls(rest, query, {
        onEvent: (event, data) => {
          if (event === 'call') say(json === true ? data : lineOf(data));
          else note(`${event}: ${data}`);
        },
      });
    });

/** Several in one argument as well, as they are written for other tools. Throws `UsageError`. */
const queryOf = async (filters: readonly string[], api: AdminApi): Promise<Record<string, string>> => {
  const query: Record<string, string> = {};
  for (const filter of filters.flatMap((text) => text.split(/\s+/)).filter((text) => text !== '')) {
    const [, key = '', value = ''] = /^([a-z]+):(.+)$/.exec(filter) ?? [];
    const parameter = PARAMETERS[key];
    if (parameter === undefined)
      throw new UsageError(`${filter}: a filter is one of ${Object.keys(PARAMETERS).join(', ')}, then : and a value`);
    if (query[parameter] !== undefined) throw new UsageError(`${key} is asked for twice`);
    query[parameter] = await valueOf(key, value, api);
  }
  return query;
};

const valueOf = async (key: string, value: string, api: AdminApi): Promise<string> => {
  if (key === 'upstream') return api.gatewayId(value);
  // What shows everything is no virtual server.
  return key === 'server' && value !== 'mcp' ? api.serverId(value) : value;
};
