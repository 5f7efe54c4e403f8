import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import type { TokenClaims } from '../jwt/claims.js';
import { JwtService } from '../jwt/jwt.service.js';
import { type TimeRestrictions, readHours } from '../jwt/token-conditions.js';
import type { User } from '../users/user.entity.js';
import { tokenOrigin } from './sign-in-origin.js';
import { fingerprintOf } from './token-record.js';
import type { TokenScopeBody } from './token.body.js';
import type { Token } from './token.entity.js';

const DAY_MS = 86_400_000;

/** What a token is to say. */
export interface TokenRequest {
  readonly user: {
    readonly email: string;
    readonly fullName: string | null;
    readonly authProvider: string;
    readonly credentialsNotBefore: Date | null;
  };
  readonly use: 'session' | 'api';
  readonly expiresInMs: number;
  /** Never more than the user is; admission checks again. */
  readonly isAdmin: boolean;
  readonly teams: readonly string[] | null;
  readonly serverId?: string | null;
  readonly permissions?: readonly string[];
  readonly restrictions?: TokenRestrictions;
}

/** From where and when it is good, as tokens have it. */
export type TokenRestrictions = Pick<Token, 'ipRestrictions' | 'timeRestrictions'>;

const UNRESTRICTED: TokenRestrictions = { ipRestrictions: [], timeRestrictions: null };

const isRestricted = ({ ipRestrictions, timeRestrictions }: TokenRestrictions): boolean =>
  ipRestrictions.length > 0 || timeRestrictions !== null;

export interface IssuedToken {
  readonly token: string;
  readonly tokenId: string;
  readonly expiresAt: Date;
}

/** Makes tokens, in the claims that users of other gateways of this kind know. */
@Injectable()
export class TokenIssuer {
  constructor(private readonly jwt: JwtService) {}

  /** What a token says. Rejects with `auth.credential_invalid` for one that is not good. */
  read(token: string): Promise<TokenClaims> {
    return this.jwt.verify(token);
  }

  async issue(request: TokenRequest): Promise<IssuedToken> {
    const { user, isAdmin, teams, use, serverId = null, permissions = [], restrictions = UNRESTRICTED } = request;
    const tokenId = randomUUID();
    const issuedAt = Math.max(seconds(Date.now()), seconds(user.credentialsNotBefore?.getTime() ?? 0));
    const expiresAt = issuedAt + Math.max(1, seconds(request.expiresInMs));
    const token = await this.jwt.sign({
      sub: user.email,
      jti: tokenId,
      iat: issuedAt,
      exp: expiresAt,
      token_use: use,
      user: {
        email: user.email,
        full_name: user.fullName,
        ...((isAdmin || use === 'api') && { is_admin: isAdmin }),
        auth_provider: user.authProvider,
      },
      // Of a log-in that does not say it, what its user is counts from now on as well.
      ...((isAdmin || use === 'api') && { is_admin: isAdmin }),
      teams,
      ...((serverId !== null || permissions.length > 0 || isRestricted(restrictions)) && {
        scopes: {
          server_id: serverId,
          permissions,
          ...(restrictions.ipRestrictions.length > 0 && { ip_restrictions: restrictions.ipRestrictions }),
          ...(restrictions.timeRestrictions !== null && { time_restrictions: restrictions.timeRestrictions }),
        },
      }),
    });
    return { token, tokenId, expiresAt: new Date(expiresAt * 1000) };
  }
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

interface WantedLife {
  readonly expiresInDays: number | null | undefined;
  /** Where that is not said, and no longer than is allowed. */
  readonly usualDays: number;
  readonly maxMs: number;
}

/**
 * How long what a token (`parent`) asks for is good. What was made for a program gives nothing that outlives it; a log-in may. Throws
 * `http.invalid` for a life that is longer than allowed.
 */
export const lifeOf = (parent: Pick<TokenClaims, 'use' | 'expiresAtMs'>, wanted: WantedLife): number => {
  const { expiresInDays, usualDays, maxMs } = wanted;
  const leftMs = parent.use === 'session' ? maxMs : Math.min(maxMs, parent.expiresAtMs - Date.now());
  if (typeof expiresInDays !== 'number') return Math.min(usualDays * DAY_MS, leftMs);
  const wantedMs = expiresInDays * DAY_MS;
  if (wantedMs > maxMs) throw tooLong(`none may be good for more than ${maxMs / DAY_MS} days`);
  if (wantedMs > leftMs) throw tooLong('the token that asks ends before; log in for one that lasts');
  return wantedMs;
};

const tooLong = (reason: string) =>
  fail('http.invalid', {
    message: `expires_in_days: ${reason}`,
    data: { errors: [{ field: 'expiresInDays', message: reason }] },
  });

/** What is on record of a token of which nothing more is said. */
export const NOTHING_SPECIAL = {
  description: null,
  serverId: null,
  createdBy: null,
  isOffered: false,
  parentTokenId: null,
  teamId: null,
  tags: [],
  ...UNRESTRICTED,
  ...tokenOrigin(null),
};

/** What is on record of a token that was just issued to a user who asked for it. */
export const issuedAs = (issued: IssuedToken, { email }: User) => ({
  ...NOTHING_SPECIAL,
  id: randomUUID(),
  tokenId: issued.tokenId,
  tokenHash: fingerprintOf(issued.token),
  userEmail: email,
  madeBy: 'request' as const,
  expiresAt: issued.expiresAt,
});

/** Those that are asked for. A token that has some itself hands on just these. */
export const restrictionsOf = (
  { conditions }: TokenClaims,
  parent: Token | null,
  { ipRestrictions = [], timeRestrictions = null }: Pick<TokenScopeBody, 'ipRestrictions' | 'timeRestrictions'>,
): TokenRestrictions => {
  if (conditions === undefined)
    return {
      ipRestrictions: [...ipRestrictions],
      timeRestrictions: isEmpty(timeRestrictions) ? null : timeRestrictions,
    };
  if (parent === null || ipRestrictions.length > 0 || !isEmpty(timeRestrictions))
    throw fail('auth.grant_missing', {
      message: 'The token that asks is restricted by address or time: one that it makes is so too, and not otherwise',
    });
  return { ipRestrictions: parent.ipRestrictions, timeRestrictions: parent.timeRestrictions };
};

const isEmpty = (restrictions: TimeRestrictions | null): restrictions is null =>
  restrictions === null || readHours(restrictions) === null;
