import { GatewayError } from '#libs/errors';
import {
  asObject,
  META_SERVER_INFO,
  MODERN_REVISION,
  cacheHintOf,
  METHOD_NOT_FOUND,
  MODERN_ERRORS,
  VERSION_UNSUPPORTED,
} from '#libs/mcp';
import type { Channel } from '../transport/channel.js';
import { request, type Response } from './request.js';
import { modernHeaders, modernMeta } from './modern/request.js';
import { type PeerIdentity, gatewayIdIn } from './peer.js';
import { HttpRefusal } from '../transport/http/refusal.js';

/** What an upstream turned out to speak. */
export type Verdict = ModernVerdict | LegacyVerdict;

export interface ModernVerdict {
  readonly era: 'modern';
  readonly identity: PeerIdentity;
}

export interface LegacyVerdict {
  readonly era: 'legacy';
  /** What it is where it refuses to open a session. */
  readonly otherwise?: ModernVerdict;
}

const METHOD = 'server/discover';

/**
 * Asks what an upstream is. One that refuses the revision and names that very revision as served is asked once more.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning#protocol-version-negotiation
 */
export const discover = async (channel: Channel, capabilities: object, timeoutMs: number): Promise<Response> => {
  const ask = (): Promise<Response> =>
    request(channel, METHOD, {}, modernMeta(capabilities), { timeoutMs, headers: modernHeaders(METHOD) });
  const response = await ask();
  return isRefusedAndServed(response) ? ask() : response;
};

const isRefusedAndServed = ({ message }: Response): boolean =>
  message.kind === 'error' &&
  message.error.code === VERSION_UNSUPPORTED &&
  serves(asObject(message.error.data).supported);

/**
 * Asks an upstream as 2026-07-28 does and judges by the answer. What does not answer as such a server has to is taken for an
 * older one, also where it is silent, breaks off or fails: `initialize` will tell. Rejects where that could tell no more:
 * nobody listens, the credential is refused, the URL leads elsewhere.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#backward-compatibility
 */
export const probeEra = async (channel: Channel, capabilities: object, timeoutMs: number): Promise<Verdict> => {
  try {
    return judge(await discover(channel, capabilities, timeoutMs));
  } catch (error) {
    if (!(error instanceof GatewayError) || !mayBeOlder(error)) throw error;
    return { era: 'legacy' };
  }
};

const NO_ANSWER = new Set<string>(['upstream.invalid_answer', 'upstream.closed', 'upstream.timed_out']);

/** Whether the failure says no more than that this is not what the upstream expected. */
export const mayBeOlder = ({ code, cause }: GatewayError): boolean => {
  if (!(cause instanceof HttpRefusal)) return NO_ANSWER.has(code);
  const isRedirect = cause.status >= 300 && cause.status < 400;
  return cause.status >= 500 || (code === 'upstream.invalid_answer' && !isRedirect);
};

export const judge = ({ message, httpStatus }: Response): Verdict => {
  if (message.kind === 'result')
    return serves(message.result.supportedVersions) ? modernBut(message.result) : { era: 'legacy' };
  const { code, data } = message.error;
  const { supported } = asObject(data);
  if (code === VERSION_UNSUPPORTED && Array.isArray(supported) && !serves(supported)) return { era: 'legacy' };
  if (MODERN_ERRORS.has(code)) return modernBut(NOTHING_TOLD);
  // A server of 2026-07-28 must know the method; one that has it not may be of either era.
  if (code === METHOD_NOT_FOUND && httpStatus === 404) return { era: 'legacy', otherwise: modernBut(NOTHING_TOLD) };
  return { era: 'legacy' };
};

const serves = (versions: unknown): boolean => Array.isArray(versions) && versions.includes(MODERN_REVISION);

/** Stands for the identity of an upstream that refuses to tell: whatever it lacks it will say when asked. */
const NOTHING_TOLD = { capabilities: { tools: {}, prompts: {}, resources: {}, completions: {} } };

const modernBut = (told: Readonly<Record<string, unknown>>): ModernVerdict => ({
  era: 'modern',
  identity: {
    era: 'modern',
    protocolVersion: MODERN_REVISION,
    serverInfo: asObject(asObject(told._meta)[META_SERVER_INFO]),
    capabilities: asObject(told.capabilities),
    instructions: typeof told.instructions === 'string' ? told.instructions : null,
    hint: cacheHintOf(told),
    ...gatewayIdIn(told),
  },
});
