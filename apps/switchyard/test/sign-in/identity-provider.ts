import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { freePort } from '#libs/testing';

export interface Account {
  readonly email: string;
  readonly groups?: readonly string[];
  /** Scopes that the user says no to. */
  readonly declines?: readonly string[];
}

const SCOPES = ['mcp:read', 'mcp:call'];

/** A company's authorization server, `oidc-provider` itself, at which whoever is `present` signs in and consents. */
export class IdentityProvider {
  present: Account = { email: 'nobody@example.org' };
  private readonly accounts = new Map<string, Account>();
  private server: Server | null = null;

  private constructor(
    readonly issuer: string,
    private readonly provider: Provider,
  ) {}

  static async start(): Promise<IdentityProvider> {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const accountOf = (id: string): Account => identityProvider.accounts.get(id) ?? { email: id };
    const provider = new Provider(issuer, {
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'k1', use: 'sig', alg: 'RS256' }] },
      cookies: { keys: ['cookies of a test'] },
      scopes: ['openid', 'offline_access', ...SCOPES],
      clientDefaults: {
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
      },
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
      extraTokenClaims: (_: unknown, { accountId }: { accountId: string }) => {
        const { email, groups } = accountOf(accountId);
        return { email, groups };
      },
      features: {
        devInteractions: { enabled: false },
        registration: { enabled: true },
        resourceIndicators: {
          enabled: true,
          useGrantedResource: () => true,
          getResourceServerInfo: (_: unknown, resource: string) => ({
            scope: SCOPES.join(' '),
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: 300,
          }),
        },
      },
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    });
    const identityProvider = new IdentityProvider(issuer, provider);
    await identityProvider.listen(port);
    return identityProvider;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private async listen(port: number): Promise<void> {
    const serve = this.provider.callback();
    this.server = createServer((request, response) => {
      if (!request.url?.startsWith('/interaction/')) void serve(request, response);
      else this.interact(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    this.server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => this.server?.listen(port, '127.0.0.1', resolve));
  }

  /** The pages at which a person would give a name, and then consent. */
  private async interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await this.provider.interactionDetails(request, response);
    const finish = (result: object) =>
      this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    if (prompt.name === 'login') {
      this.accounts.set(this.present.email, this.present);
      return finish({ login: { accountId: this.present.email } });
    }
    const grant = new this.provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id });
    grant.addOIDCScope(params.scope ?? '');
    const resource = String(params.resource ?? '');
    for (const scope of SCOPES) {
      if (this.present.declines?.includes(scope)) grant.rejectResourceScope(resource, scope);
      else grant.addResourceScope(resource, scope);
    }
    return finish({ consent: { grantId: await grant.save() } });
  }
}
