import type { Principal } from '#contracts/auth/principal';
import type { IssuerClaims, TokenClaims } from '../jwt/claims.js';
import { narrow, permissionsOf } from '../policy/grants.js';
import type { TeamStatus } from './account-status.repository.js';

/** Of a user, what decides over permissions. */
export interface AdminStatus {
  readonly email: string;
  readonly isAdmin: boolean;
}

/**
 * The principal of a verified token: the decision table. What a token says can only take away from what its user is:
 *
 * | user    | token's admin claim | teams claim | is admin | teams                        |
 * |---------|---------------------|-------------|----------|------------------------------|
 * | admin   | true                | null        | yes      | all                          |
 * | admin   | true or absent      | listed      | yes      | as listed                    |
 * | admin   | absent              | null        | yes      | those that the user is in    |
 * | admin   | false               | any         | no       | as of any other user         |
 * | other   | any                 | null        | no       | those that the user is in    |
 * | other   | any                 | listed      | no       | those of them, see `reached` |
 */
export const principalOf = (user: AdminStatus, claims: TokenClaims, teams: TeamStatus): Principal => {
  const isAdmin = user.isAdmin && claims.isAdmin !== false;
  const permissions = narrow(permissionsOf(isAdmin), claims.permissions);
  return {
    id: user.email,
    kind: 'user',
    // A narrowed token is not an administrator's: nothing may take the short cut past its permissions.
    isAdmin: isAdmin && permissions.includes('*') && claims.serverId === null,
    teams: reached(isAdmin, claims, teams),
    permissions,
    serverId: claims.serverId,
    tokenId: claims.tokenId,
  };
};

/**
 * A team that was never kept here is as its token says: such tokens, and what is kept for such teams, are from before
 * teams were kept. Nothing more can be kept for one.
 */
const reached = (isAdmin: boolean, claims: TokenClaims, { own, kept }: TeamStatus): readonly string[] | null => {
  if (claims.teams === null) return isAdmin && claims.isAdmin === true ? null : own;
  return isAdmin ? claims.teams : claims.teams.filter((team) => own.includes(team) || !kept.includes(team));
};

/**
 * The principal of an access token of a trusted issuer. Who administers is said by its rules alone, so that an issuer
 * makes nobody an administrator only because an administrator here has the same address. Its teams are those of the rules
 * and those that the user is in. Where scopes count, they are all that the token allows, and `consentable` is what they
 * could allow.
 */
export const issuedPrincipalOf = (claims: IssuerClaims, { own, named, kept }: TeamStatus): Principal => {
  const { issuer, subject, endpoints } = claims;
  const teams = claims.teams === null ? null : [...new Set([...own, ...named])];
  const user = { email: subject, isAdmin: claims.isAdmin === true };
  const principal = principalOf(user, { ...claims, teams }, { own: teams ?? own, named, kept });
  const most = permissionsOf(claims.isAdmin === true);
  const scoped = issuer.scopes.size > 0;
  const permissions = scoped && claims.permissions.length === 0 ? [] : principal.permissions;
  return {
    ...principal,
    permissions,
    isAdmin: principal.isAdmin && permissions.length > 0,
    ...(endpoints !== undefined && { endpoints }),
    ...(scoped && { consentable: narrow(most, [...issuer.scopes.values()].flat()) }),
  };
};
