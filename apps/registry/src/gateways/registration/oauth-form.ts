import { isDeepStrictEqual } from 'node:util';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import {
  type OAuthClient,
  type ShownOAuthClient,
  type TokenEndpointAuthMethod,
  exchangesTokens,
} from '#contracts/auth/oauth/oauth-client';
import { isSecureUrl } from '#contracts/auth/trusted-issuers';
import { MASK, splitQuery } from '#contracts/auth/upstream-secrets.rules';
import { type GatewayError, fail } from '#libs/errors';
import type { OAuthConfigBody } from './oauth-config.body.js';

/** The secrets of a client that a body gives, in which a mask may stand for what is kept. */
export const secretsOfClient = ({ clientSecret, privateKey }: OAuthConfigBody): string[] =>
  [clientSecret, privateKey].filter((secret) => typeof secret === 'string');

/** What may be told of the client of a body. `url`: of the gateway. Throws `http.invalid` for what makes no client. */
export const shownClient = (body: OAuthConfigBody, url: string | null): ShownOAuthClient => {
  const isPersonal = body.grantType === 'authorization_code';
  const method = body.tokenEndpointAuthMethod ?? (isPersonal && !body.clientSecret ? 'none' : 'client_secret_basic');
  const hasKey = method === 'private_key_jwt';
  assertMembersFit(body, method);
  if (body.grantType === 'on-behalf-of' && !body.scopes?.length)
    throw invalid('scopes', 'is needed for grantType "on-behalf-of", as "api://orders/.default"');
  return {
    grantType: body.grantType,
    ...(isPersonal ? personalMembers(body) : addressesOf(body)),
    clientId: clientIdOf(body),
    tokenEndpointAuthMethod: method,
    tokenEndpointAuthSigningAlg: hasKey ? (body.tokenEndpointAuthSigningAlg ?? 'RS256') : null,
    privateKeyJwtKid: body.privateKeyJwtKid ?? null,
    scopes: body.scopes ?? [],
    resource: resourceOf(body, url),
    audience: body.audience ?? null,
  };
};

const assertMembersFit = (body: OAuthConfigBody, method: TokenEndpointAuthMethod): void => {
  const foreign = FOREIGN_MEMBERS[method];
  const stray = foreign.find((member) => (body[member] ?? null) !== null);
  if (stray !== undefined) throw invalid(stray, `is not for tokenEndpointAuthMethod "${method}"`);
};

const addressesOf = (body: OAuthConfigBody) => {
  const { issuer = null, tokenUrl = null } = body;
  const stray = PERSONAL_MEMBERS.find((member) => (body[member] ?? null) !== null);
  if (stray !== undefined) throw invalid(stray, 'is for grantType "authorization_code"');
  if (issuer === null && tokenUrl === null) throw invalid('tokenUrl', 'is needed, or issuer, whose metadata says it');
  assertAddresses({ issuer, tokenUrl });
  return { issuer, tokenUrl };
};

const assertAddresses = (addresses: Readonly<Record<string, string | null>>): void => {
  for (const [member, address] of Object.entries(addresses))
    if (address !== null && (!isSecureUrl(address) || address.includes('#')))
      throw invalid(member, 'must be a URL with https (http on this machine alone), without a user and a fragment');
  if (addresses['issuer']?.includes('?')) throw invalid('issuer', 'must not have a query');
};

/** Where people consent: said here in full, found by an issuer, or found by the upstream. */
const personalMembers = (body: OAuthConfigBody) => {
  const { issuer = null, tokenUrl = null, authorizationUrl = null, authorizationServer = null } = body;
  assertAddresses({ issuer, tokenUrl, authorizationUrl, authorizationServer });
  if ((tokenUrl === null) !== (authorizationUrl === null))
    throw invalid(tokenUrl === null ? 'tokenUrl' : 'authorizationUrl', 'is needed beside the other of the two');
  // A client is one of one authorization server; shown to another, its secret would be known there.
  if (body.clientId && issuer === null && tokenUrl === null && authorizationServer === null)
    throw invalid('issuer', 'is needed beside clientId: where it is registered');
  const authorizationParameters = parametersOf(body.authorizationParameters ?? {});
  return {
    issuer,
    tokenUrl,
    ...(authorizationUrl !== null && { authorizationUrl }),
    ...(authorizationServer !== null && { authorizationServer }),
    ...(Object.keys(authorizationParameters).length > 0 && { authorizationParameters }),
  };
};

const PARAMETERS_MAX = 16;
const PARAMETER_CHARS_MAX = 512;
/** What the gateway says itself, or what would have the answer come otherwise than it is expected. */
const OWN_PARAMETERS = new Set([
  'client_id',
  'client_secret',
  'code_challenge',
  'code_challenge_method',
  'redirect_uri',
  'request',
  'request_uri',
  'resource',
  'response_mode',
  'response_type',
  'scope',
  'state',
]);

