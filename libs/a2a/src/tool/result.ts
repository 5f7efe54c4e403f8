import { isObject } from '#libs/mcp';
import { textResult, type ToolResult } from '#libs/openapi';
import type { Part } from '../protocol/parts.js';
import type { Turn } from '../protocol/turn.js';
import { errorName, type TaskState } from '../protocol/vocabulary.js';
import type { CallerIds } from './caller-ids.js';

const MESSAGE_CHARS_MAX = 4_096;

/** How a result begins that is not simply what the agent made. */
const LEADS: Partial<Record<TaskState, string>> = {
  failed: 'The agent failed.',
  canceled: 'The task was cancelled.',
  rejected: 'The agent will not do it.',
  'auth-required':
    'The agent needs an authorisation that it has not been given. It is given elsewhere; then go on with taskId and contextId.',
  'input-required': 'The agent asks something. Answer with the same taskId and contextId.',
};
const GOES_ON = 'The agent goes on working. Call again with taskId alone to wait for the outcome.';

const DECLINED = 'The agent asks something that the user did not answer. It still waits, under the same taskId.';

const FAILED: readonly TaskState[] = ['failed', 'canceled', 'rejected', 'auth-required'];

/**
 * The result of a call: what the agent answered as content, and where the conversation is as `structuredContent`, which the
 * last text says too, for clients that show their model text alone. `ids`: of the caller. `user`: what came of asking the user.
 */
export const turnResult = (turn: Turn, ids: CallerIds, user?: 'declined'): ToolResult => {
  const { state, parts, text } = turn;
  const taskId = ids.given('task', turn.taskId);
  const contextId = ids.given('context', turn.contextId);
  const known = turn.isSettled ? state && LEADS[state] : GOES_ON;
  const lead = user === 'declined' ? DECLINED : known;
  const place = {
    ...(state !== undefined && { state }),
    ...(taskId !== undefined && { taskId }),
    ...(contextId !== undefined && { contextId }),
  };
  const data = parts.flatMap((part) => (part.kind === 'data' ? [part.data] : []));
  const content = [
    ...(lead === undefined ? [] : [textBlock(lead)]),
    ...parts.map(blockOf),
    ...(Object.keys(place).length === 0 ? [] : [textBlock(JSON.stringify(place))]),
  ];
  const structuredContent = { ...place, text, ...(data.length > 0 && { data }) };
  const isError = state !== undefined && FAILED.includes(state);
  return { isError, text: JSON.stringify({ content, structuredContent, isError }) };
};

/** The result of a call that the agent answered with an error of JSON-RPC. */
export const errorResult = (error: unknown): ToolResult => {
  const { code, message } = isObject(error) ? error : {};
  const said = typeof message === 'string' ? message.slice(0, MESSAGE_CHARS_MAX) : '';
  return textResult(`${errorName(Number(code))}${said === '' ? '' : `: ${said}`}`, true);
};

const textBlock = (text: string) => ({ type: 'text', text });

const blockOf = (part: Part): object => {
  if (part.kind === 'text') return textBlock(part.text);
  if (part.kind === 'data') return textBlock(JSON.stringify(part.data));
  const { name, mediaType } = part;
  if (part.kind === 'url') {
    const isLink = /^https?:$/.test(URL.parse(part.url)?.protocol ?? '');
    if (!isLink) return textBlock(part.url);
    return { type: 'resource_link', uri: part.url, name: name ?? part.url, ...(mediaType && { mimeType: mediaType }) };
  }
  const [kind] = (mediaType ?? '').split('/', 1);
  if (kind === 'image' || kind === 'audio') return { type: kind, mimeType: mediaType, data: part.base64 };
  const uri = `urn:switchyard:file:${encodeURIComponent((name ?? 'file').toWellFormed())}`;
  return { type: 'resource', resource: { uri, mimeType: mediaType ?? 'application/octet-stream', blob: part.base64 } };
};
