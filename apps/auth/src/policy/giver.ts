import { isGrant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { holds, holdsByTeam } from '#libs/identity';
import type { AccountStatus, Giver } from './account-status.repository.js';
import { firstBeyond, narrow } from './grants.js';
import { principalOfUser } from './principal.js';

/**
 * Whether its maker might make it now: as who could set its user's password, or as an owner of the team, that its user is in and has
 * accepted it from.
 */
export const mayStillGive = (
  { teamId, isAccepted, ownsTeam, isMember }: Giver,
  maker: Principal,
  user: Principal,
): boolean => {
  if (holds(maker, 'admin.user_management') && firstBeyond(maker, user) === null) return true;
  const isManager =
    holds(maker, 'teams.manage_members') || (teamId !== null && holdsByTeam(maker, teamId, 'teams.manage_members'));
  return isAccepted && ownsTeam && isMember && isManager;
};

/** By a token that narrows nothing; `null`: there is no such user. Who is not active is allowed nothing. */
export const wholeOf = (status: AccountStatus): Principal | null =>
  status.user === null ? null : principalOfUser(status.user, status);

/** Of what a token names, what its maker holds at this moment. */
export const stillHeld = (maker: Principal, named: readonly string[]): readonly string[] =>
  named.flatMap((name) => (isGrant(name) && holds(maker, name) ? [name] : narrow(maker.permissions, [name])));
