import { Client, type OAuthClientProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { textOf } from '../parties/party.js';
import { Keychain } from './keychain.js';
import type { SignIn } from './signing.js';

type Information = NonNullable<Awaited<ReturnType<OAuthClientProvider['clientInformation']>>>;
type Tokens = NonNullable<Awaited<ReturnType<OAuthClientProvider['tokens']>>>;

/** A program on the SDK's second version. */
export const sdkV2: SignIn = async (signing) => {
  const keychain = await Keychain.open<Information, Tokens>(signing);
  const transportOf = () => new StreamableHTTPClientTransport(new URL(signing.url), { authProvider: keychain });
  let transport = transportOf();
  let client = new Client({ name: 'survivor', version: '1' });
  const finish = async (answer: URLSearchParams) => transport.finishAuth(answer);
  await keychain.signedIn(
    () => client.connect(transport),
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
