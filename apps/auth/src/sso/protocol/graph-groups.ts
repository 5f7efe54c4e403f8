import { fail } from '#libs/errors';
import type { Claims } from '../../jwt/claim-rules.js';
import { isRecord } from '../../jwt/claims.js';
import type { WebFetch } from './web-fetch.js';

const GRAPH = 'https://graph.microsoft.com/';
const FIRST = `${GRAPH}v1.0/me/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999`;
const PAGES_MAX = 10;

/** Whether Entra left out groups that are too many for a token. https://learn.microsoft.com/security/zero-trust/develop/configure-tokens-group-claims-app-roles#group-overages */
export const hasTooManyGroups = (claims: Claims): boolean =>
  claims['groups'] === undefined &&
  (claims['hasgroups'] !== undefined || (isRecord(claims['_claim_names']) && 'groups' in claims['_claim_names']));

/**
 * The ids of a user's groups, by Microsoft Graph; what the token says of where to ask is an address that is gone. Rejects with
 * `auth.sign_in_refused` where they are more than anybody reads: none of them must be taken for missing.
 */
export const graphGroups = async (fetch: WebFetch, token: string): Promise<readonly string[]> => {
  const ids: string[] = [];
  let url: unknown = FIRST;
  for (let page = 0; page < PAGES_MAX; page++) {
    const response = await fetch(String(url), { headers: { authorization: `Bearer ${token}` } });
    const answer: unknown = await response.json();
    if (!isRecord(answer) || !Array.isArray(answer['value'])) throw unreadable();
    ids.push(...answer['value'].filter(isRecord).map(({ id }) => String(id)));
    url = answer['@odata.nextLink'];
    if (url === undefined) return ids;
    // The token goes nowhere else.
    if (typeof url !== 'string' || !url.startsWith(GRAPH)) throw unreadable();
  }
  throw fail('auth.sign_in_refused', { message: 'You are in more groups than can be read' });
};

const unreadable = () => fail('auth.sign_in_refused', { message: 'Microsoft Graph answers what cannot be read' });
