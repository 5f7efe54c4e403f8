import { holds, holdsByTeam } from '#libs/identity';
import type { AccountStatus, Giver } from './account-status.repository.js';
import { principalOfUser } from './principal.js';

/** Whether they might make it now: as who manages users, or as an owner of the team, whom its user has accepted it from. */
export const mayStillGive = ({ teamId, isAccepted, ownsTeam }: Giver, status: AccountStatus): boolean => {
  if (status.user === null || !status.user.isActive) return false;
  const maker = principalOfUser(status.user, status);
  if (holds(maker, 'admin.user_management')) return true;
  const isManager =
    holds(maker, 'teams.manage_members') || (teamId !== null && holdsByTeam(maker, teamId, 'teams.manage_members'));
  return isAccepted && ownsTeam && isManager;
};
