import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';

/** What differs between two tokens that say the same. The last three are Entra's. */
const OF_ONE_TOKEN = new Set(['exp', 'iat', 'nbf', 'jti', 'uti', 'aio', 'rh']);
/** Texts that are lists. */
const LISTS = new Set(['scope', 'scp']);

/**
 * The same for verified tokens by which the same may be done for one person. All that a token says may decide that, also what is not
 * known here; and who it is for is not always in `sub`, which some tokens do not have.
 */
export const subjectKeyOf = (token: string, principalId: string): string => {
  const said = Object.entries(decodeJwt(token)).filter(([claim]) => !OF_ONE_TOKEN.has(claim));
  const claims = said.map(([claim, value]) => [
    claim,
    LISTS.has(claim) && typeof value === 'string' ? value.split(' ') : value,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([principalId, inOrder(Object.fromEntries(claims))]))
    .digest('base64url');
};

/** Members and lists in one order, whatever order they came in. */
const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(inOrder(item))).sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => [name, inOrder(member)]);
};
