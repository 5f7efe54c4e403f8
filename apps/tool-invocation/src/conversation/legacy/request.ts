import { setTimeout as pause } from 'node:timers/promises';
import { fail, type GatewayError, toGatewayError } from '#libs/errors';
import { asObject, LEGACY_REVISIONS, MODERN_REVISION, notificationText, withMembers } from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import type { Channel } from '../../transport/channel.js';
import { type PeerIdentity, gatewayIdIn } from '../peer.js';
import { CLIENT_INFO, request } from '../request.js';

/**
 * Opens a session: the newest revision before 2026-07-28 is offered, any that is served is taken.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization
 */
export const initialize = async (
  channel: Channel,
  capabilities: Readonly<Record<string, unknown>>,
  timeoutMs: number,
  passedOver: (error: GatewayError) => void,
): Promise<PeerIdentity> => {
  const params = { protocolVersion: LEGACY_REVISIONS[0], capabilities, clientInfo: CLIENT_INFO };
  const { message } = await request(channel, 'initialize', params, null, { timeoutMs, opensSession: true });
  if (message.kind === 'error') {
    const said = message.error.message.slice(0, 256);
    throw fail('upstream.not_mcp', { message: `The upstream refused to initialize: ${said}`, executed: 'no' });
  }
  const identity = identityOf(message.result);
  channel.protocolVersion = identity.protocolVersion;
  // A server that turns this away, or is silent, has opened the session all the same.
  const told = channel.post(notificationText('notifications/initialized')).then(() => null, toGatewayError);
  const problem = await Promise.race([told, pause(INITIALIZED_MS, UNANSWERED, { ref: false })]);
  if (problem !== null) passedOver(problem);
  return identity;
};

/** How long `notifications/initialized` may take to be taken. */
const INITIALIZED_MS = 3_000;
const UNANSWERED = fail('upstream.timed_out', { message: 'The upstream does not answer notifications/initialized' });

/** What servers said before the first revision was published, and meant that one. */
const DRAFT = '2024-10-07';

const identityOf = (result: Readonly<Record<string, unknown>>): PeerIdentity => {
  const { serverInfo, capabilities, instructions } = result;
  const protocolVersion = result.protocolVersion === DRAFT ? '2024-11-05' : result.protocolVersion;
  if (!(LEGACY_REVISIONS as readonly unknown[]).includes(protocolVersion)) {
    const version = String(protocolVersion).slice(0, 32);
    throw fail('upstream.not_mcp', {
      message: `The upstream speaks revision ${version}, which is not served`,
      executed: 'no',
    });
  }
  return {
    era: 'legacy',
    protocolVersion: protocolVersion as string,
    serverInfo: asObject(serverInfo),
    capabilities: asObject(capabilities),
    instructions: typeof instructions === 'string' ? instructions : null,
    ...gatewayIdIn(result),
  };
};

/** `task` would make a task of a call in 2025-11-25, which is for the gateway to decide. */
const NEWER_KEYS = { inputResponses: null, requestState: null, task: null };
const MAY_HAVE_NEWER_KEYS = /"(?:inputResponses|requestState|task)"/;

/** The params of a call without what only a 2026-07-28 upstream knows. */
export const legacyParams = (paramsText: string): string =>
  MAY_HAVE_NEWER_KEYS.test(paramsText) ? withMembers(paramsText, NEWER_KEYS) : paramsText;

/** The `_meta` of a call, as JSON; `id`: what its progress is told by, where that is wanted. */
export const callMeta = ({ call, traceparent, wantsProgress }: OpenCall, id: number): string => {
  const { meta, passedContext } = call;
  if (meta === undefined && passedContext === undefined && !wantsProgress) return `{"traceparent":"${traceparent}"}`;
  return JSON.stringify({ ...meta, traceparent, ...passedContext, ...(wantsProgress && { progressToken: id }) });
};

const HOP_KEYS = { _meta: null, task: null };
const OLDER_KEYS = { ...HOP_KEYS, elicitationId: null };

/** The params of a server request as its client reads them: 2026-07-28 knows no id of an elicitation. */
export const serverRequestParams = (paramsText: string, revision: string): string =>
  withMembers(paramsText, revision === MODERN_REVISION ? OLDER_KEYS : HOP_KEYS);
