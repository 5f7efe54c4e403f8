import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Grant, PERMISSIONS, type Permission } from '#contracts/auth/permission';
import { acting, canView } from '#libs/identity';
import { BUILT_IN_ROLES } from '../roles/built-in-roles.js';
import { principalOf } from './principal.js';

type AccessScope = Parameters<typeof canView>[1];

const ME = 'ann@example.org';
const TEAMS = ['red', 'blue', 'green'];
/** Those that are done to something that is kept; the use of a server is implied by others. */
const OPERATIONS: readonly Permission[] = PERMISSIONS.filter(
  (name) => /^(tools|resources|prompts|servers|gateways)\./.test(name) && name !== 'servers.use',
);

interface World {
  readonly isAdmin: boolean;
  readonly member: readonly string[];
  readonly claimed: readonly string[] | null;
  readonly wanted: readonly Permission[];
  /** Of a role, and the team that it is in. */
  readonly assigned: readonly { readonly teamId: string | null; readonly permissions: readonly Grant[] }[];
}

const permissionsOf = (id: string): readonly Grant[] =>
  BUILT_IN_ROLES.find((role) => role.id === id)?.permissions ?? [];

const covers = (granted: Grant, wanted: Permission): boolean =>
  granted === '*' || granted === wanted || (granted.endsWith('.*') && wanted.startsWith(granted.slice(0, -1)));

/** What ought to be: seen, and allowed by a role that is for everything or for the team of it. */
const mayDo = (world: World, operation: Permission, entry: AccessScope): boolean => {
  const isAdmin = world.isAdmin || world.assigned.some((one) => one.teamId === null && one.permissions.includes('*'));
  const reach =
    world.claimed?.filter((team) => isAdmin || world.member.includes(team)) ?? (isAdmin ? TEAMS : world.member);
  const isMine = entry.ownerEmail === ME && reach.length > 0;
  const isSeen = { public: true, team: reach.includes(entry.teamId ?? ''), private: isMine }[entry.visibility];
  const roles = [
    { teamId: null, permissions: isAdmin ? (['*'] as const) : permissionsOf('platform_viewer') },
    ...world.assigned,
  ];
  const counts = ({ teamId }: { readonly teamId: string | null }): boolean =>
    teamId === null ||
    (teamId === entry.teamId &&
      entry.visibility !== 'private' &&
      reach.includes(teamId) &&
      world.member.includes(teamId));
  const isAllowed = roles.filter(counts).some(({ permissions }) => permissions.some((one) => covers(one, operation)));
  return isSeen && isAllowed && (world.wanted.length === 0 || world.wanted.includes(operation));
};

const teams = fc.subarray(TEAMS);
const globalRole = fc
  .constantFrom('platform_admin', 'user')
  .map((id) => ({ teamId: null, permissions: permissionsOf(id) }));
const teamRole = fc
  .record({ teamId: fc.constantFrom(...TEAMS), id: fc.constantFrom('team_admin', 'developer', 'viewer') })
  .map(({ teamId, id }) => ({ teamId, permissions: permissionsOf(id) }));

const world: fc.Arbitrary<World> = fc.record({
  isAdmin: fc.boolean(),
  member: teams,
  claimed: fc.option(teams, { nil: null }),
  wanted: fc.oneof(fc.constant([]), fc.subarray([...OPERATIONS], { minLength: 1, maxLength: 4 })),
  assigned: fc.array(fc.oneof(teamRole, teamRole, globalRole), { maxLength: 3 }),
});

const entry: fc.Arbitrary<AccessScope> = fc
  .record({
    visibility: fc.constantFrom('public' as const, 'team' as const, 'private' as const),
    teamId: fc.option(fc.constantFrom(...TEAMS), { nil: null }),
    ownerEmail: fc.constantFrom(ME, 'bob@example.org'),
  })
  .filter(({ visibility, teamId }) => visibility !== 'team' || teamId !== null);

it('a principal may do what the model says when role, team, visibility and operation are any', () => {
  fc.assert(
    fc.property(world, entry, fc.constantFrom(...OPERATIONS), (given, scope, operation) => {
      const principal = principalOf(
        { email: ME, isAdmin: given.isAdmin },
        {
          subject: ME,
          tokenId: 't',
          issuedAtMs: 0,
          expiresAtMs: 0,
          use: 'session',
          isAdmin: undefined,
          teams: given.claimed,
          serverId: null,
          permissions: given.wanted,
        },
        {
          teams: { own: given.member, kept: TEAMS, named: [] },
          roles: {
            base: permissionsOf('platform_viewer'),
            assigned: given.assigned.map((one) => ({ ...one, expiresAtMs: null })),
            changesAtMs: null,
          },
        },
      );
      const one = acting(principal, [operation]);
      expect(one !== null && canView(one, scope)).toBe(mayDo(given, operation, scope));
    }),
    { numRuns: 3000 },
  );
});
