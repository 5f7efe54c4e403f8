import type { Command } from 'commander';
import type { AdminApi } from '../../gateway/admin-api.js';
import { adminApi, tokenOption, urlOption } from '../import/gateway-options.js';
import { UsageError, newCommand } from '../new-command.js';
import { lineOf } from './call-line.js';

interface TapOptions {
  readonly url: URL;
  readonly token?: string;
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

/** `tap 'server:NAME' 'tool:*_search' 'user:EMAIL'`: prints a line per call until it is stopped. */
export const tapCommand = (): Command =>
  newCommand('tap')
    .summary('show calls as they happen')
    .description(
      `Shows calls as they happen, a line each. A filter is KEY:VALUE, with one of ${Object.keys(PARAMETERS).join(', ')}; in tool, * ` +
        'stands for any text. Everybody sees their own calls, those of others with admin.metrics. More than 200 a second are counted.',
    )
    .argument('[filters...]', "such as 'tool:*_search'")
    .option('--redact', 'leave out who called, and from where')
    .option('--json', 'print what the gateway tells, an object a line')
    .addOption(urlOption())
    .addOption(tokenOption())
    .action(async (filters: readonly string[], { url, token, redact, json }: TapOptions) => {
      const api = adminApi(url, token, 'tap');
      const query = { ...(await queryOf(filters, api)), ...(redact === true && { redact: 'true' }) };
      await api.tap(query, (event, data) => {
        if (event === 'call') process.stdout.write(`${json === true ? data : lineOf(data)}\n`);
        else process.stderr.write(`${event}: ${data}\n`);
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
    query[parameter] =
      key === 'server' ? await api.serverId(value) : key === 'upstream' ? await api.gatewayId(value) : value;
  }
  return query;
};
