import { createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import { fail } from '#libs/errors';

/** Long enough for clocks that differ a little; each assertion is used once. */
const ASSERTION_LIFE_S = 60;
/** https://www.rfc-editor.org/rfc/rfc7523#section-2.2 */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface ClientAuthentication {
  readonly authorization?: string;
  /** Members of the form. */
  readonly members: Readonly<Record<string, string>>;
}

/** A client as it authenticates itself. */
export type AuthenticatedClient = Pick<
  OAuthClient,
  | 'clientId'
  | 'clientSecret'
  | 'privateKey'
  | 'privateKeyJwtKid'
  | 'tokenEndpointAuthMethod'
  | 'tokenEndpointAuthSigningAlg'
>;

/**
 * How the client says who it is in one request. `audience`: the authorization server, for an assertion. Throws
 * `http.invalid` for a key that does not sign by its algorithm; the message repeats nothing of it.
 */
export const authenticationOf = async (
  client: AuthenticatedClient,
  audience: string,
): Promise<ClientAuthentication> => {
  const { clientSecret } = client;
  const clientId = client.clientId ?? '';
  switch (client.tokenEndpointAuthMethod) {
    case 'client_secret_basic': {
      const pair = [clientId, clientSecret ?? ''].map(formEncoded).join(':');
      return { authorization: `Basic ${Buffer.from(pair).toString('base64')}`, members: {} };
    }
    case 'none':
      return { members: { client_id: clientId } };
    case 'client_secret_post':
      return { members: { client_id: clientId, client_secret: clientSecret ?? '' } };
    case 'private_key_jwt': {
      const assertion = await assertionOf(client, clientId, audience);
      return {
        members: { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
      };
    }
  }
};

/** Both halves are encoded before they are joined. https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

/** https://www.rfc-editor.org/rfc/rfc7523#section-3 */
const assertionOf = async (client: AuthenticatedClient, clientId: string, audience: string): Promise<string> => {
  const { privateKey, tokenEndpointAuthSigningAlg: alg, privateKeyJwtKid: kid } = client;
  try {
    return await new SignJWT()
      .setProtectedHeader({ alg: alg ?? '', ...(kid !== null && { kid }) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${ASSERTION_LIFE_S}s`)
      .sign(createPrivateKey(privateKey ?? ''));
  } catch {
    throw fail('http.invalid', { message: `oauthConfig.privateKey is no private key in PEM that signs ${alg}` });
  }
};
