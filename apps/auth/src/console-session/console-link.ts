import { randomUUID } from 'node:crypto';
import { errors } from 'jose';
import { fail } from '#libs/errors';
import type { JwtService } from '../jwt/jwt.service.js';

const PURPOSE = 'console-link';

/** What a link says: for whom it is, and what to note so that it is good once. */
export interface ConsoleLink {
  readonly email: string;
  readonly id: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/**
 * The code of a link that opens the console for a user, once. Nothing is stored until it is used, so that whoever has the
 * key (the gateway, or a command beside its data folder) can make one; as a token it is good for nothing.
 */
export const signConsoleLink = (jwt: JwtService, email: string, lifeMs: number): Promise<string> => {
  const issuedAt = Math.floor(Date.now() / 1000);
  return jwt.signFor(PURPOSE, {
    sub: email,
    jti: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + Math.max(1, Math.floor(lifeMs / 1000)),
  });
};

/** Rejects with `auth.link_expired`, or `auth.link_invalid` for whatever else is wrong with it. */
export const readConsoleLink = async (jwt: JwtService, code: string): Promise<ConsoleLink> => {
  try {
    const { sub, jti, iat, exp } = await jwt.verifyFor(PURPOSE, code);
    if (sub === undefined || jti === undefined || iat === undefined || exp === undefined)
      throw new Error('a claim is missing');
    return { email: sub, id: jti, issuedAt: new Date(iat * 1000), expiresAt: new Date(exp * 1000) };
  } catch (cause) {
    throw fail(cause instanceof errors.JWTExpired ? 'auth.link_expired' : 'auth.link_invalid', { cause });
  }
};
