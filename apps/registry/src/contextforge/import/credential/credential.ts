import { type FileEntry, LeftOut, isEmpty, quoted } from '../../file-entry.js';
import { plainCredential } from './plain-credential.js';
import { UNREADABLE, openSealed } from './sealed-value.js';

/** The members of a body that give the credential of an entry, opened. Throws `LeftOut`, and `http.invalid` where it cannot be opened. */
export const credentialMembers = (entry: FileEntry, secret: string | undefined): Record<string, unknown> => {
  const { auth_type: kind, auth_value: sealed } = entry;
  if (isEmpty(kind) && isEmpty(sealed)) return { authType: 'none' };
  const plain = plainCredential(entry);
  if (plain !== null) return plain;
  switch (kind) {
    case 'none':
      return { authType: 'none' };
    case 'bearer':
    case 'basic':
    case 'authheaders':
      return headerMembers(openSealed(sealed, secret));
    case 'oauth':
      throw new LeftOut('only gateways can be reached with OAuth');
    default:
      throw new LeftOut(`its auth_type ${quoted(kind)} is not supported`);
  }
};

/** What is put behind the URL of an entry whose credential is a member of the query. Throws as `credentialMembers` does. */
export const credentialQuery = (entry: FileEntry, secret: string | undefined): string => {
  const { auth_query_params: params } = entry;
  if (typeof params !== 'object' || params === null || Object.keys(params).length === 0)
    throw new LeftOut('its credential is a member of the query, which the file does not hold: register it anew');
  const pairs = Object.entries(params).map(([name, sealed]) => [name, openSealed(sealed, secret)[name] ?? ''] as const);
  if (pairs.some(([, value]) => value === '')) throw UNREADABLE();
  return new URLSearchParams(Object.fromEntries(pairs)).toString();
};

/** Headers are kept as the kind of credential that they are, so that they are shown as such. */
const headerMembers = (headers: Readonly<Record<string, string>>): Record<string, unknown> => {
  const pairs = Object.entries(headers).map(([key, value]) => ({ key, value }));
  const [only] = pairs;
  if (only === undefined) return { authType: 'none' };
  if (pairs.length === 1 && only.key.toLowerCase() === 'authorization') {
    const bearer = /^Bearer (.+)$/i.exec(only.value)?.[1];
    if (bearer !== undefined) return { authType: 'bearer', authToken: bearer };
    const pair = /^Basic (.+)$/i.exec(only.value)?.[1];
    const [, authUsername, authPassword] =
      /^([^:]+):(.*)$/s.exec(Buffer.from(pair ?? '', 'base64').toString('utf8')) ?? [];
    if (authUsername !== undefined) return { authType: 'basic', authUsername, authPassword };
  }
  return { authType: 'authheaders', authHeaders: pairs };
};
