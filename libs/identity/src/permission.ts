import type { Grant, Permission, Principal } from '#libs/contracts';

const MCP_CATEGORIES = ['tools.', 'resources.', 'prompts.'];

/** `*` grants everything, `tools.*` a category; anything that can be done over MCP implies the use of a server. */
const grants = (granted: Grant, wanted: Grant): boolean => {
  if (granted === '*' || granted === wanted) return true;
  if (granted.endsWith('.*') && wanted.startsWith(granted.slice(0, -1))) return true;
  return wanted === 'servers.use' && MCP_CATEGORIES.some((category) => granted.startsWith(category));
};

/** A token that reaches public things only administers nothing, whoever owns it. */
export const isPublicOnly = (principal: Principal): boolean => principal.teams !== null && principal.teams.length === 0;

/** Whether the principal may do this with all that they see; for a wildcard, whether they may do all that it stands for. */
export const holds = (principal: Principal, permission: Grant): boolean => {
  if (permission.startsWith('admin.') && isPublicOnly(principal)) return false;
  return principal.permissions.some((granted) => grants(granted, permission));
};

/** Whether the principal may do this with what is kept for that team. */
export const holdsIn = (principal: Principal, teamId: string, permission: Grant): boolean =>
  holds(principal, permission) || holdsByTeam(principal, teamId, permission);

/** Likewise, by a role in that team, whatever they may do elsewhere. */
export const holdsByTeam = ({ teamPermissions }: Principal, teamId: string, permission: Grant): boolean =>
  teamPermissions !== undefined &&
  Object.hasOwn(teamPermissions, teamId) &&
  (teamPermissions[teamId] ?? []).some((granted) => grants(granted, permission));

const confined = new WeakMap<Principal, Map<string, Principal | null>>();

/**
 * The principal as they may do all of this: as they are, or confined to the teams in which roles allow it; `null` where they
 * may nowhere. The same object each time.
 */
export const acting = (principal: Principal, permissions: readonly Permission[]): Principal | null => {
  if (permissions.every((permission) => holds(principal, permission))) return principal;
  const { teamPermissions } = principal;
  if (teamPermissions === undefined || permissions.some((permission) => permission.startsWith('admin.'))) return null;
  let known = confined.get(principal);
  if (known === undefined) confined.set(principal, (known = new Map()));
  const key = permissions.join(' ');
  let found = known.get(key);
  if (found === undefined) {
    const teams = Object.keys(teamPermissions).filter((team) =>
      permissions.every((permission) => holdsIn(principal, team, permission)),
    );
    found = teams.length === 0 ? null : { ...principal, confinedTo: teams };
    known.set(key, found);
  }
  return found;
};
