import { type Server, type ServerResponse, type IncomingMessage, createServer } from 'node:http';
import { type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export const CLIENT_ID = 'switchyard';
export const CLIENT_SECRET = 'planted secret of the company login';

/** Somebody of the company; what is said of them besides goes into the ID token. */
export interface Employee {
  readonly sub: string;
  readonly email: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly groups?: readonly string[];
}

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
/** Of `oidc-provider`, which sends the logout token that it makes. */
interface LogoutSender {
  backchannelLogout(sub: string, sid: string): Promise<void>;
}

/** A company's login, `oidc-provider` itself, at which whoever is `present` signs in without being asked anything. */
export class CompanyLogin {
  present: Employee = { sub: 'nobody', email: 'nobody@example.org' };
  private readonly employees = new Map<string, Employee>();
  private server: Server | null = null;

  private constructor(
    readonly issuer: string,
    private readonly port: number,
    private readonly provider: Provider,
    private readonly key: SigningKey,
  ) {}

  /** `gatewayUrl`: where people come from and are sent back to. */
  static async start(port: number, gatewayUrl: string, providerId: string): Promise<CompanyLogin> {
    const issuer = `http://127.0.0.1:${port}`;
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const employeeOf = (sub: string): Employee => company.employees.get(sub) ?? company.present;
    const provider = new Provider(issuer, {
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'k1', use: 'sig', alg: 'RS256' }] },
      cookies: {
        keys: ['cookies of a test'],
        // Cookies know no ports, and the gateway is at this host too.
        names: { session: 'company_session', interaction: 'company_interaction', resume: 'company_resume' },
      },
      claims: { openid: ['sub', 'sid'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
      conformIdTokenClaims: false,
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          application_type: 'native',
          redirect_uris: [`${gatewayUrl}/auth/sso/callback/${providerId}`],
          backchannel_logout_uri: `${gatewayUrl}/auth/sso/backchannel-logout/${providerId}`,
          backchannel_logout_session_required: true,
        },
      ],
      pkce: { required: () => true },
      findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ ...employeeOf(sub) }) }),
      features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    });
    const company = new CompanyLogin(issuer, port, provider, privateKey);
    await company.open();
    return company;
  }

  async open(): Promise<void> {
    const serve = this.provider.callback();
    this.server = createServer((request, response) => {
      if (!request.url?.startsWith('/interaction/')) void serve(request, response);
      else this.interact(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    this.server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
  }

  /** Nobody answers there until it is opened again. */
  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** Tells the gateway, as it does when a session ends, that somebody has logged out. */
  async logOut(sub: string, sid: string): Promise<void> {
    const client = (await this.provider.Client.find(CLIENT_ID)) as unknown as LogoutSender;
    await client.backchannelLogout(sub, sid);
  }

  /** A token with the company's signature, whatever it says. */
  sign(claims: JWTPayload, kid = 'k1'): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'logout+jwt' }).sign(this.key);
  }

  private async interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await this.provider.interactionDetails(request, response);
    const finish = (result: object) =>
      this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    if (prompt.name === 'login') {
      this.employees.set(this.present.sub, this.present);
      return finish({ login: { accountId: this.present.sub } });
    }
    const grant = new this.provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id });
    grant.addOIDCScope(params.scope ?? '');
    return finish({ consent: { grantId: await grant.save() } });
  }
}
