import { MASK } from '#contracts/auth/upstream-secrets.rules';
import { type FileEntry, LeftOut, isEmpty } from '../../file-entry.js';

/** The members of an entry that give its credential as it is, by its kind, and what they are here. */
const MEMBERS: ReadonlyMap<unknown, Readonly<Record<string, string>>> = new Map([
  ['bearer', { auth_token: 'authToken' }],
  ['basic', { auth_username: 'authUsername', auth_password: 'authPassword' }],
  ['authheaders', { auth_headers: 'authHeaders' }],
  ['query_param', { auth_query_param_key: 'authQueryParamKey', auth_query_param_value: 'authQueryParamValue' }],
]);

/**
 * The members of a body that give a credential which stands in the file unsealed, as in files that are filled in from an
 * environment; null where there is none. Throws `LeftOut` for one that is masked.
 */
export const plainCredential = (entry: FileEntry): Record<string, unknown> | null => {
  const members = MEMBERS.get(entry['auth_type']) ?? {};
  const given = Object.entries(members).filter(([theirs]) => !isEmpty(entry[theirs]));
  if (given.length === 0 || !isEmpty(entry['auth_value'])) return null;
  if (given.some(([theirs]) => JSON.stringify(entry[theirs]).includes(`"${MASK}"`)))
    throw new LeftOut('its credential is masked in the file: put it there');
  return { authType: entry['auth_type'], ...Object.fromEntries(given.map(([theirs, ours]) => [ours, entry[theirs]])) };
};
