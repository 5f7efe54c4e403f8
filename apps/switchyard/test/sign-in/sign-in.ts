import { Client, type OAuthClientProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

export const REDIRECT = 'http://127.0.0.1:43123/callback';

type Stored = Awaited<ReturnType<OAuthClientProvider['clientInformation']>>;
type Tokens = Awaited<ReturnType<OAuthClientProvider['tokens']>>;

/** A person's browser: follows redirects with cookies until it is sent back to the client. */
const browsing = async (from: URL, _until: string): Promise<URL> => {
  const cookies = new Map<string, string>();
  let url = from;
  for (let hops = 0; hops < 20; hops++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url.pathname}: ${response.status} ${await response.text()}`);
    url = new URL(location, url);
    if (url.href.startsWith(REDIRECT)) return url;
  }
  throw new Error('too many redirects');
};

export interface SignedIn {
  readonly client: Client;
  readonly token: string;
}

/** A client of the SDK that knows nothing but a URL: its user signs in and consents on the way. */
export const signIn = async (url: string, browse = browsing): Promise<SignedIn> => {
  let stored: Stored;
  let tokens: Tokens;
  let verifier = '';
  let callback: URL | null = null;
  const authProvider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    clientMetadata: { client_name: 'test', redirect_uris: [REDIRECT] },
    clientInformation: () => stored,
    saveClientInformation: (information) => void (stored = information),
    tokens: () => tokens,
    saveTokens: (given) => void (tokens = given),
    redirectToAuthorization: async (authorizationUrl) => {
      if (tokens !== undefined) throw new Error('the token was refused');
      callback = await browse(authorizationUrl, REDIRECT);
    },
    saveCodeVerifier: (code) => void (verifier = code),
    codeVerifier: () => verifier,
  };
  const connect = async (): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> => {
    const client = new Client({ name: 'test', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
    await client.connect(transport).catch(async (error: unknown) => {
      if (callback === null) throw error;
      await transport.finishAuth((callback as URL).searchParams);
      callback = null;
      await client.close();
      throw retry;
    });
    return { client, transport };
  };
  const retry = new Error('signed in');
  const { client } = await connect().catch((error: unknown) => {
    if (error !== retry) throw error;
    return connect();
  });
  return { client, token: tokens?.access_token ?? '' };
};
