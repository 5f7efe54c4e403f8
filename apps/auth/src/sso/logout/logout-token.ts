import type { Claims } from '../../jwt/claim-rules.js';
import { isRecord } from '../../jwt/claims.js';

/** Whose sessions end: of somebody, of one session of theirs, or of both. */
export interface Logout {
  readonly issuer: string;
  readonly subject: string | null;
  readonly session: string | null;
  /** Good once. */
  readonly id: string;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const AGE_MAX_S = 5 * 60;
const SKEW_S = 60;
const TEXT_CHARS_MAX = 512;

/**
 * What a logout token says, whose signature, issuer and audience are good. Throws an `Error` for one that is none.
 * https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
 */
export const readLogout = (claims: Claims, nowS: number): Logout => {
  const { events, nonce, iat, jti, iss } = claims;
  // So that an ID token is never taken for one.
  if (nonce !== undefined) throw new Error('nonce is there');
  if (!isRecord(events) || !isRecord(events[EVENT])) throw new Error('events has no log-out');
  if (typeof iat !== 'number' || Math.abs(nowS - iat) > AGE_MAX_S + SKEW_S) throw new Error('iat is not of now');
  const [subject, session] = [textOf(claims['sub']), textOf(claims['sid'])];
  if (subject === null && session === null) throw new Error('neither sub nor sid is there');
  const id = textOf(jti);
  if (id === null) throw new Error('jti is missing');
  return { issuer: String(iss), subject, session, id };
};

export const LOGOUT_TOKEN_LIFE_MS = (AGE_MAX_S + 2 * SKEW_S) * 1000;

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= TEXT_CHARS_MAX && !/\p{Cc}/u.test(value) ? value : null;
