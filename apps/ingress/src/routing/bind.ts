import { randomUUID } from 'node:crypto';
import type { CallClient, UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { fail } from '#libs/errors';
import type { ClientAddress } from '#libs/identity';
import {
  type ForwardedMethod,
  asObject,
  checkParamMirrors,
  declaresTasks,
  editParams,
  isModern,
  isObject,
  relayableCapabilities,
} from '#libs/mcp';
import {
  type ParkedCallRetry,
  type RoutedCall,
  type ScopedCall,
  passedHeadersOf,
  subjectTokenOf,
} from '../call/index.js';
import { MODERN_EXTENSIONS } from '../catalog/index.js';
import { type RequestState, type Seal, readRequestState } from '../sealing/index.js';
import { clientKeyOf, dedicatedSessionOf } from '../sessions/index.js';
import type { Target } from './targets.js';
import { metaOnwards } from './way.js';

/** What of the gateway's own a call is bound with. */
export interface RoutingDeps {
  readonly seal: Seal;
  /** What a call may take where its upstream has no time of its own. */
  readonly timeoutMs: number;
  /** How many gateways a call may have come through. */
  readonly hopsMax: number;
  readonly addressOf: ClientAddress;
}

/**
 * Makes of a call and its target what tool-invocation is asked to run. Throws `mcp.params_invalid`, `mcp.state_invalid`, `mcp.input_unavailable`, what `metaOnwards` throws, what a header that differs from its parameter is refused with, or `http.malformed` for a header that cannot be passed on.
 */
export const bind = (call: ScopedCall, method: ForwardedMethod, target: Target, deps: RoutingDeps): RoutedCall => {
  const { seal } = deps;
  const { params } = call.request;
  const modern = isModern(call.codec.revision);
  if (modern && call.mirrors !== null && target.headerParams.length > 0) {
    checkParamMirrors(target.headerParams, params.value['arguments'], call.mirrors);
  }
  const state = modern ? stateOf(call, target.exposedName, seal) : null;
  if (cannotBeRefused(call, state))
    throw fail('mcp.input_unavailable', { message: 'What the tool asked for was refused', executed: 'unknown' });
  return {
    ...call,
    outgoing: outgoingOf(call, method, target, modern, deps),
    body: editParams(params, { _meta: null, ...target.renamed, ...changesBy(state) }),
    startedAtMs: state?.kind === 'parked' ? state.startedAtMs : call.receivedAtMs,
    timeoutMs: call.catalog.timeoutMs(target.upstreamId) ?? deps.timeoutMs,
    instance: target.kept?.instance ?? null,
    parked: state?.kind === 'parked' ? parkedCall(call, state) : null,
    heldChange: target.heldChange ?? null,
    consent: state?.kind === 'consent' ? consentOf(call) : null,
  };
};

const outgoingOf = (
  call: ScopedCall,
  method: ForwardedMethod,
  target: Target,
  modern: boolean,
  { addressOf, hopsMax }: RoutingDeps,
): UpstreamCall => {
  const { principal, logLevel, trace } = call;
  const meta = metaOnwards(call, target.upstreamId, hopsMax);
  const dedicatedSession = dedicatedSessionOf(call, target.upstreamId);
  const client = clientOf(call, target);
  const { taskAfterMs } = target;
  const passedHeaders = passedHeadersOf(call, target.upstreamId);
  const subjectToken = subjectTokenOf(call, target.upstreamId);
  return {
    callId: randomUUID(),
    method,
    upstreamId: target.upstreamId,
    target: target.target,
    exposedName: target.exposedName,
    serverId: call.endpoint.serverId,
    principal: { id: principal.id, tokenId: principal.tokenId },
    client,
    ...(logLevel !== null && { logLevel }),
    wantsProgress: call.meta.progressTokenText !== null && call.reply.streams,
    ...(meta !== undefined && { meta }),
    ...(trace.passed !== undefined && { passedContext: trace.passed }),
    ...(trace.isCorrelationGiven && { correlationId: trace.correlationId }),
    headerParams: target.headerParams,
    ...(passedHeaders !== undefined && { passedHeaders }),
    ...(subjectToken !== undefined && { subjectToken }),
    ...(dedicatedSession !== undefined && { dedicatedSession }),
    ...(target.taskSupport !== undefined && { taskSupport: target.taskSupport }),
    ...(taskAfterMs !== undefined && modern && declaresTasks(client.capabilities) && { taskAfterMs }),
    ...(target.kept !== undefined && { affinity: target.kept.by }),
    address: addressOf(call.carrier),
    receivedAtMs: call.receivedAtMs,
  };
};

const NO_CAPABILITIES = {};

/** The client as it described itself, in this request or in its session. */
const clientOf = ({ envelope, session, codec }: ScopedCall, target: Target): CallClient => {
  if (envelope === null) {
    const key = clientKeyOf(session);
    return {
      info: session?.client.info ?? null,
      capabilities: session?.client.capabilities ?? NO_CAPABILITIES,
      revision: codec.revision,
      ...(key !== undefined && { key }),
    };
  }
  const capabilities = target.capabilities ?? relayableCapabilities(envelope.capabilities, null, MODERN_EXTENSIONS);
  return { info: envelope.info, capabilities, revision: codec.revision };
};

const stateOf = (call: ScopedCall, name: string, seal: Seal): RequestState | null => {
  const text = call.request.params.value['requestState'];
  if (text === undefined) return null;
  const { principal, endpoint, request } = call;
  return readRequestState(
    seal,
    {
      principalId: principal.id,
      serverId: endpoint.serverId,
      method: request.method,
      name,
      args: request.params.value['arguments'],
    },
    text,
  );
};

/** What the upstream gets in place of the gateway's own state. */
const changesBy = (state: RequestState | null): Readonly<Record<string, string | null>> => {
  if (state?.kind === 'upstream') return { requestState: JSON.stringify(state.state) };
  return state?.kind === 'consent' ? { requestState: null, inputResponses: null } : {};
};

/** There is one thing that was asked. */
const consentOf = (call: ScopedCall): 'accepted' | 'refused' => {
  const [said] = Object.values(asObject(call.request.params.value['inputResponses']));
  return isObject(said) && said['action'] === 'accept' ? 'accepted' : 'refused';
};

const parkedCall = (call: ScopedCall, state: RequestState & { kind: 'parked' }): ParkedCallRetry => {
  const inputResponses = call.request.params.value['inputResponses'] ?? {};
  if (!isObject(inputResponses)) throw fail('mcp.params_invalid', { message: 'inputResponses must be an object' });
  const { instance, callId, round } = state;
  return { instance, callId, round, inputResponses, ...refusalsOf(call) };
};

/** https://modelcontextprotocol.io/specification/2025-11-25/client/sampling#error-handling */
const USER_REJECTED = -1;

const refusalsOf = ({ inputRefusals }: ScopedCall): Pick<ParkedCallRetry, 'refusals'> => {
  if (inputRefusals === null) return {};
  const refusal = { code: USER_REJECTED, message: 'The user has refused it' };
  return { refusals: Object.fromEntries(inputRefusals.map((key) => [key, refusal])) };
};

/** Only an upstream that waits for the answer gets to know that there is none. */
const cannotBeRefused = ({ inputRefusals }: ScopedCall, state: RequestState | null): boolean =>
  inputRefusals !== null && inputRefusals.length > 0 && state?.kind !== 'parked' && state?.kind !== 'consent';
