import type { Principal } from '#contracts/auth/principal';
import type { Sight, Visibility } from '#contracts/registry/catalog';
import { fail } from '#libs/errors';
import { isPublicOnly, maySee } from '#libs/identity';

/** Whether the caller may change what it sees: its owner, a member of its team, or an administrator. */
export const mayChange = (principal: Principal, sight: Sight): boolean => {
  if (!maySee(principal, sight)) return false;
  if (sight.ownerEmail === principal.id || (principal.isAdmin && !isPublicOnly(principal))) return true;
  return sight.visibility === 'team' && sight.teamId !== null && (principal.teams?.includes(sight.teamId) ?? true);
};

/** What the caller may not see does not exist; what it sees but does not own is refused. */
export const mustChange = <Owned extends Sight>(principal: Principal, owned: Owned | null): Owned => {
  const seen = mustSee(principal, owned);
  if (!mayChange(principal, seen))
    throw fail('auth.grant_missing', { message: 'Only its owner, its team or an administrator may change this' });
  return seen;
};

export const mustSee = <Owned extends Sight>(principal: Principal, owned: Owned | null): Owned => {
  if (owned === null || !maySee(principal, owned)) throw fail('registry.unknown');
  return owned;
};

/** The sight a body asks for, within what the caller may give. The owner is never taken from a body. */
export const sightFrom = (
  principal: Principal,
  body: { readonly visibility?: Visibility | undefined; readonly teamId?: string | null | undefined },
  before: Sight = { visibility: 'public', teamId: null, ownerEmail: principal.id },
): Sight => {
  const visibility = body.visibility ?? before.visibility;
  const teamId = body.teamId === undefined ? before.teamId : body.teamId;
  const isForeignTeam =
    teamId !== null && teamId !== before.teamId && principal.teams !== null && !principal.teams.includes(teamId);
  if (isForeignTeam) throw fail('http.invalid', { message: 'teamId is not one of your teams' });
  if (visibility !== 'public' && isPublicOnly(principal)) {
    throw fail('http.invalid', { message: `The token reaches public things only; it cannot make one ${visibility}` });
  }
  if (visibility === 'team' && teamId === null)
    throw fail('http.invalid', { message: 'The visibility "team" needs a teamId' });
  return { visibility, teamId, ownerEmail: before.ownerEmail };
};
