import type { Bus } from '#libs/bus';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import { isSecureUrl } from '#contracts/auth/trusted-issuers';
import type { GatewayError } from '#libs/errors';
import { metadataOf, unfit } from '../../upstream-credentials/oauth/authorization-server.js';
import { type ProtectedResource, readProtectedResource } from './protected-resource.js';

/** Where, and for what, a person consents to calls of an upstream. */
export interface ConsentPlace {
  /** As its metadata writes it; null: it was given by its addresses alone. */
  readonly issuer: string | null;
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly revocationUrl: string | null;
  /** The URL of the upstream that led to these; absent: whoever registered it did. */
  readonly namedBy?: string | undefined;
  readonly registrationUrl: string | null;
  /** It fetches documents that describe clients (CIMD). */
  readonly readsClientDocuments: boolean;
  /** It says who it is in each answer (RFC 9207). */
  readonly namesItself: boolean;
  /** How clients may authenticate; null: it does not say. */
  readonly authMethods: readonly string[] | null;
  readonly scopes: readonly string[];
  /** Null: it is not told what the token is for. */
  readonly resource: string | null;
}

const ALL_MS = 12_000;
/** Its scopes may hold more than is wanted; this one has a refresh token issued. */
const OFFLINE = 'offline_access';

type Metadata = Readonly<Record<string, unknown>>;

/**
 * Finds where people consent: as the client was told, else as the upstream says. Rejects with `upstream.…`, in words for whoever
 * registered the upstream. `query`: of the URL of the upstream.
 */
export const findConsentPlace = async (
  client: OAuthClient,
  query: string | undefined,
  bus: Bus,
): Promise<ConsentPlace> => {
  const untilMs = performance.now() + ALL_MS;
  const url = client.upstreamUrl ?? '';
  if (client.authorizationUrl !== undefined && client.tokenUrl !== null)
    return { ...givenPlace(client, client.authorizationUrl, client.tokenUrl), ...askOf(client, null, null) };
  const told = client.authorizationServer ?? client.issuer;
  const resource = await readProtectedResource({ url, query }, bus, untilMs).catch((error: unknown) => {
    // Whoever was told where to go need not hear it from the upstream.
    if (told === null) throw error;
    return null;
  });
  const metadata = await metadataFor(client, resource, bus, untilMs);
  return { ...placeOf(metadata), ...askOf(client, resource, metadata), ...(told === null && { namedBy: url }) };
};

/** Known by its addresses alone. */
const givenPlace = ({ issuer }: OAuthClient, authorizationUrl: string, tokenUrl: string) => ({
  issuer,
  authorizationUrl,
  tokenUrl,
  revocationUrl: null,
  registrationUrl: null,
  readsClientDocuments: false,
  namesItself: false,
  authMethods: null,
});

/** What the first authorization server that has metadata says of itself. Rejects with why the last one would not do. */
const metadataFor = async (
  { authorizationServer, issuer, upstreamUrl = '' }: OAuthClient,
  resource: ProtectedResource | null,
  bus: Bus,
  untilMs: number,
): Promise<Metadata> => {
  const told = authorizationServer ?? issuer;
  // Before 2025-06-18 the server itself was the authorization server.
  const said = resource?.authorizationServers.length ? resource.authorizationServers : [new URL(upstreamUrl).origin];
  let failure: unknown = unfit('it has no metadata; give its authorizationUrl and tokenUrl');
  for (const place of told === null ? said : [told]) {
    try {
      if (!isSecureUrl(place)) throw unfit('it is not reached over https');
      const metadata = await metadataOf(place, bus, untilMs, told === null ? upstreamUrl : undefined);
      if (metadata === null) continue;
      if (!isOf(metadata, issuer ?? place)) throw unfit('its metadata names another issuer');
      return metadata;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
};

/** https://www.rfc-editor.org/rfc/rfc8414#section-3.3 ; some write their own address with a slash here and without it there. */
const isOf = (metadata: Metadata, expected: string): boolean =>
  typeof metadata['issuer'] === 'string' && withoutSlash(metadata['issuer']) === withoutSlash(expected);

const withoutSlash = (url: string): string => url.replace(/\/$/, '');

const placeOf = (metadata: Metadata) => {
  const issuer = metadata['issuer'] as string;
  if (issuer.length > URL_CHARS_MAX) throw unfit(`its name is longer than ${URL_CHARS_MAX} characters`);
  const methods = metadata['code_challenge_methods_supported'];
  if (!Array.isArray(methods) || !methods.includes('S256')) throw unfit('it does not say that it knows PKCE with S256');
  const authMethods = metadata['token_endpoint_auth_methods_supported'];
  return {
    issuer,
    authorizationUrl: endpoint(metadata, 'authorization_endpoint') ?? missing('authorization_endpoint'),
    tokenUrl: endpoint(metadata, 'token_endpoint') ?? missing('token_endpoint'),
    revocationUrl: endpoint(metadata, 'revocation_endpoint'),
    registrationUrl: endpoint(metadata, 'registration_endpoint'),
    readsClientDocuments: metadata['client_id_metadata_document_supported'] === true,
    namesItself: metadata['authorization_response_iss_parameter_supported'] === true,
    authMethods: Array.isArray(authMethods) ? authMethods.filter((each) => typeof each === 'string') : null,
  };
};

const URL_CHARS_MAX = 2_048;

const endpoint = (metadata: Metadata, name: string): string | null => {
  const url = metadata[name];
  return typeof url === 'string' && url.length <= URL_CHARS_MAX && isSecureUrl(url) ? url : null;
};

const missing = (name: string): never => {
  throw unfit(`its metadata has no ${name} with https`) satisfies GatewayError;
};

/** What is asked for: as the client was told, else as the upstream wants it. */
const askOf = (client: OAuthClient, resource: ProtectedResource | null, metadata: Metadata | null) => {
  const wanted = client.scopes.length > 0 ? client.scopes : (resource?.scopes ?? []);
  const known = metadata?.['scopes_supported'];
  const addsOffline = wanted.length > 0 && !wanted.includes(OFFLINE) && Array.isArray(known) && known.includes(OFFLINE);
  const isDefault = client.resource !== null && client.resource === client.upstreamUrl;
  return {
    scopes: addsOffline ? [...wanted, OFFLINE] : wanted,
    resource: isDefault ? (resource?.resource ?? client.resource) : client.resource,
  };
};
