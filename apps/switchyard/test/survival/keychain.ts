import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Signing } from './signing.js';

/** What a program keeps that signs in by a library: its client, its tokens, and an address that browsers come back to. */
export class Keychain<Information, Tokens> {
  private information: Information | undefined;
  private held: Tokens | undefined;
  private verifier = '';
  private cameBack: URLSearchParams | null = null;

  private constructor(
    readonly redirectUrl: string,
    private readonly open: Signing['open'],
    private readonly came: Map<string, URLSearchParams>,
    readonly close: () => void,
  ) {}

  static async open<Information, Tokens>({ open }: Signing): Promise<Keychain<Information, Tokens>> {
    const came = new Map<string, URLSearchParams>();
    const server = createServer(({ url = '' }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
      if (pathname === '/callback') came.set('last', searchParams);
      response.end('You may close this page.');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    return new Keychain(`http://127.0.0.1:${port}/callback`, open, came, () => {
      server.close();
      server.closeAllConnections();
    });
  }

  get clientMetadata() {
    return { client_name: 'survivor', redirect_uris: [this.redirectUrl] };
  }

  clientInformation(): Information | undefined {
    return this.information;
  }

  saveClientInformation(information: Information): void {
    this.information = information;
  }

  tokens(): Tokens | undefined {
    return this.held;
  }

  saveTokens(tokens: Tokens): void {
    this.held = tokens;
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier;
  }

  codeVerifier(): string {
    return this.verifier;
  }

  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (scope === 'all' || scope === 'client') this.information = undefined;
    if (scope === 'all' || scope === 'tokens') this.held = undefined;
  }

  async redirectToAuthorization(address: URL): Promise<void> {
    await this.open(address.href);
    this.cameBack = this.came.get('last') ?? null;
  }

  /** Does it; where that sends the person to sign in, once more after `finish` had what they came back with. */
  async signedIn<Result>(
    action: () => Promise<Result>,
    finish: (answer: URLSearchParams) => Promise<unknown>,
  ): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      const answer = this.cameBack;
      if (answer === null) throw error;
      this.cameBack = null;
      await finish(answer);
      return action();
    }
  }
}
