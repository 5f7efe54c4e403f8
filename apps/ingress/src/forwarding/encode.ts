import { type GatewayError, fail } from '#libs/errors';
import {
  type CarriedJson,
  type JsonParts,
  type RpcError,
  canAnswer,
  errorMessage,
  isObject,
  isTaskMethod,
  renamedContents,
  renamedTask,
  resultInParts,
  resultMessage,
  sessionCapabilities,
  textOf,
  withMembers,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
} from '#libs/mcp';
import { ABOUT } from '../call/index.js';
import { type RequestState, type Seal, type TaskPlace, writeRequestState, writeTaskId } from '../sealing/index.js';
import type { SettledCall } from './forwarder.js';
import { errorOfHeld, resultOfHeld } from './held-change.js';
import { readInputNeeded } from './input-requests.js';

export interface EncodedAnswer {
  readonly message: JsonParts;
  readonly httpStatus: number;
}

/** Writes what became of a call in the client's revision. Throws `mcp.input_unavailable` or `mcp.capability_missing`. */
export const encodeAnswer = (settled: SettledCall, seal: Seal): EncodedAnswer => {
  const { call, answer } = settled;
  const { codec, request } = call;
  const { head, body = '{}' } = answer;
  switch (head.kind) {
    case 'result': {
      if (isTaskMethod(call.outgoing.method)) return encodeTaskAnswer(settled, textOf(body));
      const cache = { ttlMs: head.ttlMs ?? 0, cacheScope: head.cacheScope ?? 'private' };
      const { method } = call.outgoing;
      const result = codec.callResult(
        method,
        { body: resultOfHeld(call, withOwnUri(call, body)), meta: head.meta, cache },
        ABOUT,
      );
      return { message: resultInParts(request.idText, result), httpStatus: 200 };
    }
    case 'error': {
      const { method, exposedName } = call.outgoing;
      const { httpStatus, error } = codec.upstreamError(
        method,
        exposedName,
        errorOfHeld(call, ownError(call, head.error)),
      );
      return { message: errorMessage(request.idText, error), httpStatus };
    }
    case 'input-required': {
      const result = codec.inputRequiredResult(withSealedState(settled, textOf(body), seal), head.meta, ABOUT);
      if (result === null) throw unavailable('The tool needs input that cannot be asked for here');
      return { message: resultMessage(request.idText, result), httpStatus: 200 };
    }
    case 'task': {
      const result = codec.taskResult(withSealedId(settled, textOf(body), seal), head.meta, ABOUT);
      if (result === null) throw unavailable('The upstream answered with a task, which this client cannot have');
      return { message: resultMessage(request.idText, result), httpStatus: 200 };
    }
  }
};

/** What `tasks/…` is answered: the task under the id that the client has for it, or an acknowledgement. */
const encodeTaskAnswer = ({ call, answer: { head } }: SettledCall, body: string): EncodedAnswer => {
  const { codec, request, outgoing } = call;
  const told = outgoing.method === 'tasks/get' ? renamedTask(body, request.params.value['taskId'] as string) : '{}';
  const meta = head.kind === 'error' ? undefined : head.meta;
  const result = codec.callResult(outgoing.method, { body: told, meta, cache: UNCACHED }, ABOUT);
  return { message: resultInParts(request.idText, result), httpStatus: 200 };
};

const DATE_CHARS_MAX = 64;
const UNCACHED = { ttlMs: 0, cacheScope: 'private' } as const;

/** The client knows some resources by another URI than the upstream. */
const withOwnUri = (
  { outgoing: { method, target, exposedName } }: SettledCall['call'],
  body: CarriedJson,
): CarriedJson =>
  method !== 'resources/read' || target === exposedName ? body : renamedContents(textOf(body), target, exposedName);

/**
 * The client knows the task by another id than the upstream, and nothing of the upstream's. An upstream that has no
 * tasks (any more) does not have this one.
 */
const ownError = ({ outgoing, request }: SettledCall['call'], error: RpcError): RpcError => {
  const { method, target, exposedName } = outgoing;
  const { code, message, data } = error;
  if (method === 'resources/read' && target !== exposedName) {
    const isOfIt = isObject(data) && data['uri'] === target;
    return {
      ...error,
      message: message.replaceAll(target, exposedName),
      ...(isOfIt && { data: { ...data, uri: exposedName } }),
    };
  }
  if (!isTaskMethod(method)) return error;
  const isUnknown = code === METHOD_NOT_FOUND;
  return {
    code: isUnknown ? INVALID_PARAMS : code,
    message: message.replaceAll(target, request.params.value['taskId'] as string),
  };
};

const withSealedId = ({ call, answer }: SettledCall, body: string, seal: Seal): string => {
  const { head, instance } = answer;
  const { taskId, createdAt } = JSON.parse(body) as { taskId: string; createdAt?: unknown };
  const { upstreamId, exposedName: tool, client, dedicatedSession } = call.outgoing;
  const affinity = head.kind === 'task' ? head.affinity : undefined;
  const place: TaskPlace = {
    upstreamId,
    taskId,
    tool,
    ...(typeof createdAt === 'string' && { createdAt: createdAt.slice(0, DATE_CHARS_MAX) }),
    ...(affinity !== undefined && { kept: { by: affinity, instance } }),
    ...(affinity === 'session' && dedicatedSession !== undefined && { dedicatedSession }),
    ...(affinity === 'session' && { capabilities: sessionCapabilities(client.capabilities) }),
  };
  return renamedTask(body, writeTaskId(seal, call, place));
};

const unavailable = (message: string): GatewayError => fail('mcp.input_unavailable', { message, executed: 'unknown' });

const REQUIRED = {
  'elicitation/create': { elicitation: {} },
  'sampling/createMessage': { sampling: {} },
  'roots/list': { roots: {} },
} as const;

/** The client sees one sealed state, whether it stands for a call that is parked or for the upstream's own. */
const withSealedState = ({ call, answer }: SettledCall, body: string, seal: Seal): string => {
  const needed = readInputNeeded(body);
  for (const { method, params } of needed.requests) {
    if (canAnswer(call.outgoing.client.capabilities, method, params)) continue;
    throw fail('mcp.capability_missing', { data: { requiredCapabilities: REQUIRED[method] } });
  }
  const state = stateOf(call, answer, needed.requestStateText);
  if (state === null) return body;
  const { outgoing, principal } = call;
  const scope = {
    principalId: principal.id,
    serverId: outgoing.serverId,
    method: outgoing.method,
    name: outgoing.exposedName,
    args: call.request.params.value['arguments'],
  };
  return withMembers(body, { requestState: JSON.stringify(writeRequestState(seal, scope, state)) });
};

const stateOf = (
  { parked, outgoing, startedAtMs }: SettledCall['call'],
  answer: SettledCall['answer'],
  upstreamStateText: string | null,
): RequestState | null => {
  const { head, instance } = answer;
  if (head.kind === 'input-required' && head.asksConsent) return { kind: 'consent' };
  if (head.kind === 'input-required' && head.parked !== undefined) {
    const callId = parked?.callId ?? outgoing.callId;
    return { kind: 'parked', instance, callId, round: head.parked.round, startedAtMs };
  }
  const state: unknown = upstreamStateText === null ? undefined : JSON.parse(upstreamStateText);
  return typeof state === 'string' ? { kind: 'upstream', state } : null;
};
