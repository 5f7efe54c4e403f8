import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { holds } from '#libs/identity';
import type { CallFilter } from './call-log.repository.js';
import type { CallFilterQuery } from './calls.query.js';

/**
 * Whose records a caller sees: everybody's with `admin.metrics` and every team, else their own; by a token that is narrowed
 * to less than its user may, those of this token.
 */
export const visibleTo = (caller: Principal): Pick<CallFilter, 'principalId' | 'tokenId'> => {
  if (caller.teams === null && holds(caller, 'admin.metrics')) return {};
  return { principalId: caller.id, ...(caller.isNarrowed === true && { tokenId: caller.tokenId ?? '' }) };
};

/** What a query asks for, of what the caller sees. Throws `auth.grant_missing` for calls that the caller does not see. */
export const filterOf = (query: CallFilterQuery, caller: Principal): CallFilter => {
  const { since, until, user, token, server, upstream, code, client, minMs, outcome, method, name, address, traceId } =
    query;
  const { principalId = user, tokenId = token } = visibleTo(caller);
  if (user !== undefined && user !== principalId)
    throw fail('auth.grant_missing', {
      message: 'The calls of others are shown with the permission admin.metrics by a token that reaches every team',
    });
  if (token !== undefined && token !== tokenId)
    throw fail('auth.grant_missing', { message: 'A token that is narrowed shows its own calls alone' });
  return {
    sinceMs: since === undefined ? undefined : Date.parse(since),
    untilMs: until === undefined ? undefined : Date.parse(until),
    principalId,
    tokenId,
    serverId: server === 'mcp' ? null : server,
    upstreamId: upstream,
    method,
    name,
    outcomes: outcome,
    errorCode: code,
    clientName: client,
    address,
    traceId,
    latencyMsMin: minMs,
  };
};
