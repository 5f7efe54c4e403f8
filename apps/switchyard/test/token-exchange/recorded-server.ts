import { type Server, createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { type CryptoKey, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { freePort } from '#libs/testing';

export interface RecordedAnswer {
  readonly status: number;
  readonly body: object;
}

/** What an authorization server answers a form; the client's half of Basic is decoded already. */
export type Recorded = (
  form: Readonly<Record<string, string>>,
  client: string | null,
  mint: (audience: string) => Promise<string>,
) => RecordedAnswer | Promise<RecordedAnswer>;

/** A double of an authorization server: its metadata, its keys, and what it was seen to answer. */
export class RecordedServer {
  readonly forms: Readonly<Record<string, string>>[] = [];
  private server: Server | null = null;

  private constructor(
    readonly issuer: string,
    private readonly key: CryptoKey,
  ) {}

  /** `path`: of the issuer, as `/tenant/v2.0`. */
  static async start(path: string, answer: Recorded): Promise<RecordedServer> {
    const port = await freePort();
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const server = new RecordedServer(`http://127.0.0.1:${port}${path}`, privateKey);
    const { d: _private, ...key } = await exportJWK(privateKey);
    const documents: Readonly<Record<string, object>> = {
      // Neither of the two has RFC 8414's own place.
      [`${path}/.well-known/openid-configuration`]: {
        issuer: server.issuer,
        token_endpoint: `${server.issuer}/token`,
        jwks_uri: `${server.issuer}/keys`,
      },
      [`${path}/keys`]: { keys: [{ ...key, kid: 'k1', alg: 'RS256', use: 'sig' }] },
    };
    server.server = createServer(async (request, response) => {
      const send = (status: number, body: object) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      const document = documents[request.url ?? ''];
      if (document !== undefined) return send(200, document);
      if (request.url !== `${path}/token`) return send(404, {});
      const form = Object.fromEntries(new URLSearchParams(await text(request)));
      server.forms.push(form);
      const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      const client = basic === undefined ? null : decodeURIComponent(atob(basic).split(':')[0] ?? '');
      const { status, body } = await answer(form, client, (audience) => server.tokenOf('app', audience));
      return send(status, body);
    });
    server.server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => server.server?.listen(port, '127.0.0.1', resolve));
    return server;
  }

  tokenOf(email: string, audience: string, more: object = {}): Promise<string> {
    return new SignJWT({ sub: email, email, azp: 'agent', scp: 'access_as_user', ...more })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'JWT' })
      .setIssuer(this.issuer)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(this.key);
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}
