import type { Principal } from '#contracts/auth/principal';
import { holds } from '#libs/identity';

/** What every user may do with what they can see. */
export const ORDINARY_PERMISSIONS: readonly string[] = [
  'tools.read',
  'tools.execute',
  'resources.read',
  'prompts.read',
  'servers.read',
  'servers.use',
  'gateways.read',
  'tokens.create',
  'tokens.read',
  'tokens.revoke',
];

export const permissionsOf = (isAdmin: boolean): readonly string[] => (isAdmin ? ['*'] : ORDINARY_PERMISSIONS);

const covers = (wildcard: string, permission: string): boolean =>
  wildcard === '*' || (wildcard.endsWith('.*') && permission.startsWith(wildcard.slice(0, -1)));

/**
 * What is left of `granted` when a token asks for `wanted`: never more than either. An empty wish is no wish, and
 * stands for all that is granted.
 */
export const narrow = (granted: readonly string[], wanted: readonly string[]): readonly string[] => {
  if (wanted.length === 0) return granted;
  const kept = new Set<string>();
  for (const wish of wanted) {
    if (granted.some((grant) => grant === wish || covers(grant, wish))) kept.add(wish);
    else for (const grant of granted) if (covers(wish, grant)) kept.add(grant);
  }
  return [...kept];
};

/** The first of `wanted` that this caller cannot hand on, `null` when there is none. */
export const firstNotHeld = (caller: Principal, wanted: readonly string[]): string | null =>
  wanted.find((permission) => !holds(caller, permission)) ?? null;
