import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { REDIRECT } from './sign-in.js';

type Stored = Awaited<ReturnType<OAuthClientProvider['clientInformation']>>;
type Tokens = Awaited<ReturnType<OAuthClientProvider['tokens']>>;

/** A client of the SDK's first version that knows nothing but a URL: its user signs in and allows on the way. */
export const sdkV1SigningIn = async (
  url: string,
  browse: (from: URL, until: string) => Promise<URL>,
): Promise<Client> => {
  let stored: Stored;
  let tokens: Tokens;
  let verifier = '';
  let code = '';
  const authProvider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    clientMetadata: { client_name: 'test', redirect_uris: [REDIRECT] },
    clientInformation: () => stored,
    saveClientInformation: (information) => void (stored = information),
    tokens: () => tokens,
    saveTokens: (given) => void (tokens = given),
    redirectToAuthorization: async (authorizationUrl) => {
      code = (await browse(authorizationUrl, REDIRECT)).searchParams.get('code') ?? '';
    },
    saveCodeVerifier: (text) => void (verifier = text),
    codeVerifier: () => verifier,
  };
  const connect = async (): Promise<Client> => {
    const client = new Client({ name: 'test', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
    try {
      // Its `sessionId` is optional in another way than the interface says.
      await client.connect(transport as Transport);
    } catch (error) {
      if (code === '') throw error;
      await transport.finishAuth(code);
      code = '';
      await client.close();
      return connect();
    }
    return client;
  };
  return connect();
};
