import type { Principal } from '#contracts/auth/principal';
import type { IssuerClaims, TokenClaims } from '../jwt/claims.js';
import { narrow, permissionsOf } from '../policy/grants.js';

/** Of a user, what decides over permissions. */
export interface AdminStatus {
  readonly email: string;
  readonly isAdmin: boolean;
}

/**
 * The principal of a verified token: the decision table. What a token says can only take away from what its user is:
 *
 * | user    | token's admin claim | teams claim | is admin | teams          |
 * |---------|---------------------|-------------|----------|----------------|
 * | admin   | true                | null        | yes      | all            |
 * | admin   | true or absent      | other       | yes      | as listed      |
 * | admin   | absent              | null        | yes      | none (public)  |
 * | admin   | false               | any         | no       | listed or none |
 * | other   | any                 | any         | no       | listed or none |
 */
export const principalOf = (user: AdminStatus, claims: TokenClaims): Principal => {
  const isAdmin = user.isAdmin && claims.isAdmin !== false;
  const permissions = narrow(permissionsOf(isAdmin), claims.permissions);
  return {
    id: user.email,
    kind: 'user',
    // A narrowed token is not an administrator's: nothing may take the short cut past its permissions.
    isAdmin: isAdmin && permissions.includes('*') && claims.serverId === null,
    teams: claims.teams ?? (isAdmin && claims.isAdmin === true ? null : []),
    permissions,
    serverId: claims.serverId,
    tokenId: claims.tokenId,
  };
};

/**
 * The principal of an access token of a trusted issuer. Who administers is said by its rules alone, so that an issuer
 * makes nobody an administrator only because an administrator here has the same address. Where scopes count, they are all
 * that the token allows, and `consentable` is what they could allow.
 */
export const issuedPrincipalOf = (claims: IssuerClaims): Principal => {
  const { issuer, subject, endpoints } = claims;
  const principal = principalOf({ email: subject, isAdmin: claims.isAdmin === true }, claims);
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
