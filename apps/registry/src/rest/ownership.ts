import type { Principal } from '#contracts/auth/principal';
import type { AccessScope, Visibility } from '#contracts/registry/catalog';
import { fail } from '#libs/errors';
import { isPublicOnly, canView } from '#libs/identity';

/** Whether the caller may change what it can see: its owner, a member of its team, or an administrator. */
export const canChange = (principal: Principal, scope: AccessScope): boolean => {
  if (!canView(principal, scope)) return false;
  if (scope.ownerEmail === principal.id || (principal.isAdmin && !isPublicOnly(principal))) return true;
  return scope.visibility === 'team' && scope.teamId !== null && (principal.teams?.includes(scope.teamId) ?? true);
};

/** Whose it is, for those who may change it. An e-mail address is a person's, and no concern of everybody who may call. */
export const ownerShownTo = (principal: Principal, scope: AccessScope): string | null =>
  canChange(principal, scope) ? scope.ownerEmail : null;

/** Throws `registry.unknown` where it is not there, or not for this caller: the two look the same from outside. */
export function assertCanView<Owned extends AccessScope>(
  principal: Principal,
  owned: Owned | null,
): asserts owned is Owned {
  if (owned === null || !canView(principal, owned)) throw fail('registry.unknown');
}

/** Throws as `assertCanView` does, and `auth.grant_missing` where the caller may see it but not change it. */
export function assertCanChange<Owned extends AccessScope>(
  principal: Principal,
  owned: Owned | null,
): asserts owned is Owned {
  assertCanView(principal, owned);
  if (!canChange(principal, owned))
    throw fail('auth.grant_missing', { message: 'Only its owner, its team or an administrator may change this' });
}

/** What a body says of who may see something. */
export interface AskedScope {
  readonly visibility?: Visibility | undefined;
  readonly teamId?: string | null | undefined;
}

/**
 * The visibility that a body asks for, within what the caller may give; what it leaves out stays as `before`. The owner
 * is never taken from a body. A caller of one team alone need not name it. Throws `http.invalid` for a foreign team or a
 * visibility beyond the token's reach; whether there is such a team is for `ScopeService` to ask.
 */
export const scopeFrom = (principal: Principal, body: AskedScope, before: AccessScope): AccessScope => {
  const scope = askedScope(principal, body, before);
  const objection = objectionTo(principal, scope, before);
  if (objection !== null) throw fail('http.invalid', { message: objection });
  return scope;
};

const reachOf = ({ confinedTo, teams }: Principal): readonly string[] | null => confinedTo ?? teams;

/** What a role in a team makes is for the team. */
const askedScope = (principal: Principal, body: AskedScope, before: AccessScope): AccessScope => {
  const isOfRole = principal.confinedTo !== undefined && before.teamId === null;
  const visibility = body.visibility ?? (isOfRole ? 'team' : before.visibility);
  const given = body.teamId === undefined ? before.teamId : body.teamId;
  const reach = reachOf(principal);
  const only = visibility === 'team' && reach?.length === 1 ? (reach[0] ?? null) : null;
  return { visibility, teamId: given ?? only, ownerEmail: before.ownerEmail };
};

const objectionTo = (principal: Principal, { visibility, teamId }: AccessScope, before: AccessScope): string | null => {
  const reach = reachOf(principal);
  if (teamId !== null && teamId !== before.teamId && reach?.includes(teamId) === false)
    return 'teamId is not one of your teams';
  if (visibility !== 'public' && isPublicOnly(principal))
    return `The token reaches public things only; it cannot make one ${visibility}`;
  const isKept = before.teamId !== null && visibility === before.visibility;
  if (principal.confinedTo !== undefined && visibility !== 'team' && !isKept)
    return 'You may do this by a role in a team: it can be for that team alone';
  return visibility === 'team' && teamId === null ? 'The visibility "team" needs a teamId' : null;
};
