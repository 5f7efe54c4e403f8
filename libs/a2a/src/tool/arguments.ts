import { ArgumentsRefused, type Check, compileCheck } from '#libs/openapi';
import type { Part } from '../protocol/parts.js';
import type { CallerIds } from './caller-ids.js';
import { AGENT_TOOL_SCHEMA } from './definition.js';

/** What a call of the tool asks for: to send a message, or to wait for a task; ids as the agent has them. */
export interface AgentCallArguments {
  /** Empty: nothing is sent. */
  readonly parts: readonly Part[];
  readonly contextId?: string | undefined;
  readonly taskId?: string | undefined;
  /** Where the agent has them; undefined where none is named. */
  readonly place?: string | undefined;
}

interface FileArgument {
  readonly base64?: string;
  readonly url?: string;
  readonly mediaType?: string;
  readonly name?: string;
}

interface Given {
  readonly message?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly files?: readonly FileArgument[];
  readonly contextId?: string;
  readonly taskId?: string;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

let check: Check | undefined;

/** Throws `ArgumentsRefused` with what is wrong, for the model: an id that is not of this caller, too. */
export const agentArguments = (text: string, ids: CallerIds): AgentCallArguments => {
  const given = JSON.parse(text) as Given;
  check ??= compileCheck(AGENT_TOOL_SCHEMA);
  const problem = check(given);
  if (problem !== null) throw new ArgumentsRefused(`Invalid arguments: ${problem}`);
  const { message, data, files = [], contextId, taskId } = given;
  const parts: Part[] = [];
  if (message !== undefined) parts.push({ kind: 'text', text: message });
  if (data !== undefined) parts.push({ kind: 'data', data });
  parts.push(...files.map(filePart));
  if (parts.length === 0 && taskId === undefined)
    throw new ArgumentsRefused('Invalid arguments: message is missing; taskId alone asks how a task gets on');
  const context = ids.taken('context', contextId);
  const task = ids.taken('task', taskId);
  if (context !== undefined && task !== undefined && context.place !== task.place)
    throw new ArgumentsRefused('Invalid arguments: taskId and contextId are of different conversations');
  return { parts, contextId: context?.id, taskId: task?.id, place: (task ?? context)?.place };
};

const filePart = ({ base64, url, mediaType, name }: FileArgument): Part => {
  const about = { ...(mediaType !== undefined && { mediaType }), ...(name !== undefined && { name }) };
  if ((base64 === undefined) === (url === undefined))
    throw new ArgumentsRefused('Invalid arguments: a file has either base64 or url');
  if (base64 !== undefined) {
    if (base64.length % 4 !== 0 || !BASE64.test(base64))
      throw new ArgumentsRefused('Invalid arguments: the content of a file is no base64');
    return { kind: 'bytes', base64, ...about };
  }
  const place = url ?? '';
  if (!/^https?:$/.test(URL.parse(place)?.protocol ?? ''))
    throw new ArgumentsRefused('Invalid arguments: the url of a file is no http: or https: URL');
  return { kind: 'url', url: place, ...about };
};
