import { type GatewayError, fail } from '#libs/errors';
import { canAnswer, errorMessage, resultMessage, withMembers } from '#libs/mcp';
import { ABOUT } from '../about.js';
import type { Seal } from '../sealing/seal.js';
import type { SettledCall } from './forwarder.js';
import { readInputNeeded } from './input-requests.js';
import { type RequestState, writeRequestState } from './request-state.js';

export interface EncodedAnswer {
  readonly message: string;
  readonly httpStatus: number;
}

/** Writes what became of a call in the client's revision. */
export const encodeAnswer = (settled: SettledCall, seal: Seal): EncodedAnswer => {
  const { call, answer } = settled;
  const { codec, request } = call;
  const { head, body = '{}' } = answer;
  switch (head.kind) {
    case 'result': {
      const cache = { ttlMs: head.ttlMs ?? 0, cacheScope: head.cacheScope ?? 'private' };
      const result = codec.callResult(call.routed.method, { body, meta: head.meta, cache }, ABOUT);
      return { message: resultMessage(request.idText, result), httpStatus: 200 };
    }
    case 'error': {
      const { httpStatus, error } = codec.upstreamError(call.routed.method, call.routed.target, head.error);
      return { message: errorMessage(request.idText, error), httpStatus };
    }
    case 'input-required': {
      const result = codec.inputRequiredResult(withSealedState(settled, body, seal), head.meta, ABOUT);
      if (result === null) throw unavailable('The tool needs input that cannot be asked for here');
      return { message: resultMessage(request.idText, result), httpStatus: 200 };
    }
    case 'task':
      throw unavailable('The upstream answered with a task, which is not relayed');
  }
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
    if (canAnswer(call.routed.client.capabilities, method, params)) continue;
    throw fail('mcp.capability_missing', { data: { requiredCapabilities: REQUIRED[method] } });
  }
  const state = stateOf(call.parked?.callId ?? call.routed.callId, answer, needed.requestStateText);
  if (state === null) return body;
  const { routed, principal } = call;
  const scope = {
    principalId: principal.id,
    serverId: routed.serverId,
    method: routed.method,
    name: routed.exposedName,
  };
  return withMembers(body, { requestState: JSON.stringify(writeRequestState(seal, scope, state)) });
};

const stateOf = (
  callId: string,
  answer: SettledCall['answer'],
  upstreamStateText: string | null,
): RequestState | null => {
  const { head, instance } = answer;
  if (head.kind === 'input-required' && head.parked !== undefined) {
    return { kind: 'parked', instance, callId, round: head.parked.round };
  }
  const state: unknown = upstreamStateText === null ? undefined : JSON.parse(upstreamStateText);
  return typeof state === 'string' ? { kind: 'upstream', state } : null;
};
