import { type Grant, type Permission, isGrant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { holds, holdsIn, isPublicOnly } from '#libs/identity';

/** What the built-in role that every user has permits, with what they can see. */
export const ORDINARY_PERMISSIONS: readonly Permission[] = [
  'tools.read',
  'tools.execute',
  'tools.preview',
  'resources.read',
  'prompts.read',
  'servers.read',
  'servers.use',
  'gateways.read',
  'teams.create',
  'teams.read',
  'teams.update',
  'teams.delete',
  'teams.join',
  'teams.manage_members',
  'tokens.create',
  'tokens.read',
  'tokens.update',
  'tokens.revoke',
];

/** What a program needs to use what is there, and nothing with which it could give itself more. */
export const USE_PERMISSIONS: readonly Permission[] = [
  'tools.read',
  'tools.execute',
  'resources.read',
  'prompts.read',
  'servers.use',
];

const covers = (wildcard: Grant, permission: Grant): boolean =>
  wildcard === '*' || (wildcard.endsWith('.*') && permission.startsWith(wildcard.slice(0, -1)));

/**
 * What is left of `granted` when a token asks for `wanted`: never more than either. An empty list stands for all that
 * is granted. A name that is no permission of this gateway grants nothing.
 */
export const narrow = (granted: readonly Grant[], wanted: readonly string[]): readonly Grant[] => {
  if (wanted.length === 0) return granted;
  const kept = new Set<Grant>();
  for (const asked of wanted.filter(isGrant)) {
    if (granted.some((grant) => grant === asked || covers(grant, asked))) kept.add(asked);
    else for (const grant of granted) if (covers(asked, grant)) kept.add(grant);
  }
  return [...kept];
};

/** Whether it gives power over the gateway, which nothing has that acts for another: neither clients nor tokens for somebody else. */
export const isAdministration = (grant: Grant): boolean => grant === '*' || grant.startsWith('admin.');

/** The first of `wanted` that this caller cannot hand on, `null` when there is none. */
export const firstNotHeld = (caller: Principal, wanted: readonly Grant[]): Grant | null =>
  wanted.find((permission) => !holds(caller, permission)) ?? null;

/** The first that a user holds, anywhere, and who decides over them does not; `null` when there is none. `*`: they are an administrator. */
export const firstBeyond = (caller: Principal, user: Principal): Grant | null => {
  if (administers(caller)) return null;
  if (user.permissions.includes('*')) return '*';
  const inTeams = Object.entries(user.teamPermissions ?? {}).flatMap(([teamId, names]) =>
    names.filter((name) => !holdsIn(caller, teamId, name)),
  );
  return firstNotHeld(caller, user.permissions) ?? inTeams[0] ?? null;
};

/** A full administrator, by a token that narrows nothing. */
export const administers = (caller: Principal): boolean => caller.isAdmin && !isPublicOnly(caller);
