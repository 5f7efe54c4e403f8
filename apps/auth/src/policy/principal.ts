import type { Grant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import type { IssuerClaims, TokenClaims } from '../jwt/claims.js';
import { isAdministration, narrow } from './grants.js';
import type { AccountStatus, RoleStatus, TeamStatus } from './account-status.repository.js';

/** What is on record that a principal is made of. */
type Held = Pick<AccountStatus, 'teams' | 'roles'>;

/** Of a user, what decides over permissions. */
export interface AdminStatus {
  readonly email: string;
  readonly isAdmin: boolean;
}

/**
 * The principal of a verified token: the decision table. What a token says can only take away from what its user is. Who
 * holds `*` by a role is an administrator as well:
 *
 * | user    | token's admin claim | teams claim | is admin | teams                        |
 * |---------|---------------------|-------------|----------|------------------------------|
 * | admin   | true                | null        | yes      | all                          |
 * | admin   | true or absent      | listed      | yes      | as listed                    |
 * | admin   | absent              | null        | yes      | all, of a log-in; else those that the user is in |
 * | admin   | false               | any         | no       | as of any other user         |
 * | other   | any                 | null        | no       | those that the user is in    |
 * | other   | any                 | listed      | no       | those of them, see `reached` |
 */
export const principalOf = (user: AdminStatus, claims: TokenClaims, held: Held): Principal => {
  const { permissions, teams, serverId, conditions } = claims;
  const isNarrowed = permissions.length > 0 || teams !== null || serverId !== null || conditions !== undefined;
  return {
    ...allowedTo(user, claims, held),
    ...(isNarrowed && { isNarrowed }),
    ...(conditions !== undefined && { conditions }),
  };
};

const allowedTo = (user: AdminStatus, claims: TokenClaims, { teams, roles }: Held): Principal => {
  const everywhere = globalOf(roles);
  const isAdmin = (user.isAdmin || everywhere.includes('*')) && claims.isAdmin !== false;
  const granted = isAdmin ? ADMINISTRATION : everywhere.filter((grant) => grant !== '*');
  const permissions = narrow(granted, claims.permissions);
  const reach = reached(isAdmin, claims, teams);
  const teamPermissions = isAdmin ? null : inTeams(roles, teams, reach, claims);
  return {
    id: user.email,
    kind: 'user',
    // A narrowed token is not an administrator's: nothing may take the short cut past its permissions.
    isAdmin: isAdmin && permissions.includes('*') && claims.serverId === null,
    teams: reach,
    permissions,
    ...(teamPermissions !== null && { teamPermissions }),
    serverId: claims.serverId,
    tokenId: claims.tokenId,
  };
};

/** The principal of a user by a token that narrows nothing: what they are allowed. One who is not active is allowed nothing. */
export const principalOfUser = (user: AdminStatus & { readonly isActive: boolean }, held: Held): Principal => {
  const principal = principalOf(user, NARROWS_NOTHING, held);
  if (user.isActive) return principal;
  const { teamPermissions: _none, ...rest } = principal;
  return { ...rest, isAdmin: false, teams: [], permissions: [] };
};

const ADMINISTRATION: readonly Grant[] = ['*'];

const NARROWS_NOTHING: TokenClaims = {
  subject: '',
  tokenId: '',
  issuedAtMs: null,
  expiresAtMs: Infinity,
  use: 'session',
  isAdmin: undefined,
  teams: null,
  serverId: null,
  permissions: [],
};

const globalOf = ({ base, assigned }: RoleStatus): readonly Grant[] => [
  // Nobody administers by what everybody has.
  ...new Set([
    ...base.filter((grant) => grant !== '*'),
    ...assigned.filter(({ teamId }) => teamId === null).flatMap(({ permissions }) => permissions),
  ]),
];

/** By roles in teams that the user is in and the token reaches; `null` where there are none. */
const inTeams = (
  { assigned }: RoleStatus,
  { own }: TeamStatus,
  reach: readonly string[] | null,
  { permissions: wanted }: TokenClaims,
): Readonly<Record<string, readonly Grant[]>> | null => {
  const held = new Map<string, readonly Grant[]>();
  for (const { teamId, permissions } of assigned) {
    if (teamId === null || !own.includes(teamId) || reach?.includes(teamId) === false) continue;
    const kept = narrow(permissions, wanted);
    if (kept.length > 0) held.set(teamId, [...new Set([...(held.get(teamId) ?? []), ...kept])]);
  }
  return held.size === 0 ? null : Object.fromEntries(held);
};

/**
 * A team that was never kept here is as its token says: such tokens, and what is kept for such teams, are from before
 * teams were kept. Nothing more can be kept for one.
 */
const reached = (isAdmin: boolean, claims: TokenClaims, { own, kept }: TeamStatus): readonly string[] | null => {
  const isUnsaid = claims.isAdmin === undefined && claims.use === 'session';
  if (claims.teams === null) return isAdmin && (claims.isAdmin === true || isUnsaid) ? null : own;
  return isAdmin ? claims.teams : claims.teams.filter((team) => own.includes(team) || !kept.includes(team));
};

/**
 * The principal of an access token of a trusted issuer. Who administers is said by its rules alone, so that an issuer
 * makes nobody an administrator only because an administrator here has the same address. Its teams are those of the rules
 * and those that the user is in; roles count but for administration. Where scopes count, they are all that the token
 * allows, and `consentable` is what they could allow.
 */
export const issuedPrincipalOf = (claims: IssuerClaims, { teams: { own, named, kept }, roles }: Held): Principal => {
  const { issuer, subject, endpoints } = claims;
  const teams = claims.teams === null ? null : [...new Set([...own, ...named])];
  const user = { email: subject, isAdmin: claims.isAdmin === true };
  const held = { teams: { own: teams ?? own, named, kept }, roles: withoutAdministration(roles) };
  const whole = allowedTo(user, { ...claims, teams, permissions: [] }, held);
  const scoped = issuer.scopes.size > 0;
  if (scoped && claims.permissions.length === 0) {
    const { teamPermissions: _none, ...rest } = whole;
    return { ...rest, isAdmin: false, permissions: [], ...issued(endpoints, consentableOf(issuer, whole)) };
  }
  const principal = allowedTo(user, { ...claims, teams }, held);
  return {
    ...principal,
    ...(principal.isAdmin && { isAdminByIssuer: true }),
    ...issued(endpoints, scoped ? consentableOf(issuer, whole) : undefined),
  };
};

/**
 * The principal of a client without a user: itself, allowed what whoever registered it is at this moment, but for administration, within
 * its scopes and its team. Without a team it sees what is public.
 */
export const clientPrincipalOf = (claims: IssuerClaims, clientId: string, { teams, roles }: Held): Principal => {
  const held = { teams, roles: withoutAdministration(roles) };
  const team = (claims.teams ?? []).filter((id) => teams.own.includes(id));
  const { teamPermissions, ...allowed } = allowedTo(
    { email: claims.subject, isAdmin: false },
    { ...claims, teams: team },
    held,
  );
  return {
    ...allowed,
    id: `client:${clientId}`,
    actsFor: claims.subject,
    ...(claims.permissions.length === 0 ? { permissions: [] } : teamPermissions !== undefined && { teamPermissions }),
    isNarrowed: true,
    ...issued(claims.endpoints, undefined),
  };
};

const issued = (endpoints: Principal['endpoints'], consentable: Principal['consentable']): Partial<Principal> => ({
  ...((endpoints !== undefined || consentable !== undefined) && { isNarrowed: true }),
  ...(endpoints !== undefined && { endpoints }),
  ...(consentable !== undefined && { consentable }),
});

const consentableOf = ({ scopes }: IssuerClaims['issuer'], whole: Principal): readonly Grant[] =>
  narrow(whole.permissions, [...scopes.values()].flat());

const withoutAdministration = ({ base, assigned, changesAtMs }: RoleStatus): RoleStatus => ({
  base,
  assigned: assigned.map((given) => ({
    ...given,
    permissions: given.permissions.filter((grant) => !isAdministration(grant)),
  })),
  changesAtMs,
});
