import { type Command, Option } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { agoOf, durationMs } from '../../terminal/duration.js';
import { UsageError } from '../../terminal/failure.js';
import { jsonOption, type OutputOptions, quietOption, showList, showOne } from '../../terminal/output.js';
import { factsOf } from '../../terminal/table.js';
import { newCommand, nounCommand } from '../new-command.js';
import { askedOf, type CallRecord, milliseconds, timeOf } from './call.js';
import { tailCommand } from './tail.command.js';

interface ListOptions extends Asked, OutputOptions {
  readonly since?: number;
  readonly refused?: true;
  readonly outcome?: string;
  readonly tool?: string;
  readonly user?: string;
  readonly upstream?: string;
  readonly client?: string;
  readonly slow?: number;
  readonly limit: string;
}

const OUTCOMES = ['ok', 'tool_error', 'error', 'refused', 'cancelled', 'unknown'];

/** `calls ls`, `calls tail` and `calls show`. */
export const callsCommand = (): Command =>
  nounCommand('calls', 'Calls and refusals.', listCommand(), tailCommand('tail'), showCommand());

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list calls, the newest first')
    .description('Lists calls and refusals, the newest first: your own, those of others with admin.metrics.')
    .option('--since <duration>', 'no older than that, such as 15m or 7d', durationMs)
    .option('--refused', 'only those that were refused')
    .addOption(new Option('--outcome <outcome>', 'how they ended').choices(OUTCOMES))
    .option('--tool <name>', 'of a tool, prompt or resource')
    .option('--user <email>', 'by whom')
    .option('--client <name>', 'by which client')
    .option('--upstream <name>', 'that went there')
    .option('--slow <duration>', 'that took as long, such as 5s', durationMs)
    .option('--limit <count>', 'how many', '50')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async ({ since, refused, outcome, tool, user, upstream, client, slow, limit, ...rest }: ListOptions) => {
      if (refused === true && outcome !== undefined) throw new UsageError('give --refused or --outcome');
      const gateway = await reach(rest);
      const { calls } = await gateway.get<{ readonly calls: readonly CallRecord[] }>('/v1/calls', {
        since: since === undefined ? null : new Date(Date.now() - since).toISOString(),
        outcome: refused === true ? 'refused' : outcome,
        name: tool,
        user,
        client,
        upstream: upstream === undefined ? null : await new AdminApi(gateway).gatewayId(upstream),
        minMs: slow,
        limit,
      });
      showList(calls, {
        ...rest,
        idOf: ({ id }) => id,
        empty: 'No such call. Calls are here within seconds; see also: switchyard calls tail',
        columns: [
          ['id', ({ id }) => id],
          ['ago', ({ startedAt }) => agoOf(startedAt)],
          ['outcome', ({ outcome: how }) => how],
          ['took', ({ latencyMs }) => milliseconds(latencyMs)],
          ['upstream', ({ upstreamMs }) => milliseconds(upstreamMs)],
          ['user', ({ user: who }) => who ?? '–'],
          ['client', ({ client: which }) => which ?? '–'],
          ['asked', askedOf],
        ],
      });
    });

const showCommand = (): Command =>
  asksGateway(newCommand('show'))
    .summary('show one call')
    .argument('<id>', 'of calls ls')
    .addOption(jsonOption())
    .action(async (id: string, options: Asked & OutputOptions) => {
      const call = await (await reach(options)).get<CallRecord>(`/v1/calls/${encodeURIComponent(id)}`);
      showOne(call, () => textOf(call), options);
    });

const textOf = (call: CallRecord): string =>
  factsOf({
    asked: askedOf(call),
    at: call.endpoint,
    outcome: [call.outcome, call.code].filter((text) => text !== null).join(', '),
    why: call.why,
    'decided by': call.rule,
    user: call.user ?? 'not known',
    client: [call.client, call.clientVersion].filter((text) => text !== null).join(' '),
    from: call.address,
    started: call.startedAt,
    took: timeOf(call),
    upstream: call.upstreamId,
    revisions: `client ${call.revision ?? '–'}, upstream ${call.upstreamRevision ?? '–'}`,
    size: `${call.requestBytes} bytes there, ${call.responseBytes} back`,
    trace: call.traceId,
  });
