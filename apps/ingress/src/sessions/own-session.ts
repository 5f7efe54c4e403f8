import type { OwnSession } from '#contracts/tool-invocation/execute-call.request';
import type { PlacedCall } from '../call/calls.js';

export const sessionKey = (sessionId: string): string => `session ${sessionId}`;

/** Whose session at the upstream the call belongs to; `undefined` where that is shared. */
export const ownSessionOf = (
  { catalog, principal, session }: Pick<PlacedCall, 'catalog' | 'principal' | 'session'>,
  upstreamId: string,
): OwnSession | undefined => {
  const scope = catalog.sessionScope(upstreamId);
  if (scope === 'shared') return undefined;
  if (scope === 'client' && session !== null) return { key: sessionKey(session.id), renewable: false };
  return { key: `principal ${principal.id}`, renewable: scope === 'principal' };
};
