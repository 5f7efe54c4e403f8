import type { Command } from 'commander';
import type { Rest } from '../../gateway/rest.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { agoOf } from '../../terminal/duration.js';
import { CommandFailure } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { printable } from '../../terminal/table.js';
import { type Verdict, explain, verdictText } from '../can/verdict.js';
import { newCommand } from '../new-command.js';
import { askedOf, type CallRecord, timeOf } from './call.js';

interface WhyOptions extends Asked {
  readonly json?: true;
}

/** `why [CALL]`: what decided over a call, in sentences. */
export const whyCommand = (): Command =>
  asksGateway(newCommand('why'))
    .description(
      'Says what became of a call and why, in sentences; of one that was refused, whether it would be now and what would make it ' +
        'otherwise. Without CALL: of the last one that did not go well.',
    )
    .argument('[call]', 'the id of one of calls ls')
    .option('--json', 'print the call and the verdict')
    .action(async (id: string | undefined, { json, ...asked }: WhyOptions) => {
      const rest = await reach(asked);
      const call =
        id === undefined ? await lastFailure(rest) : await rest.get<CallRecord>(`/v1/calls/${encodeURIComponent(id)}`);
      const verdict = await verdictOn(rest, call);
      say(json === true ? JSON.stringify({ call, verdict }, null, 2) : textOf(call, verdict));
    });

const OUTCOMES_THAT_FAILED = ['refused', 'error', 'tool_error'];

const lastFailure = async (rest: Rest): Promise<CallRecord> => {
  const found = await Promise.all(
    OUTCOMES_THAT_FAILED.map((outcome) =>
      rest.get<{ readonly calls: readonly CallRecord[] }>('/v1/calls', { outcome, limit: 1 }),
    ),
  );
  const [last] = found.flatMap(({ calls }) => calls).sort((one, other) => other.startedAt.localeCompare(one.startedAt));
  if (last === undefined) throw new CommandFailure('every call that is on record went well; see calls ls');
  return last;
};

const verdictOn = async (
  rest: Rest,
  { outcome, method, user, name, endpoint }: CallRecord,
): Promise<Verdict | null> => {
  if (outcome !== 'refused' || method !== 'tools/call' || user === null || name === null) return null;
  const [, server] = /^\/servers\/([^/]+)\//.exec(endpoint) ?? [];
  return explain(rest, { user, tool: name, ...(server !== undefined && { server }) });
};

const textOf = (call: CallRecord, verdict: Verdict | null): string =>
  [
    printable(
      `${askedOf(call)} by ${call.user ?? 'nobody known'}${call.client === null ? '' : ` with ${call.client}`}, ${agoOf(call.startedAt)} ago: ${call.outcome}`,
    ),
    printable(call.why),
    ...(call.rule === null ? [] : [`Decided by ${call.rule}.`]),
    `It took ${timeOf(call)}.`,
    ...(verdict === null ? [] : [`Now: ${verdictText(verdict)}`]),
  ].join('\n');
