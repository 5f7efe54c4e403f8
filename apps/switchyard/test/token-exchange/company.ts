import { type Server, createServer } from 'node:http';
import { type CryptoKey, SignJWT, createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';
import { freePort } from '#libs/testing';

export const CLIENT = { client_id: 'gateway', client_secret: 'planted secret of the gateway' };
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SCOPE = 'orders:read';

/** Of `oidc-provider`, what its own grants are made of. */
interface GrantMaking {
  registerGrantType(
    name: string,
    handler: (ctx: ExchangeContext) => Promise<void>,
    parameters: readonly string[],
  ): void;
  readonly AccessToken: new (facts: object) => { resourceServer: unknown; expiration: number; save(): Promise<string> };
  readonly ResourceServer: new (resource: string, facts: object) => unknown;
}

interface ExchangeContext {
  body: unknown;
  status: number;
  readonly oidc: { readonly client: object; readonly params: Readonly<Record<string, string | undefined>> };
}

/** A company's authorization server, `oidc-provider` itself, which exchanges its tokens by RFC 8693. */
export class Company {
  /** Tokens that it was asked to exchange, in order. */
  readonly exchanged: string[] = [];
  /** Seconds that exchanged tokens live from now on. */
  lifeS = 300;
  /** By which it answers instead; null: it exchanges. */
  refuses: { readonly status: number; readonly body: object } | null = null;
  /** What it takes its time for. */
  waits: Promise<void> | null = null;
  private server: Server | null = null;

  private constructor(
    readonly issuer: string,
    private readonly port: number,
    private readonly key: CryptoKey,
    private readonly provider: Provider,
  ) {}

  static async start(): Promise<Company> {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const resourceServer = () => ({ scope: SCOPE, accessTokenFormat: 'jwt', accessTokenTTL: company.lifeS });
    const provider = new Provider(issuer, {
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'k1', use: 'sig', alg: 'RS256' }] },
      cookies: { keys: ['cookies of a test'] },
      scopes: [SCOPE],
      clients: [
        {
          ...CLIENT,
          grant_types: ['client_credentials', EXCHANGE],
          response_types: [],
          redirect_uris: [],
          scope: SCOPE,
        },
      ],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_: unknown, resource: string) => ({ ...resourceServer(), audience: resource }),
        },
      },
    });
    const company = new Company(issuer, port, privateKey, provider);
    company.exchanges();
    await company.listen();
    return company;
  }

  /** A token of somebody, as the company gives it to a client for the gateway. */
  async tokenOf(email: string, audience: string, more: object = {}, life = '5m'): Promise<string> {
    return new SignJWT({ email, scope: 'mcp:call', client_id: 'agent', ...more })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'at+jwt' })
      .setIssuer(this.issuer)
      .setSubject(email)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime(life)
      .sign(this.key);
  }

  async listen(): Promise<void> {
    const serve = this.provider.callback();
    this.server = createServer((request, response) => void serve(request, response));
    this.server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private exchanges(): void {
    const making = this.provider as unknown as GrantMaking;
    making.registerGrantType(
      EXCHANGE,
      async (ctx) => {
        const { client, params } = ctx.oidc;
        this.exchanged.push(params['subject_token'] ?? '');
        await this.waits;
        if (this.refuses !== null) {
          ctx.status = this.refuses.status;
          ctx.body = this.refuses.body;
          return;
        }
        if (params['subject_token_type'] !== ACCESS_TOKEN || params['requested_token_type'] !== ACCESS_TOKEN)
          throw new Error('another type than was agreed on');
        const { d: _secret, ...key } = await exportJWK(this.key);
        const keys = createLocalJWKSet({ keys: [{ ...key, kid: 'k1', alg: 'RS256' }] });
        const { payload } = await jwtVerify(params['subject_token'] ?? '', keys, { issuer: this.issuer });
        const audience = params['resource'] ?? '';
        const token = new making.AccessToken({
          accountId: payload.sub,
          client,
          scope: params['scope'],
          gty: 'token_exchange',
        });
        token.resourceServer = new making.ResourceServer(audience, {
          scope: SCOPE,
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: this.lifeS,
        });
        const value = await token.save();
        ctx.body = {
          access_token: value,
          issued_token_type: ACCESS_TOKEN,
          token_type: 'Bearer',
          expires_in: this.lifeS,
          scope: params['scope'],
        };
      },
      ['subject_token', 'subject_token_type', 'requested_token_type', 'resource', 'audience', 'scope'],
    );
  }
}
