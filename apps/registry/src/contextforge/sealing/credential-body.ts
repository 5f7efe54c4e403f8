import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { type FileEntry, LeftOut } from '../file-entry.js';

type Members = Readonly<Record<string, unknown>>;

/** What a body says that gives an entry this credential, with what its address holds of it. */
export interface OpenedCredential {
  readonly members: Members;
  /** Goes behind the URL. */
  readonly query?: string;
  /** Goes behind the URL of the document of an HTTP API. */
  readonly documentQuery?: string;
}

/** Throws `LeftOut` for a credential that is not of the kind that its entry says. */
export const bodyOfCredential = (entry: FileEntry, credential: UpstreamCredential): OpenedCredential => {
  const { tls, env, args, documentQuery } = credential;
  const certificates = {
    ...(tls?.ca && { caCertificate: tls.ca }),
    ...(tls?.cert && { clientCert: tls.cert }),
    ...(tls?.key && { clientKey: tls.key }),
  };
  const program = { ...(env && { env }), ...(args && { args }) };
  const { members, query } = shownIn(entry, credential);
  return {
    members: { ...members, ...certificates, ...program },
    ...(query !== undefined && query !== '' && { query }),
    ...(documentQuery !== undefined && { documentQuery }),
  };
};

const shownIn = (entry: FileEntry, credential: UpstreamCredential): OpenedCredential => {
  const { headers = {}, query, oauth } = credential;
  const [header = ''] = Object.values(headers);
  switch (entry['auth_type'] ?? 'none') {
    case 'none':
      return {
        members: entry['transport'] === 'STDIO' ? {} : { authType: 'none' },
        ...(query !== undefined && { query }),
      };
    case 'bearer':
      return { members: { authType: 'bearer', authToken: header.replace(/^Bearer /, '') }, ...(query && { query }) };
    case 'basic': {
      const pair = Buffer.from(header.replace(/^Basic /, ''), 'base64').toString('utf8');
      const at = pair.indexOf(':');
      const names = { authUsername: pair.slice(0, at), authPassword: pair.slice(at + 1) };
      return { members: { authType: 'basic', ...names }, ...(query && { query }) };
    }
    case 'authheaders': {
      const authHeaders = Object.entries(headers).map(([key, value]) => ({ key, value }));
      return { members: { authType: 'authheaders', authHeaders }, ...(query && { query }) };
    }
    case 'query_param':
      return keyInQuery(entry['auth_query_param_key'], query ?? '');
    case 'oauth':
      if (oauth === undefined) throw UNLIKE();
      return { members: { authType: 'oauth', oauthConfig: configOf(oauth) }, ...(query && { query }) };
    default:
      throw UNLIKE();
  }
};

const UNLIKE = () => new LeftOut('its sealed credential is not of the kind that it says');

/** A key in the query stands behind what the URL has. */
const keyInQuery = (name: unknown, query: string): OpenedCredential => {
  const parts = query.split('&');
  const [[key, value] = ['', '']] = [...new URLSearchParams(parts.at(-1))];
  if (typeof name !== 'string' || key !== name) throw UNLIKE();
  const ofAddress = parts.slice(0, -1).join('&');
  return {
    members: { authType: 'query_param', authQueryParamKey: name, authQueryParamValue: value },
    ...(ofAddress !== '' && { query: ofAddress }),
  };
};

/** `upstreamUrl` and `catalogUser` are of the gateway that it came from. */
const configOf = ({ upstreamUrl: _url, catalogUser: _user, resource, ...client }: OAuthClient): Members => ({
  ...Object.fromEntries(Object.entries(client).filter(([, value]) => value !== null)),
  ...(resource === null ? { omitResource: true } : { resource }),
});
