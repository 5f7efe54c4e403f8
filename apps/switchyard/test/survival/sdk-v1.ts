import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { textOf } from '../parties/party.js';
import { Keychain } from './keychain.js';
import type { SignIn } from './signing.js';

type Information = NonNullable<Awaited<ReturnType<OAuthClientProvider['clientInformation']>>>;
type Tokens = NonNullable<Awaited<ReturnType<OAuthClientProvider['tokens']>>>;

/** A program on the SDK's first version. */
export const sdkV1: SignIn = async (signing) => {
  const keychain = await Keychain.open<Information, Tokens>(signing);
  const transportOf = () => new StreamableHTTPClientTransport(new URL(signing.url), { authProvider: keychain });
  let transport = transportOf();
  let client = new Client({ name: 'survivor', version: '1' });
  const finish = async (answer: URLSearchParams) => transport.finishAuth(answer.get('code') ?? '');
  await keychain.signedIn(
    // Its `sessionId` is optional in another way than the interface says.
    () => client.connect(transport as Transport),
    async (answer) => {
      await finish(answer);
      await client.close();
      transport = transportOf();
      client = new Client({ name: 'survivor', version: '1' });
    },
  );
  return {
    call: (name) => keychain.signedIn(async () => textOf(await client.callTool({ name, arguments: {} })), finish),
    close: async () => {
      await client.close();
      keychain.close();
    },
  };
};
