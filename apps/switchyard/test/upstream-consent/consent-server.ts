import { generateKeyPairSync } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { exportJWK } from 'jose';
import { Provider } from 'oidc-provider';
import { freePort } from '#libs/testing';

const SCOPES = 'notes:read notes:write offline_access';

/** The authorization server of an upstream, `oidc-provider` itself: whoever has the cookie `person` consents there at once. */
export class ConsentServer {
  /** Paths that were asked for, in order, with the grant of token requests behind them. */
  readonly requests: string[] = [];
  /** Seconds that tokens live from now on. */
  lifeS = 300;
  /** What the metadata of the upstream says of itself. */
  protectedResource: Record<string, unknown> = {};
  /** Changes a document of metadata before it is sent. */
  asMetadata: (document: Record<string, unknown>) => Record<string, unknown> = (document) => document;
  /** Codes and refresh tokens that it has given. */
  readonly secrets: string[] = [];
  private readonly clients: string[] = [];
  private readonly grants: { destroy(): Promise<void> }[] = [];
  private server: Server | null = null;
  private provider: Provider | null = null;

  private constructor(readonly issuer: string) {}

  static async start(): Promise<ConsentServer> {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const consents = new ConsentServer(issuer);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const provider = new Provider(issuer, {
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'k1', use: 'sig', alg: 'RS256' }] },
      cookies: { keys: ['cookies of a test'] },
      scopes: SCOPES.split(' '),
      clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
      interactions: { url: (_: unknown, interaction: { uid: string }) => `/person/${interaction.uid}` },
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
      issueRefreshToken: () => true,
      rotateRefreshToken: () => true,
      pkce: { required: () => true },
      features: {
        devInteractions: { enabled: false },
        registration: { enabled: true },
        revocation: { enabled: true },
        resourceIndicators: {
          enabled: true,
          useGrantedResource: () => true,
          getResourceServerInfo: (_: unknown, resource: string) => ({
            scope: SCOPES,
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: consents.lifeS,
          }),
        },
      },
    });
    consents.provider = provider;
    provider.on('authorization.success', (_ctx, { code }) => consents.note(code));
    provider.on('grant.success', ({ body }) => consents.note((body as { refresh_token?: string }).refresh_token));
    provider.on('registration_create.success', (_ctx, { clientId }) => void consents.clients.push(clientId));
    const serve = provider.callback();
    consents.server = createServer((request, response) => {
      consents.answer(request, response, serve).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    consents.server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => consents.server?.listen(port, '127.0.0.1', resolve));
    return consents;
  }

  /** Where the upstream's metadata is. */
  get resourceMetadata(): string {
    return `${this.issuer}/resource`;
  }

  /** How often a path was asked for. */
  count(request: string): number {
    return this.requests.filter((each) => each === request).length;
  }

  /** Refuses what was consented to until now. */
  async forgetGrants(): Promise<void> {
    await Promise.all(this.grants.splice(0).map((grant) => grant.destroy()));
  }

  /** Knows none of the clients any more that registered themselves. */
  async forgetClients(): Promise<void> {
    for (const id of this.clients.splice(0)) await this.provider?.Client.adapter.destroy(id);
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private note(secret: string | undefined): void {
    if (secret !== undefined) this.secrets.push(secret);
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    serve: (request: IncomingMessage, response: ServerResponse) => unknown,
  ): Promise<void> {
    const { pathname } = new URL(request.url ?? '', this.issuer);
    this.requests.push(`${request.method} ${pathname}`);
    if (pathname === '/resource') {
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify(this.protectedResource));
    }
    if (pathname.startsWith('/person/')) return this.consent(request, response);
    if (pathname.startsWith('/.well-known/')) return this.metadata(response);
    await serve(request, response);
  }

  private async metadata(response: ServerResponse): Promise<void> {
    const { issuer } = this;
    const document = this.asMetadata({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/reg`,
      revocation_endpoint: `${issuer}/token/revocation`,
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
      authorization_response_iss_parameter_supported: true,
      scopes_supported: SCOPES.split(' '),
    });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  }

  private async consent(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const provider = this.provider as Provider;
    const accountId = /(?:^|;\s*)person=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'nobody';
    const { params } = await provider.interactionDetails(request, response);
    if (accountId === 'refuses')
      return provider.interactionFinished(
        request,
        response,
        { error: 'access_denied' },
        { mergeWithLastSubmission: false },
      );
    const grant = new provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope ?? '');
    for (const resource of [params.resource ?? []].flat()) grant.addResourceScope(resource, params.scope ?? '');
    const result = { login: { accountId, remember: false }, consent: { grantId: await grant.save() } };
    this.grants.push(grant);
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
}
