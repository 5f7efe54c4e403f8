import { fail } from '#libs/errors';
import { checkedBody } from '#libs/service';
import { RegisterGatewayBody } from '../gateways/gateway.body.js';
import type { RegisterKnownServerBody } from './known-server.body.js';
import { type KnownServer, takesApiKey, takesOAuth, wantsApiKey } from './known-server.js';

/**
 * The request that registers a server of the catalog, in the form of every registration. Throws `http.invalid` for a credential that its
 * entry has no use for, and where one is missing.
 */
export const registrationOf = (server: KnownServer, given: RegisterKnownServerBody): Promise<RegisterGatewayBody> => {
  const { name, description, visibility, teamId } = given;
  return checkedBody(
    {
      name: name ?? server.name,
      url: server.url,
      description: description ?? server.description,
      transport: server.transport ?? 'AUTO',
      tags: server.tags ?? [],
      ...(visibility !== undefined && { visibility }),
      ...(teamId !== undefined && { teamId }),
      ...credentialOf(server, given),
    },
    RegisterGatewayBody,
  );
};

const credentialOf = (server: KnownServer, { apiKey, oauthCredentials }: RegisterKnownServerBody): object => {
  if (apiKey && oauthCredentials) throw fail('http.invalid', { message: 'apiKey and oauthCredentials: give one' });
  if (apiKey) {
    if (!takesApiKey(server)) throw useless(server, 'an API key');
    return keyOf(server, apiKey);
  }
  if (oauthCredentials && !takesOAuth(server)) throw useless(server, 'an OAuth client');
  if (wantsApiKey(server)) throw fail('http.invalid', { message: `"${server.id}" wants an API key: give apiKey` });
  return takesOAuth(server) ? { authType: 'oauth', oauthConfig: clientOf(server, oauthCredentials ?? {}) } : {};
};

/** Without a client of its own, the gateway becomes one by itself. */
const clientOf = (
  { oauthConfig }: KnownServer,
  { clientId, clientSecret, issuer }: Partial<NonNullable<RegisterKnownServerBody['oauthCredentials']>>,
): object => {
  const given = {
    clientId,
    clientSecret,
    issuer: issuer ?? oauthConfig?.issuer,
    authorizationUrl: oauthConfig?.authorizeUrl,
    tokenUrl: oauthConfig?.tokenUrl,
    scopes: oauthConfig?.scopes,
  };
  const members = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
  return { grantType: 'authorization_code', ...Object.fromEntries(members) };
};

const keyOf = ({ apiKeyHeader, apiKeyQuery }: KnownServer, apiKey: string): object => {
  if (apiKeyQuery !== undefined)
    return { authType: 'query_param', authQueryParamKey: apiKeyQuery, authQueryParamValue: apiKey };
  if (apiKeyHeader !== undefined)
    return { authType: 'authheaders', authHeaders: [{ key: apiKeyHeader, value: apiKey }] };
  return { authType: 'bearer', authToken: apiKey };
};

const useless = ({ id, authType }: KnownServer, what: string) =>
  fail('http.invalid', { message: `"${id}" has no use for ${what}: its auth_type is "${authType}"` });
