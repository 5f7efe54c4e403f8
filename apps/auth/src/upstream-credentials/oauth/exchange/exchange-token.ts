import type { Bus } from '#libs/bus';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { METADATA_MS, postToken } from '../access-token.js';
import { tokenEndpointOf, unfit } from '../authorization-server.js';
import type { ObtainedToken } from '../upstream-token.service.js';
import type { Subject } from './subject.service.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
/** What is shown as a bearer token. https://www.rfc-editor.org/rfc/rfc8693#section-3 */
const ISSUED = new Set([ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:jwt']);

/** Codes by which another sign-in of the caller helps, at the company or with a consent there. */
const NEEDS_REAUTH = new Set<unknown>([
  'invalid_grant',
  'invalid_token',
  'interaction_required',
  'login_required',
  'consent_required',
]);

/**
 * Exchanges the token of a caller; nothing else that the authorization server gave is kept. Rejects with `upstream.unauthorised` where the authorization server refuses, with `state` in its
 * data, or as `requestAccessToken` does.
 */
export const exchangeToken = async (client: OAuthClient, subject: Subject, bus: Bus): Promise<ObtainedToken> => {
  const endpoint = await tokenEndpointOf(client, bus, METADATA_MS);
  const token = await postToken(bus, endpoint, client, {
    ...grantOf(client, subject.token),
    ...(client.scopes.length > 0 && { scope: client.scopes.join(' ') }),
    ...(client.resource !== null && { resource: client.resource }),
    ...(client.audience !== null && { audience: client.audience }),
  }).catch((error: unknown) => {
    throw refused(toGatewayError(error));
  });
  if (token.issuedTokenType !== undefined && !ISSUED.has(token.issuedTokenType))
    throw unfit('what it exchanged the token for is no access token');
  if (token.value === subject.token) throw unfit('it gave back the token that it was to exchange');
  return { text: token.value, lifeMs: token.lifeMs };
};

const grantOf = ({ grantType }: OAuthClient, token: string): Readonly<Record<string, string>> =>
  grantType === 'on-behalf-of'
    ? // https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        requested_token_use: 'on_behalf_of',
        assertion: token,
      }
    : // https://www.rfc-editor.org/rfc/rfc8693#section-2.1
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: token,
        subject_token_type: ACCESS_TOKEN,
        requested_token_type: ACCESS_TOKEN,
      };

const refused = (error: GatewayError): GatewayError => {
  if (error.code !== 'upstream.unauthorised') return error;
  const code = error.data?.['oauthError'];
  const reason = error.message.replace(/^.*refused the client: /, '');
  return fail('upstream.unauthorised', {
    message: `The authorization server does not exchange the token of this caller: ${reason}`,
    data: { ...error.data, state: NEEDS_REAUTH.has(code) ? 'needs_reauth' : 'failed' },
    executed: 'no',
  });
};
