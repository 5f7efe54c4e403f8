import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { isHeaderName, isHeaderValue, isReservedHeader } from '#contracts/auth/upstream-credential.rules';
import { MASK, isQuery } from '#contracts/auth/upstream-secrets.rules';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { type GatewayError, fail } from '#libs/errors';
import type { AuthType, CredentialShape } from '../gateway.entity.js';
import type { UpdateGatewayBody } from '../gateway.body.js';
import { oauthClient, secretsOfClient, shownClient } from './oauth-form.js';
import { environmentFrom } from './stdio-policy.service.js';

export interface CredentialForm {
  readonly shape: CredentialShape;
  /** Null: nothing is presented. */
  readonly credential: UpstreamCredential | null;
}

export const NO_CREDENTIAL: CredentialForm = {
  shape: { authType: 'none', username: null, headerNames: [], envNames: [] },
  credential: null,
};

/**
 * The user and password of a URL, as the credential that they are: `Authorization: Basic`. Throws `http.invalid` where
 * the body gives another credential beside.
 */
export const withUrlUser = <Body extends UpdateGatewayBody>(body: Body): Body => {
  const url = URL.parse(body.url ?? '');
  if (url === null || (url.username === '' && url.password === '')) return body;
  if ((body.authType ?? 'none') !== 'none' || authTypeOfMembers(body) !== null)
    throw invalid('url', 'must not hold a user and a password beside another credential');
  const [authUsername, authPassword] = [url.username, url.password].map(decoded) as [string, string];
  if (authPassword === MASK) throw invalid('url', `must hold the password itself; ${MASK} is none`);
  url.username = '';
  url.password = '';
  const copy = Object.create(Object.getPrototypeOf(body) as object) as Body;
  return Object.assign(copy, body, { url: url.href, authType: 'basic', authUsername, authPassword });
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('url', 'has a user or a password that cannot be decoded');
  }
};

/** The credential of a gateway that is new: there is none yet that a mask could stand for. `url`: its own. */
export const newCredentialFrom = (
  body: UpdateGatewayBody,
  transport: UpstreamTransport | 'AUTO',
  url: string | null,
): CredentialForm => {
  const form = credentialFrom(body, transport, url);
  if (form === null && hasMask(body)) throw fail('http.invalid', { message: `${MASK} is no credential` });
  return form ?? NO_CREDENTIAL;
};

const hasMask = ({
  authToken,
  authPassword,
  authQueryParamValue,
  authHeaders,
  oauthConfig,
  env,
}: UpdateGatewayBody): boolean =>
  [
    ...(oauthConfig ? secretsOfClient(oauthConfig) : []),
    authToken,
    authPassword,
    authQueryParamValue,
    ...(authHeaders ?? []).map(({ value }) => value),
    ...Object.values(env ?? {}),
  ].includes(MASK);

/** What a body says of the credential; null when it leaves it as it was. */
export const credentialFrom = (
  body: UpdateGatewayBody,
  transport: UpstreamTransport | 'AUTO',
  url: string | null,
): CredentialForm | null => {
  if (transport === 'STDIO') return environmentForm(body);
  if (Object.keys(body.env ?? {}).length > 0) throw invalid('env', 'is for STDIO gateways only');
  const authType = body.authType ?? authTypeOfMembers(body);
  if (authType === null) return null;
  assertFits(body, authType);
  if (body.oauthConfig && authType !== 'oauth') throw invalid('oauthConfig', `is not for authType "${authType}"`);
  if (body.oauthConfig?.grantType === 'authorization_code' && !PERSONAL_TRANSPORTS.has(transport))
    throw invalid('oauthConfig', `with grantType "authorization_code" is not for transport ${transport}`);
  const { member, secrets } = secretsOf(body, authType);
  return isLeft(secrets, member) ? null : formOf(body, authType, url);
};

/** MCP servers that are reached by a URL. */
const PERSONAL_TRANSPORTS = new Set<string>(['AUTO', 'STREAMABLEHTTP', 'SSE']);

const formOf = (body: UpdateGatewayBody, authType: AuthType, url: string | null): CredentialForm => {
  switch (authType) {
    case 'none':
      return NO_CREDENTIAL;
    case 'bearer':
      return bearer(body.authToken ?? '');
    case 'basic':
      return basic(body.authUsername ?? '', body.authPassword ?? '');
    case 'query_param':
      return queryParam(body.authQueryParamKey ?? '', body.authQueryParamValue ?? '');
    case 'authheaders':
      return headers(body.authHeaders ?? []);
    case 'oauth':
      return oauth(body, url);
  }
};

interface Secrets {
  readonly member: string;
  readonly secrets: readonly (string | undefined)[];
}

/** Which of them a mask may stand for. */
const secretsOf = (body: UpdateGatewayBody, authType: AuthType): Secrets => {
  switch (authType) {
    case 'none':
      return { member: 'authType', secrets: [] };
    case 'bearer':
      return { member: 'authToken', secrets: [body.authToken] };
    case 'basic':
      return { member: 'authPassword', secrets: [body.authPassword] };
    case 'query_param':
      return { member: 'authQueryParamValue', secrets: [body.authQueryParamValue] };
    case 'authheaders':
      return { member: 'authHeaders', secrets: body.authHeaders?.map(({ value }) => value) ?? [] };
    case 'oauth':
      return { member: 'oauthConfig', secrets: body.oauthConfig ? secretsOfClient(body.oauthConfig) : [] };
  }
};

