import { fail } from '#libs/errors';
import type { Claims } from '../../jwt/claim-rules.js';
import { isRecord } from '../../jwt/claims.js';
import type { WebFetch } from './web-fetch.js';

const PER_PAGE = 100;
/** Of groups; who is in more is not told of the others. */
const PAGES_MAX = 5;

/** What is asked of GitHub, and by what. */
interface Asking {
  readonly fetch: WebFetch;
  readonly token: string;
  /** `https://api.github.com/user`, or the like of a server of one's own. */
  readonly userUrl: string;
  readonly wantsGroups: boolean;
}

/**
 * GitHub's word on a user as claims: it has no ID token. `groups` are organisations (`acme`) and their teams
 * (`acme/platform`). https://docs.github.com/rest/users
 */
export const githubClaims = async ({ fetch, token, userUrl, wantsGroups }: Asking): Promise<Claims> => {
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`${userUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return response.json();
  };
  const all = async (path: string): Promise<readonly Claims[]> => {
    const found: Claims[] = [];
    for (let page = 1; page <= PAGES_MAX; page++) {
      const items = await get(`${path}?per_page=${PER_PAGE}&page=${page}`);
      if (!Array.isArray(items)) throw fail('auth.sign_in_refused', { message: 'GitHub answers what cannot be read' });
      found.push(...items.filter(isRecord));
      if (items.length < PER_PAGE) break;
    }
    return found;
  };
  const user = await get('');
  if (!isRecord(user) || typeof user['id'] !== 'number')
    throw fail('auth.sign_in_refused', { message: 'GitHub does not say who you are' });
  const emails = await all('/emails');
  const groups = wantsGroups ? [...(await all('/orgs')).map(orgName), ...(await all('/teams')).map(teamName)] : [];
  return { sub: String(user['id']), name: user['name'], login: user['login'], emails, groups };
};

const orgName = ({ login }: Claims): unknown => login;

const teamName = ({ slug, organization }: Claims): string =>
  `${isRecord(organization) ? String(organization['login']) : ''}/${String(slug)}`;
