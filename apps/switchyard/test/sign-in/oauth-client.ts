import { createHash, randomBytes } from 'node:crypto';
import type { Person } from './person.js';

const REDIRECT = 'http://127.0.0.1:43123/callback';
const VERIFIER = randomBytes(32).toString('base64url');
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** A client by hand, whose requests can be wrong in any way. */
export class OAuthClient {
  private constructor(
    readonly url: string,
    readonly id: string,
  ) {}

  static async register(url: string, description: object = {}): Promise<OAuthClient> {
    const { status, body } = await OAuthClient.ask(`${url}/register`, {
      client_name: 'By hand',
      redirect_uris: [REDIRECT],
      ...description,
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return new OAuthClient(url, String(body['client_id']));
  }

  /** One that is known already, as by its document. */
  static known(url: string, id: string): OAuthClient {
    return new OAuthClient(url, id);
  }

  static async ask(url: string, body: object): Promise<Answer> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(url, init);
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  /** Where a person's browser is sent; `null` leaves a parameter out. */
  authorizationUrl(changes: Readonly<Record<string, string | null>> = {}): URL {
    const parameters = {
      client_id: this.id,
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      resource: `${this.url}/mcp`,
      state: 'a state',
      ...changes,
    };
    const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null);
    return new URL(`${this.url}/authorize?${new URLSearchParams(given).toString()}`);
  }

  /** What the person's browser comes back with. */
  async authorize(person: Person, changes: Readonly<Record<string, string | null>> = {}): Promise<URLSearchParams> {
    return (await person.browse(this.authorizationUrl(changes), changes['redirect_uri'] ?? REDIRECT)).searchParams;
  }

  redeem(code: string, changes: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const given = { code, redirect_uri: REDIRECT, code_verifier: VERIFIER, ...changes };
    return this.post('/token', { grant_type: 'authorization_code', ...given });
  }

  refresh(token: unknown): Promise<Answer> {
    return this.post('/token', { grant_type: 'refresh_token', refresh_token: String(token) });
  }

  /** Signs in, and has the first tokens. */
  async signIn(person: Person, changes: Readonly<Record<string, string | null>> = {}): Promise<Answer['body']> {
    const { status, body } = await this.redeem(String((await this.authorize(person, changes)).get('code')));
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body;
  }

  async post(path: string, parameters: Readonly<Record<string, string>>): Promise<Answer> {
    const body = new URLSearchParams({ client_id: this.id, ...parameters });
    const response = await fetch(`${this.url}${path}`, { method: 'POST', body });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
  }
}
