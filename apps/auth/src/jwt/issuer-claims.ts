import { createHash } from 'node:crypto';
import { isEmail } from 'class-validator';
import type { JWTPayload } from 'jose';
import { isOriginOf } from '#contracts/auth/oauth/own-issuer';
import type { TrustedIssuer } from '#contracts/auth/trusted-issuers';
import { fail } from '#libs/errors';
import { claimOf, matchingRules } from './claim-rules.js';
import { type IssuerClaims, refuseBound, secondsOf, textOf } from './claims.js';

/** In the gateway's own access tokens: the consent that they were given on. */
export const CONSENT_CLAIM = 'consent_id';
/** In those of clients without a user: who registered the client, and the team that it is for. */
export const REGISTRAR_CLAIM = 'registered_by';
export const TEAM_CLAIM = 'team_id';

const invalid = (message: string, reason = message) =>
  fail('auth.credential_invalid', { message, cause: new Error(reason) });

/**
 * Reads a verified access token of a trusted issuer by the rules for it. Throws `auth.credential_invalid` for one that is
 * for another resource, of a user the issuer does not speak for, or no access token.
 */
export const readIssuerClaims = (
  payload: JWTPayload,
  token: string,
  issuer: TrustedIssuer,
  publicUrl: string,
): IssuerClaims => {
  refuseIdToken(payload);
  refuseBound(payload['cnf']);
  const rules = matchingRules(payload, issuer.rules);
  const isAdmin = rules.some((rule) => rule.isAdmin);
  const registrar = issuer.isOwn ? payload[REGISTRAR_CLAIM] : undefined;
  const team = payload[TEAM_CLAIM];
  return {
    issuer,
    endpoints: endpointsOf(payload.aud, issuer, publicUrl),
    subject: registrar === undefined ? userOf(payload, issuer) : textOf(registrar, REGISTRAR_CLAIM),
    ...(registrar !== undefined && { clientId: textOf(payload['client_id'], 'client_id') }),
    tokenId: tokenIdOf(payload, token, issuer),
    issuedAtMs: payload.iat === undefined ? null : secondsOf(payload.iat, 'iat'),
    expiresAtMs: secondsOf(payload.exp, 'exp'),
    use: 'session',
    isAdmin,
    teams: teamsOf(
      isAdmin,
      registrar === undefined ? rules : [{ teams: team === undefined ? [] : [textOf(team, TEAM_CLAIM)] }],
    ),
    serverId: null,
    permissions: scopesOf(payload).flatMap((scope) => issuer.scopes.get(scope) ?? []),
  };
};

const teamsOf = (
  isAdmin: boolean,
  given: readonly { readonly teams: readonly string[] }[],
): readonly string[] | null => (isAdmin ? null : [...new Set(given.flatMap(({ teams }) => teams))]);

/** Those of some issuers differ in nothing else. https://www.rfc-editor.org/rfc/rfc9068#section-2 */
const refuseIdToken = (payload: JWTPayload): void => {
  const isIdToken = ['nonce', 'at_hash', 'c_hash'].some((claim) => payload[claim] !== undefined);
  const kind = payload['typ'];
  if (isIdToken || (kind !== undefined && kind !== 'Bearer')) throw invalid('The credential is no access token');
};

/** Of the gateway's own: the consent that it was given on, so that ending this ends them all. */
const tokenIdOf = (payload: JWTPayload, token: string, { isOwn }: TrustedIssuer): string => {
  if (isOwn) return textOf(payload[CONSENT_CLAIM], CONSENT_CLAIM);
  return payload.jti === undefined ? digestOf(token) : textOf(payload.jti, 'jti');
};

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

const userOf = (payload: JWTPayload, { userClaim, domains }: TrustedIssuer): string => {
  const email = claimOf(payload, userClaim);
  const named = typeof email === 'string' ? email.toLowerCase() : '';
  if (!isEmail(named, { require_tld: false }))
    throw invalid('The credential names no user', `claim ${userClaim} is no e-mail address`);
  if (payload['email_verified'] === false) throw invalid('The e-mail address of the user is not verified');
  const domain = named.slice(named.lastIndexOf('@') + 1);
  if (domains.includes('*') || domains.includes(domain)) return named;
  throw invalid('The issuer of the credential does not speak for this user', `${domain} is none of its domains`);
};

/** `undefined`: the whole gateway. */
const endpointsOf = (
  aud: JWTPayload['aud'],
  { audiences }: TrustedIssuer,
  publicUrl: string,
): readonly (string | null)[] | undefined => {
  const values = aud === undefined ? [] : [aud].flat();
  if (values.length === 0)
    throw invalid('The issuer put no audience into the token; it needs a rule that adds the URL of this endpoint');
  if (values.some((value) => audiences.includes(value))) return undefined;
  const endpoints = values.map((value) => endpointOf(value, publicUrl)).filter((id) => id !== undefined);
  if (endpoints.length === 0) throw invalid('The token is for another resource than this gateway');
  return endpoints;
};

/** The endpoint that a URL names; `undefined`: none here. Scheme and host may be spelt in capitals, and the path may end with a slash. */
export const endpointOf = (audience: string, publicUrl: string): string | null | undefined => {
  if (!URL.canParse(audience) || /[?#]/.test(audience)) return undefined;
  const { origin, pathname } = new URL(audience);
  if (!isOriginOf(publicUrl, origin)) return undefined;
  if (/^\/mcp\/?$/.test(pathname)) return null;
  const id = /^\/servers\/([^/]+)\/mcp\/?$/.exec(pathname)?.[1];
  try {
    return id === undefined ? undefined : decodeURIComponent(id);
  } catch {
    return undefined;
  }
};

/** `scope`, or the list `scp` of those that have it. */
const scopesOf = (payload: JWTPayload): readonly string[] => {
  const said = payload['scope'] ?? payload['scp'];
  if (typeof said === 'string') return said.split(' ');
  return Array.isArray(said) ? said.filter((scope) => typeof scope === 'string') : [];
};
