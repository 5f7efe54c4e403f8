import { type OAuthClientInformation, type OAuthTokens, auth, createMCPClient } from '@ai-sdk/mcp';
import { textOf } from '../parties/party.js';
import { Keychain } from './keychain.js';
import type { SignIn } from './signing.js';

/** A program on the AI SDK. */
export const aiSdk: SignIn = async (signing) => {
  const keychain = await Keychain.open<OAuthClientInformation, OAuthTokens>(signing);
  const finish = async (answer: URLSearchParams) => {
    const [code, state, issuer] = ['code', 'state', 'iss'].map((name) => answer.get(name) ?? undefined);
    await auth(keychain, {
      serverUrl: signing.url,
      ...(code !== undefined && { authorizationCode: code }),
      ...(state !== undefined && { callbackState: state }),
      ...(issuer !== undefined && { callbackIssuer: issuer }),
    });
  };
  const client = await keychain.signedIn(
    () => createMCPClient({ transport: { type: 'http', url: signing.url, authProvider: keychain } }),
    finish,
  );
  return {
    call: (name) => keychain.signedIn(async () => textOf(await client.callTool({ name, arguments: {} })), finish),
    close: async () => {
      await client.close();
      keychain.close();
    },
  };
};
