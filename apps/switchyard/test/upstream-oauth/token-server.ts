import { type Server, createServer } from 'node:http';
import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, exportJWK, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';
import { freePort } from '#libs/testing';

export const SECRET = 'planted client secret, with : & + % in it';
export const PRIVATE_KEY = { type: 'pkcs8', format: 'pem' } as const;

const SCOPES = 'tools:call tools:list';

/** An authorization server, `oidc-provider` itself, with one client for each way to authenticate. */
export class TokenServer {
  /** Paths that were asked for, in order. */
  readonly requests: string[] = [];
  /** Seconds that tokens live from now on. */
  lifeS = 300;
  private server: Server | null = null;

  private constructor(
    readonly issuer: string,
    private readonly signing: KeyObject,
    readonly clientKey: KeyObject,
  ) {}

  static async start(): Promise<TokenServer> {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const { privateKey: signing } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { privateKey: clientKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const tokens = new TokenServer(issuer, signing, clientKey);
    const { d: _private, ...publicHalf } = await exportJWK(clientKey);
    const client = (id: string, method: string, more: object) => ({
      client_id: id,
      token_endpoint_auth_method: method,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: SCOPES,
      ...more,
    });
    const provider = new Provider(issuer, {
      jwks: { keys: [{ ...(await exportJWK(signing)), kid: 'k1', use: 'sig', alg: 'RS256' }] },
      cookies: { keys: ['cookies of a test'] },
      scopes: SCOPES.split(' '),
      clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'RS256'] },
      clients: [
        client('basic: client', 'client_secret_basic', { client_secret: SECRET }),
        client('post', 'client_secret_post', { client_secret: SECRET }),
        client('keyed', 'private_key_jwt', {
          token_endpoint_auth_signing_alg: 'ES256',
          jwks: { keys: [{ ...publicHalf, kid: 'c1', use: 'sig', alg: 'ES256' }] },
        }),
      ],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_: unknown, resource: string) => ({
            scope: SCOPES,
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: tokens.lifeS,
          }),
        },
      },
    });
    const serve = provider.callback();
    tokens.server = createServer((request, response) => {
      tokens.requests.push(`${request.method} ${request.url}`);
      void serve(request, response);
    });
    tokens.server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => tokens.server?.listen(port, '127.0.0.1', resolve));
    return tokens;
  }

  get issued(): number {
    return this.requests.filter((request) => request === 'POST /token').length;
  }

  /** The claims of a token that is good now, for this resource. */
  async verify(token: string, audience: string): Promise<Readonly<Record<string, unknown>>> {
    const { d: _private, ...key } = await exportJWK(this.signing);
    const keys = createLocalJWKSet({ keys: [{ ...key, kid: 'k1', alg: 'RS256' }] });
    const { payload } = await jwtVerify(token, keys, { issuer: this.issuer, audience, clockTolerance: 0 });
    return payload;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}
