import { createHash, timingSafeEqual } from 'node:crypto';

/** What is on record of a token: enough to recognise it, not to make it. */
export interface TokenRecord {
  /** SHA-256 of the token, hex. */
  readonly hash: string;
  readonly userEmail: string;
}

/** The hash that is kept of a token. Tokens are long and random, so a plain digest does. */
export const fingerprintOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Whether a token is the one on record: a token that was issued under a name has to be that very token. True as well
 * for tokens without a record; their signature is proof enough.
 */
export const agreesWithRecord = (token: string, userEmail: string, record: TokenRecord | null): boolean => {
  if (record === null) return true;
  const given = Buffer.from(fingerprintOf(token), 'hex');
  const kept = Buffer.from(record.hash, 'hex');
  return record.userEmail === userEmail && given.length === kept.length && timingSafeEqual(given, kept);
};
