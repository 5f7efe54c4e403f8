import type { Principal } from '#contracts/auth/principal';
import type { TokenClaims } from '../jwt/claims.js';
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
