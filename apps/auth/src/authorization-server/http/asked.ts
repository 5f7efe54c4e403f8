import { OWN_SCOPES } from '#contracts/auth/oauth/own-issuer';

const CODE_GRANTS = ['authorization_code', 'refresh_token'];
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** Of a client's description, what counts here. Scopes do not: one that is registered would limit what may be asked for later. */
const MEMBERS = ['client_id', 'client_name', 'client_uri', 'redirect_uris', 'software_id', 'software_version'];
/** By which clients with a document of their own may prove that they are it. */
const PROOF_MEMBERS = ['token_endpoint_auth_method', 'token_endpoint_auth_signing_alg', 'jwks', 'jwks_uri'];

const CLIENT_GRANT = 'client_credentials';

type Members = Readonly<Record<string, unknown>>;

/**
 * The parameters of a request as clients mean them: scopes that are not known here are left out, and resources are spelt one
 * way. `mayBegin`: it may begin a sign-in; where none is left, all are asked for, and the user decides. A client without a user that
 * names no scope asks for all that it is registered for; where it names unknown ones alone, they stay, to be refused.
 */
export const readParameters = (text: string, mayBegin: boolean): string => {
  const parameters = new URLSearchParams(text);
  // Of the others at the token endpoint, the user has decided.
  const isClient = parameters.get('grant_type') === CLIENT_GRANT;
  const asked = parameters.getAll('scope');
  const names = (asked[0] ?? '').split(' ').filter((name) => name !== '');
  const scopes = names.filter((name) => OWN_SCOPES.has(name));
  if (asked.length < 2) {
    if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
    else if (mayBegin || (isClient && names.length === 0)) parameters.set('scope', [...OWN_SCOPES.keys()].join(' '));
    else if (!isClient) parameters.delete('scope');
  }
  const resources = parameters.getAll('resource').map(canonical);
  parameters.delete('resource');
  for (const resource of new Set(resources)) parameters.append('resource', resource);
  return parameters.toString();
};

/** Scheme and host in small letters, without a slash at the end. https://www.rfc-editor.org/rfc/rfc8707#section-2 */
const canonical = (resource: string): string =>
  URL.canParse(resource) ? new URL(resource).href.replace(/\/$/, '') : resource;

/**
 * A client that registers itself (RFC 7591) as it is taken here: public, and for a person in front of it, who may sit at
 * another machine where it has nowhere to be sent back to.
 */
export const readRegistration = (body: unknown): unknown => {
  if (!isMembers(body)) return body;
  const { client_id: _id, ...described } = pick(body, MEMBERS);
  return { ...described, ...grantsOf(body), token_endpoint_auth_method: 'none' };
};

/** A client id metadata document as it is taken here. */
export const readClientDocument = (body: unknown): unknown => {
  if (!isMembers(body)) return body;
  return { ...pick(body, [...MEMBERS, ...PROOF_MEMBERS]), ...grantsOf(body) };
};

const grantsOf = ({ redirect_uris: uris, grant_types: types }: Members): Members => {
  const isDevice = Array.isArray(types) && types.includes(DEVICE_GRANT);
  if (isDevice && (uris === undefined || (Array.isArray(uris) && uris.length === 0)))
    return { grant_types: [DEVICE_GRANT, 'refresh_token'], response_types: [], redirect_uris: [] };
  return { grant_types: [...CODE_GRANTS, DEVICE_GRANT], response_types: ['code'] };
};

const isMembers = (body: unknown): body is Members => typeof body === 'object' && body !== null && !Array.isArray(body);

const pick = (body: Members, names: readonly string[]): Members =>
  Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)));
