import { fail, GatewayError } from '#libs/errors';
import {
  asObject,
  LEGACY_REVISIONS,
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
import type { PeerIdentity } from './peer.js';
import { HttpRefusal } from '../transport/http/refusal.js';

/** What an upstream turned out to speak. */
export type Verdict = { readonly era: 'modern'; readonly identity: PeerIdentity } | { readonly era: 'legacy' };

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
  asList(asObject(message.error.data).supported).includes(MODERN_REVISION);

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * Asks an upstream as 2026-07-28 does and judges by the answer. Rejects with whatever is no evidence of an era: a refused
 * credential, a broken server, silence.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#backward-compatibility
 */
export const probeEra = async (channel: Channel, capabilities: object, timeoutMs: number): Promise<Verdict> => {
  try {
    return judge(await discover(channel, capabilities, timeoutMs));
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'upstream.invalid_answer') throw error;
    // Something that is no MCP message at all, but no redirect either: an older server, or none; initialize will tell.
    const { cause } = error;
    if (cause instanceof HttpRefusal && cause.status >= 300 && cause.status < 400) throw error;
    return { era: 'legacy' };
  }
};

export const judge = ({ message, httpStatus }: Response): Verdict => {
  if (message.kind === 'result')
    return judgeVersions(message.result.supportedVersions, message.result) ?? { era: 'legacy' };
  const { code, data } = message.error;
  if (code === VERSION_UNSUPPORTED)
    return judgeVersions(asObject(data).supported, NOTHING_TOLD) ?? modernBut(NOTHING_TOLD);
  // A legacy server knows no 404 with this error; one that answers it with 200 is legacy.
  if (MODERN_ERRORS.has(code) || (code === METHOD_NOT_FOUND && httpStatus === 404)) return modernBut(NOTHING_TOLD);
  return { era: 'legacy' };
};

const judgeVersions = (versions: unknown, result: Readonly<Record<string, unknown>>): Verdict | undefined => {
  if (!Array.isArray(versions)) return undefined;
  if (versions.includes(MODERN_REVISION)) return modernBut(result);
  if (LEGACY_REVISIONS.some((revision) => versions.includes(revision))) return { era: 'legacy' };
  throw fail('upstream.not_mcp', {
    message: 'The upstream speaks no protocol revision that is served',
    executed: 'no',
  });
};

/** Stands for the identity of an upstream that refuses to tell: whatever it lacks it will say when asked. */
const NOTHING_TOLD = { capabilities: { tools: {}, prompts: {}, resources: {}, completions: {} } };

const modernBut = (told: Readonly<Record<string, unknown>>): Verdict => ({
  era: 'modern',
  identity: {
    era: 'modern',
    protocolVersion: MODERN_REVISION,
    serverInfo: asObject(asObject(told._meta)[META_SERVER_INFO]),
    capabilities: asObject(told.capabilities),
    instructions: typeof told.instructions === 'string' ? told.instructions : null,
    hint: cacheHintOf(told),
  },
});
