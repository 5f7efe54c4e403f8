import type { Principal, AccessScope } from '#libs/contracts';
import { isPublicOnly } from './permission.js';

/** Whether an entry exists for this caller, as they act: whoever is confined to teams finds what is kept for those alone. */
export const canView = (principal: Principal, scope: AccessScope): boolean => {
  if (!canSee(principal, scope)) return false;
  const { confinedTo } = principal;
  if (confinedTo === undefined) return true;
  return scope.visibility !== 'private' && scope.teamId !== null && confinedTo.includes(scope.teamId);
};

/**
 * Whether the visibility of an entry lets this caller see it, whatever they do with it. An administrator sees every team's entries, but nobody sees what another
 * user keeps private, and a public-only token not even what its own user keeps private.
 */
export const canSee = (principal: Principal, scope: AccessScope): boolean => {
  switch (scope.visibility) {
    case 'public':
      return true;
    case 'team':
      return principal.teams === null || (scope.teamId !== null && principal.teams.includes(scope.teamId));
    case 'private':
      return principal.kind === 'user' && !isPublicOnly(principal) && scope.ownerEmail === principal.id;
    default:
      return false;
  }
};

/** For whom there is something that not everybody may see. */
export interface Audience {
  readonly teams: Pick<ReadonlySet<string>, 'has'>;
  readonly owners: Pick<ReadonlySet<string>, 'has'>;
}

/** Two callers of one key can view the same of what is for this audience. Costs as much as the caller has teams. */
export const viewKeyOf = (principal: Principal, { teams, owners }: Audience): string => {
  const isOwner = owners.has(principal.id) && canView(principal, { ...PRIVATE, ownerEmail: principal.id });
  const own = principal.teams?.filter((team) => teams.has(team)).sort() ?? null;
  const key = [isOwner ? principal.id : null, own];
  return JSON.stringify(principal.confinedTo === undefined ? key : [...key, principal.confinedTo]);
};

const PRIVATE = { visibility: 'private', teamId: null } as const;

/** Whether the token is for this endpoint (`null`: `/mcp`): https://www.rfc-editor.org/rfc/rfc8707 */
export const isMeantFor = ({ endpoints }: Principal, serverId: string | null): boolean =>
  endpoints === undefined || endpoints.includes(serverId);

/** Whether the token reaches this endpoint: one that is tied to a virtual server reaches that one alone. */
export const mayUseServer = (principal: Principal, serverId: string | null): boolean =>
  principal.serverId === null || principal.serverId === serverId;
