import { createHash, timingSafeEqual } from 'node:crypto';
import type { Standing } from '../storage/standing.repository.js';

/** What is kept of a token. Tokens are long and random, so a plain digest does. */
export const fingerprintOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Proof by record: a token that was issued under a name on record has to be that very token. `true` also for tokens
 * of which nothing is on record; their signature is proof enough.
 */
export const agreesWithRecord = (token: string, userEmail: string, record: Standing['token']): boolean => {
  if (record === null) return true;
  const given = Buffer.from(fingerprintOf(token), 'hex');
  const kept = Buffer.from(record.hash, 'hex');
  return record.userEmail === userEmail && given.length === kept.length && timingSafeEqual(given, kept);
};