const MEMBERS = [
  'authToken',
  'authUsername',
  'authPassword',
  'authHeaders',
  'authQueryParamKey',
  'authQueryParamValue',
] as const;
const MEMBERS_OF: Readonly<Record<AuthType, readonly (typeof MEMBERS)[number][]>> = {
  none: [],
  bearer: ['authToken'],
  basic: ['authUsername', 'authPassword'],
  authheaders: ['authHeaders'],
  query_param: ['authQueryParamKey', 'authQueryParamValue'],
  oauth: [],
};

/** Throws `http.invalid` for a member that belongs to another kind of credential: it would never be presented. */
export const assertFits = (
  body: { readonly [member in (typeof MEMBERS)[number]]?: { readonly length: number } | undefined },
  authType: AuthType,
): void => {
  const stray = MEMBERS.find((member) => (body[member]?.length ?? 0) > 0 && !MEMBERS_OF[authType].includes(member));
  if (stray !== undefined) throw invalid(stray, `is not for authType "${authType}"`);
};

const authTypeOfMembers = (body: UpdateGatewayBody): AuthType | null => {
  if (body.authToken) return 'bearer';
  if (body.authUsername || body.authPassword) return 'basic';
  if (body.authQueryParamKey || body.authQueryParamValue) return 'query_param';
  if (body.oauthConfig) return 'oauth';
  return body.authHeaders ? 'authheaders' : null;
};

/** Whether every secret came back as the mask. Some, but not all, cannot be served: the registry has no old ones. */
const isLeft = (secrets: readonly (string | undefined)[], member: string): boolean => {
  const masked = secrets.filter((secret) => secret === MASK).length;
  if (masked > 0 && masked < secrets.length)
    throw invalid(member, `must be given in full; ${MASK} only stands for all of it`);
  return masked > 0;
};

const bearer = (token: string): CredentialForm => {
  if (token === '') throw invalid('authToken', 'is needed for authType "bearer"');
  return form('bearer', { Authorization: `Bearer ${checkedValue('authToken', token)}` });
};

const basic = (username: string, password: string): CredentialForm => {
  if (username === '' || username.includes(':'))
    throw invalid('authUsername', 'is needed for authType "basic" and has no colon');
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  const { shape, credential } = form('basic', { Authorization: `Basic ${pair}` });
  return { shape: { ...shape, username }, credential };
};

const headers = (pairs: readonly { readonly key: string; readonly value: string }[]): CredentialForm => {
  if (pairs.length === 0) throw invalid('authHeaders', 'is needed for authType "authheaders"');
  const values: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { key, value } of pairs) {
    if (!isHeaderName(key) || isReservedHeader(key))
      throw invalid('authHeaders', `may not set the header "${key.slice(0, 64)}"`);
    if (seen.has(key.toLowerCase())) throw invalid('authHeaders', `sets the header "${key}" twice`);
    seen.add(key.toLowerCase());
    values[key] = checkedValue('authHeaders', value);
  }
  return form('authheaders', values);
};

const queryParam = (name: string, value: string): CredentialForm => {
  if (name === '') throw invalid('authQueryParamKey', 'is needed for authType "query_param"');
  if (value === '') throw invalid('authQueryParamValue', 'is needed for authType "query_param"');
  const query = new URLSearchParams([[name, value]]).toString().replaceAll('+', '%20');
  if (!isQuery(query)) throw invalid('authQueryParamValue', 'is too long');
  const shape = { ...NO_CREDENTIAL.shape, authType: 'query_param' as const, queryName: name };
  return { shape, credential: { query } };
};

const oauth = ({ oauthConfig }: UpdateGatewayBody, url: string | null): CredentialForm => {
  if (!oauthConfig) throw invalid('oauthConfig', 'is needed for authType "oauth"');
  const client = oauthClient(oauthConfig, url);
  const shape = { ...NO_CREDENTIAL.shape, authType: 'oauth' as const, oauth: shownClient(oauthConfig, url) };
  return { shape, credential: { oauth: client } };
};

const form = (authType: AuthType, values: Readonly<Record<string, string>>): CredentialForm => ({
  shape: { authType, username: null, headerNames: Object.keys(values), envNames: [] },
  credential: { headers: values },
});

const environmentForm = (body: UpdateGatewayBody): CredentialForm | null => {
  if (authTypeOfMembers(body) !== null || (body.authType ?? 'none') !== 'none') {
    throw invalid('authType', 'is for gateways that are reached by a URL; give a command its secrets in env');
  }
  if (!body.env) return null;
  const env = environmentFrom(body.env);
  const names = Object.keys(env);
  if (names.length > 0 && isLeft(Object.values(env), 'env')) return null;
  return {
    shape: { ...NO_CREDENTIAL.shape, envNames: names },
    credential: names.length === 0 ? null : { env },
  };
};

const checkedValue = (member: string, value: string): string => {
  if (!isHeaderValue(value)) throw invalid(member, 'has characters that a header cannot hold');
  return value;
};

const invalid = (field: string, message: string): GatewayError =>
  fail('http.invalid', {
    message: `${field} ${message}`,
    data: { errors: [{ field, message: `${field} ${message}` }] },
  });
