import {
  ALL_CAPABILITIES,
  askProblem,
  declaresTasks,
  type IncomingError,
  type IncomingResult,
  isObject,
  isTaskMethod,
  linksIn,
  resultBody,
  resultHead,
  taskParts,
  taskProblem,
  HEADER_MISMATCH,
  RESOURCE_NOT_FOUND,
  VERSION_UNSUPPORTED,
} from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import { invalidAnswer, resourceNotFound } from '../upstream-error.js';

const MAY_REQUIRE_INPUT = new Set(['tools/call', 'prompts/get', 'resources/read']);
const STATE_CHARS_MAX = 65_536;

type Json = Readonly<Record<string, unknown>>;

/** Gives a call the result of a 2026-07-28 upstream. */
export const giveModernResult = (call: OpenCall, message: IncomingResult): void => {
  if (isTaskMethod(call.call.method)) return giveTaskAnswer(call, message);
  if (message.seen.resultType === 'task') return giveTask(call, message);
  const { resultType, meta, ttlMs, cacheScope } = resultHead(message);
  if (resultType === 'complete') {
    const links = linksIn(message);
    call.answer(
      {
        kind: 'result',
        ...(meta && { meta }),
        ...(ttlMs !== undefined && { ttlMs }),
        ...(cacheScope && { cacheScope }),
        ...(links && { links }),
      },
      resultBody(message),
      message.seen.isError === true,
    );
  } else if (resultType === 'input_required') {
    const problem = inputProblem(call, message.result);
    if (problem !== null) throw invalidAnswer(problem);
    call.answer({ kind: 'input-required', ...(meta && { meta }) }, resultBody(message));
  } else throw invalidAnswer(`its resultType "${resultType.slice(0, 32)}" is not known`);
};

/** The call goes on as a task: https://github.com/modelcontextprotocol/ext-tasks */
const giveTask = (call: OpenCall, message: IncomingResult): void => {
  const { method, client } = call.call;
  if (method !== 'tools/call' || !declaresTasks(client.capabilities))
    throw invalidAnswer('it answers with a task unasked');
  const problem = taskProblem(message.result);
  if (problem !== null) throw invalidAnswer(problem);
  const { meta, text } = taskParts(message);
  call.answer({ kind: 'task', ...(meta && { meta }) }, text);
};

const giveTaskAnswer = (call: OpenCall, message: IncomingResult): void => {
  const { meta, text, resultType } = taskParts(message);
  if (resultType !== 'complete') throw invalidAnswer(`its resultType is "${resultType.slice(0, 32)}"`);
  if (call.call.method === 'tasks/get') {
    const problem =
      taskProblem(message.result) ?? inputRequestsProblem(message.result.inputRequests ?? {}, ALL_CAPABILITIES);
    if (problem !== null) throw invalidAnswer(problem);
  }
  call.answer({ kind: 'result', ...(meta && { meta }) }, text);
};

/** Gives a call the error of a 2026-07-28 upstream, or returns false when the error is about the gateway's own request. */
export const giveModernError = (call: OpenCall, { error }: IncomingError): boolean => {
  // HeaderMismatch and UnsupportedProtocolVersion are about our own request to the upstream.
  if (error.code === HEADER_MISMATCH || error.code === VERSION_UNSUPPORTED) return false;
  const isMissing = error.code === RESOURCE_NOT_FOUND && call.call.method === 'resources/read';
  call.answer({ kind: 'error', error: isMissing ? resourceNotFound(call, error) : error });
  return true;
};

const inputProblem = ({ call }: OpenCall, { inputRequests, requestState }: Json): string | null => {
  if (!MAY_REQUIRE_INPUT.has(call.method)) return `it requires input for ${call.method}`;
  if (inputRequests === undefined && requestState === undefined) return 'it requires input and does not say which';
  if (requestState !== undefined && (typeof requestState !== 'string' || requestState.length > STATE_CHARS_MAX)) {
    return 'its requestState is no string or too long';
  }
  return inputRequests === undefined ? null : inputRequestsProblem(inputRequests, call.client.capabilities);
};

const inputRequestsProblem = (inputRequests: unknown, capabilities: Json): string | null => {
  if (!isObject(inputRequests)) return 'its inputRequests are not an object';
  for (const asked of Object.values(inputRequests)) {
    if (!isObject(asked) || typeof asked.method !== 'string') return 'its inputRequests are malformed';
    const problem = askProblem(asked.method, isObject(asked.params) ? asked.params : {}, capabilities);
    if (problem !== null) return `it asks what the client cannot answer (${problem})`;
  }
  return null;
};