const parametersOf = (given: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> => {
  const entries = Object.entries(given);
  if (entries.length > PARAMETERS_MAX) throw invalid('authorizationParameters', `must not be over ${PARAMETERS_MAX}`);
  for (const [name, value] of entries) {
    if (!/^\w[\w.-]{0,63}$/.test(name) || OWN_PARAMETERS.has(name))
      throw invalid('authorizationParameters', `must not set ${JSON.stringify(name.slice(0, 64))}`);
    if (typeof value !== 'string' || value.length > PARAMETER_CHARS_MAX)
      throw invalid('authorizationParameters', `must be texts of ${PARAMETER_CHARS_MAX} characters at most`);
  }
  return Object.fromEntries(entries) as Record<string, string>;
};

const clientIdOf = ({ grantType, clientId = null, ...body }: OAuthConfigBody): string | null => {
  if (clientId !== null) return clientId;
  if (grantType !== 'authorization_code') throw invalid('clientId', `is needed for grantType "${grantType}"`);
  const stray = (['clientSecret', 'privateKey'] as const).find((member) => (body[member] ?? null) !== null);
  if (stray !== undefined) throw invalid(stray, 'is not for a gateway that registers itself; give clientId beside it');
  return null;
};

const PERSONAL_MEMBERS = ['authorizationUrl', 'authorizationServer', 'authorizationParameters'] as const;
const SECRET_MEMBERS = ['clientSecret'] as const;
const KEY_MEMBERS = ['privateKey', 'privateKeyJwtKid', 'tokenEndpointAuthSigningAlg'] as const;
type SecretMember = (typeof SECRET_MEMBERS | typeof KEY_MEMBERS)[number];
const FOREIGN_MEMBERS: Readonly<Record<TokenEndpointAuthMethod, readonly SecretMember[]>> = {
  client_secret_basic: KEY_MEMBERS,
  client_secret_post: KEY_MEMBERS,
  private_key_jwt: SECRET_MEMBERS,
  none: [...SECRET_MEMBERS, ...KEY_MEMBERS],
};

/** The client of a body that holds its secret. Throws as `shownClient` does. */
export const oauthClient = (body: OAuthConfigBody, url: string | null): OAuthClient => {
  const shown = shownClient(body, url);
  const hasKey = shown.tokenEndpointAuthMethod === 'private_key_jwt';
  const upstreamUrl = defaultResource(url);
  const place = shown.grantType === 'authorization_code' && upstreamUrl !== null ? { upstreamUrl } : {};
  if (shown.tokenEndpointAuthMethod === 'none') {
    if (shown.grantType !== 'authorization_code')
      throw invalid('tokenEndpointAuthMethod', `must not be "none" for grantType "${shown.grantType}"`);
    return { ...shown, ...place, clientSecret: null, privateKey: null };
  }
  const secret = hasKey ? body.privateKey : body.clientSecret;
  if (!secret) {
    const member = hasKey ? 'privateKey' : 'clientSecret';
    throw invalid(member, `is needed for tokenEndpointAuthMethod "${shown.tokenEndpointAuthMethod}"`);
  }
  return { ...shown, ...place, clientSecret: hasKey ? null : secret, privateKey: hasKey ? secret : null };
};

/** Whether each caller consents for themselves. */
export const isPersonal = (credential: UpstreamCredential | null): boolean =>
  credential?.oauth?.grantType === 'authorization_code';

/** Whether each call is made for the token of its caller. */
export const isExchanging = (shape: { readonly oauth?: ShownOAuthClient }): boolean =>
  exchangesTokens(shape.oauth?.grantType);

/** What the upstream offers is asked for with the consent of whoever registers it. */
export const withCatalogUser = <Form extends { readonly credential: UpstreamCredential | null } | null>(
  form: Form,
  email: string,
): Form => {
  const credential = form?.credential ?? null;
  if (!isPersonal(credential) || credential?.oauth === undefined) return form;
  return { ...form, credential: { ...credential, oauth: { ...credential.oauth, catalogUser: email } } };
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
const resourceOf = (
  { grantType, resource = null, omitResource }: OAuthConfigBody,
  url: string | null,
): string | null => {
  if (omitResource === true) {
    if (resource !== null) throw invalid('omitResource', 'must not be true beside resource');
    return null;
  }
  // Entra refuses it beside scopes, which say the same there.
  if (resource === null) return grantType === 'on-behalf-of' ? null : defaultResource(url);
  if (!URL.canParse(resource) || resource.includes('#')) throw invalid('resource', 'must be a URI without a fragment');
  return resource;
};

const defaultResource = (url: string | null): string | null =>
  url === null ? null : (splitQuery(url).shown.split(/[?#]/, 1)[0] ?? null);

const invalid = (member: string, message: string): GatewayError => {
  const field = `oauthConfig.${member}`;
  return fail('http.invalid', {
    message: `${field} ${message}`,
    data: { errors: [{ field, message: `${field} ${message}` }] },
  });
};
