import type { IncomingMessage } from 'node:http';
import { type Adapter, type Client, type Context, Provider, errors } from 'oidc-provider';
import { OWN_SCOPES } from '#contracts/auth/oauth/own-issuer';
import { toGatewayError } from '#libs/errors';
import type { AuthorizationServerSettings } from '../auth.settings.js';
import { CONSENT_CLAIM, REGISTRAR_CLAIM, TEAM_CLAIM, endpointOf } from '../jwt/issuer-claims.js';
import { OWN_ALGORITHM, type OwnKeys } from '../jwt/own-keys.js';
import { DEVICE_GRANT } from './http/asked.js';
import { devicePages, renderError } from './pages/device-pages.js';
import { ROUTES, SIGN_IN_PATH } from './routes.js';
import {
  MACHINE_MEMBERS,
  MACHINE_RECORD,
  MACHINE_REGISTRAR,
  MACHINE_SCOPE,
  MACHINE_TEAM,
  isFingerprint,
  textOf,
} from './storage/machine-payload.js';

const MINUTE_S = 60;
const CODE_LIFE_S = MINUTE_S;
/** A client that changes its document is seen within it. */
const DOCUMENT_LIFE_S = 60 * MINUTE_S;
/** For a person to find their password. */
const PAGE_LIFE_S = 10 * MINUTE_S;

/** What the provider asks of its surroundings. */
export interface ProviderParts {
  readonly settings: AuthorizationServerSettings;
  readonly keys: OwnKeys;
  /** By the name of a kind, where it is kept. */
  readonly adapter: (kind: string) => Adapter;
  readonly fetch: (url: string | URL) => Promise<Response>;
  /** Throws where too much is fetched for whoever sent the request. */
  readonly mayFetchFor: (request: IncomingMessage) => void;
  /** Whether a user may have tokens at all. */
  readonly isActive: (email: string) => Promise<boolean>;
}

/**
 * `oidc-provider` as an authorization server for MCP clients: what they really send is taken, and access tokens are for one
 * endpoint of this gateway. https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
 */
export const openProvider = ({ settings, keys, adapter, fetch, mayFetchFor, isActive }: ProviderParts): Provider => {
  const publicUrl = settings.issuer.issuer;
  const scope = [...OWN_SCOPES.keys()].join(' ');
  const consentLifeS = seconds(settings.consentLifeMs);
  const provider = new Provider(publicUrl, {
    adapter,
    fetch,
    jwks: { keys: keys.keys },
    cookies: { keys: keys.cookieSecrets, long: { signed: true }, short: { signed: true } },
    routes: ROUTES,
    scopes: [...OWN_SCOPES.keys()],
    responseTypes: ['code'],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    extraClientMetadata: { properties: MACHINE_MEMBERS },
    enabledJWA: { idTokenSigningAlgValues: [OWN_ALGORITHM] },
    clientDefaults: {
      // Takes back to any port of this machine, as RFC 8252 7.3 has it, and to https addresses as well.
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
      id_token_signed_response_alg: OWN_ALGORITHM,
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx: Context, client: Client) => client.grantTypeAllowed('refresh_token'),
    revokeGrantPolicy: () => true,
    expiresWithSession: () => false,
    findAccount: async (_ctx: Context, id: string) =>
      (await isActive(id)) ? { accountId: id, claims: () => ({ sub: id }) } : undefined,
    extraTokenClaims: (ctx: Context, token: { kind: string; grantId?: string; scope?: string }) =>
      token.kind === 'ClientCredentials' ? machineClaims(ctx, token.scope) : { [CONSENT_CLAIM]: token.grantId },
    interactions: { url: (_ctx: Context, { uid }: { uid: string }) => `${SIGN_IN_PATH}/${uid}` },
    renderError,
    ttl: {
      AuthorizationCode: CODE_LIFE_S,
      AccessToken: seconds(settings.accessTokenLifeMs),
      ClientCredentials: seconds(settings.accessTokenLifeMs),
      DeviceCode: PAGE_LIFE_S,
      Grant: consentLifeS,
      IdToken: PAGE_LIFE_S,
      Interaction: PAGE_LIFE_S,
      RefreshToken: consentLifeS,
      Session: PAGE_LIFE_S,
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx: Context, client: Client, token: { clientId: string }) =>
          token.clientId === client.clientId,
      },
      registration: { enabled: true, issueRegistrationAccessToken: false },
      clientIdMetadataDocument: {
        enabled: true,
        ack: 'draft-02',
        cacheDuration: { min: DOCUMENT_LIFE_S, max: DOCUMENT_LIFE_S },
        // A document is read again at a page in between, where the library knows of no request.
        allowFetch: (ctx: Context | undefined) => {
          try {
            if (ctx !== undefined) mayFetchFor(ctx.req);
            return true;
          } catch (error) {
            throw new errors.CustomOIDCProviderError('temporarily_unavailable', toGatewayError(error).message);
          }
        },
      },
      deviceFlow: { enabled: true, ...devicePages },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => `${publicUrl}/mcp`,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx: Context, resource: string, client: Client) => {
          if (endpointOf(resource, publicUrl) === undefined)
            throw new errors.InvalidTarget('the resource is no MCP endpoint of this gateway');
          return {
            scope: textOf(client[MACHINE_SCOPE]) ?? scope,
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: seconds(settings.accessTokenLifeMs),
            jwt: { sign: { alg: OWN_ALGORITHM, kid: keys.keys[0].kid } },
          };
        },
      },
    },
  });
  // Of secrets only the hashes are kept.
  provider.Client.prototype.compareClientSecret = function compare(this: Client, secret: string) {
    return isFingerprint(secret, this.clientSecret ?? '');
  };
  provider.use(async (ctx, next) => {
    await next();
    // It adds `openid`, which nobody is given here.
    if (ctx.oidc?.route === 'discovery')
      Object.assign(ctx.body as object, { scopes_supported: [...OWN_SCOPES.keys()] });
  });
  // Requests say, whatever came between, that they were sent to the issuer: see `readAgain`.
  provider.proxy = true;
  return provider;
};

/** Of a client without a user: what its tokens say besides. */
const machineClaims = ({ oidc }: Context, scope: string | undefined): object => {
  if (scope === undefined) throw new errors.InvalidScope('the client is not registered for any of these scopes');
  const { client } = oidc ?? {};
  const team = textOf(client?.[MACHINE_TEAM]);
  return {
    [CONSENT_CLAIM]: textOf(client?.[MACHINE_RECORD]) ?? undefined,
    [REGISTRAR_CLAIM]: textOf(client?.[MACHINE_REGISTRAR]) ?? undefined,
    ...(team !== null && { [TEAM_CLAIM]: team }),
  };
};

const seconds = (ms: number): number => Math.floor(ms / 1000);
