import type { IncomingMessage } from 'node:http';
import { type Adapter, type Client, type Context, Provider, errors } from 'oidc-provider';
import { OWN_SCOPES } from '#contracts/auth/oauth/own-issuer';
import { toGatewayError } from '#libs/errors';
import type { AuthorizationServerSettings } from '../auth.settings.js';
import { CONSENT_CLAIM, endpointOf } from '../jwt/issuer-claims.js';
import { OWN_ALGORITHM, type OwnKeys } from '../jwt/own-keys.js';
import { DEVICE_GRANT } from './http/asked.js';
import { devicePages, renderError } from './pages/device-pages.js';
import { ROUTES, SIGN_IN_PATH } from './routes.js';

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
    clientAuthMethods: ['none', 'private_key_jwt'],
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
    extraTokenClaims: (_ctx: Context, { grantId }: { grantId: string }) => ({ [CONSENT_CLAIM]: grantId }),
    interactions: { url: (_ctx: Context, { uid }: { uid: string }) => `${SIGN_IN_PATH}/${uid}` },
    renderError,
    ttl: {
      AuthorizationCode: CODE_LIFE_S,
      AccessToken: seconds(settings.accessTokenLifeMs),
      DeviceCode: PAGE_LIFE_S,
      Grant: consentLifeS,
      IdToken: PAGE_LIFE_S,
      Interaction: PAGE_LIFE_S,
      RefreshToken: consentLifeS,
      Session: PAGE_LIFE_S,
    },
    features: {
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
        getResourceServerInfo: (_ctx: Context, resource: string) => {
          if (endpointOf(resource, publicUrl) === undefined)
            throw new errors.InvalidTarget('the resource is no MCP endpoint of this gateway');
          return {
            scope,
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: seconds(settings.accessTokenLifeMs),
            jwt: { sign: { alg: OWN_ALGORITHM, kid: keys.keys[0].kid } },
          };
        },
      },
    },
  });
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

const seconds = (ms: number): number => Math.floor(ms / 1000);
