import type { TokenEndpointAuthMethod } from '#contracts/auth/oauth/oauth-client';
import { LOOPBACK } from '#contracts/auth/trusted-issuers';

/** Where authorization servers read who the gateway is. https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/ */
export const CLIENT_DOCUMENT_PATH = '/oauth/client-metadata.json';

/** Where a person comes back to. */
export const CALLBACK_PATH = '/oauth/callback';

/** The gateway as a client, as RFC 7591 and the document of CIMD have it. https://www.rfc-editor.org/rfc/rfc7591#section-2 */
export const clientDescription = (publicUrl: string, method: TokenEndpointAuthMethod) => ({
  client_name: 'Switchyard',
  client_uri: publicUrl,
  redirect_uris: [`${publicUrl}${CALLBACK_PATH}`],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: method,
  // A web client may not come back to this machine.
  application_type: LOOPBACK.has(new URL(publicUrl).hostname) ? 'native' : 'web',
});

/** The document itself, whose address is the client's id. */
export const clientDocument = (publicUrl: string) => ({
  client_id: `${publicUrl}${CLIENT_DOCUMENT_PATH}`,
  ...clientDescription(publicUrl, 'none'),
});
