import { isDeepStrictEqual } from 'node:util';
import type { OAuthClient, ShownOAuthClient, TokenEndpointAuthMethod } from '#contracts/auth/oauth/oauth-client';
import { isSecureUrl } from '#contracts/auth/trusted-issuers';
import { MASK, splitQuery } from '#contracts/auth/upstream-secrets.rules';
import { type GatewayError, fail } from '#libs/errors';
import type { OAuthConfigBody } from './oauth-config.body.js';

/** The secrets of a client that a body gives, in which a mask may stand for what is kept. */
export const secretsOfClient = ({ clientSecret, privateKey }: OAuthConfigBody): string[] =>
  [clientSecret, privateKey].filter((secret) => typeof secret === 'string');

/** What may be told of the client of a body. `url`: of the gateway. Throws `http.invalid` for what makes no client. */
export const shownClient = (body: OAuthConfigBody, url: string | null): ShownOAuthClient => {
  const method = body.tokenEndpointAuthMethod ?? 'client_secret_basic';
  const hasKey = method === 'private_key_jwt';
  assertMembersFit(body, method);
  return {
    grantType: body.grantType,
    ...addressesOf(body),
    clientId: body.clientId,
    tokenEndpointAuthMethod: method,
    tokenEndpointAuthSigningAlg: hasKey ? (body.tokenEndpointAuthSigningAlg ?? 'RS256') : null,
    privateKeyJwtKid: body.privateKeyJwtKid ?? null,
    scopes: body.scopes ?? [],
    resource: resourceOf(body, url),
    audience: body.audience ?? null,
  };
};

const assertMembersFit = (body: OAuthConfigBody, method: TokenEndpointAuthMethod): void => {
  const foreign = method === 'private_key_jwt' ? SECRET_MEMBERS : KEY_MEMBERS;
  const stray = foreign.find((member) => (body[member] ?? null) !== null);
  if (stray !== undefined) throw invalid(stray, `is not for tokenEndpointAuthMethod "${method}"`);
};

const addressesOf = ({ issuer = null, tokenUrl = null }: OAuthConfigBody) => {
  if (issuer === null && tokenUrl === null) throw invalid('tokenUrl', 'is needed, or issuer, whose metadata says it');
  for (const [member, address] of Object.entries({ issuer, tokenUrl }))
    if (address !== null && (!isSecureUrl(address) || address.includes('#')))
      throw invalid(member, 'must be a URL with https (http on this machine alone), without a user and a fragment');
  if (issuer?.includes('?')) throw invalid('issuer', 'must not have a query');
  return { issuer, tokenUrl };
};

const SECRET_MEMBERS = ['clientSecret'] as const;
const KEY_MEMBERS = ['privateKey', 'privateKeyJwtKid', 'tokenEndpointAuthSigningAlg'] as const;

/** The client of a body that holds its secret. Throws as `shownClient` does. */
export const oauthClient = (body: OAuthConfigBody, url: string | null): OAuthClient => {
  const shown = shownClient(body, url);
  const hasKey = shown.tokenEndpointAuthMethod === 'private_key_jwt';
  const secret = hasKey ? body.privateKey : body.clientSecret;
  if (!secret) {
    const member = hasKey ? 'privateKey' : 'clientSecret';
    throw invalid(member, `is needed for tokenEndpointAuthMethod "${shown.tokenEndpointAuthMethod}"`);
  }
  return { ...shown, clientSecret: hasKey ? null : secret, privateKey: hasKey ? secret : null };
};

/** Throws `http.invalid` where a body whose secret is masked says something else than is kept. */
export const assertSameClient = (
  kept: ShownOAuthClient | undefined,
  body: OAuthConfigBody,
  url: string | null,
): void => {
  if (kept !== undefined && isDeepStrictEqual(kept, shownClient(body, url))) return;
  throw fail('http.invalid', {
    message: `oauthConfig must be given with its secret where a part of it changes; ${MASK} stands for all as it was`,
  });
};

/** https://www.rfc-editor.org/rfc/rfc8707#section-2 : no query and no fragment where there is a choice. */
const resourceOf = ({ resource = null, omitResource }: OAuthConfigBody, url: string | null): string | null => {
  if (omitResource === true) {
    if (resource !== null) throw invalid('omitResource', 'must not be true beside resource');
    return null;
  }
  if (resource === null) return url === null ? null : (splitQuery(url).shown.split(/[?#]/, 1)[0] ?? null);
  if (!URL.canParse(resource) || resource.includes('#')) throw invalid('resource', 'must be a URI without a fragment');
  return resource;
};

const invalid = (member: string, message: string): GatewayError => {
  const field = `oauthConfig.${member}`;
  return fail('http.invalid', {
    message: `${field} ${message}`,
    data: { errors: [{ field, message: `${field} ${message}` }] },
  });
};
