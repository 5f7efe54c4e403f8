import type { TokenEndpointAuthMethod } from '#contracts/auth/oauth/oauth-client';
import { LOOPBACK } from '#contracts/auth/trusted-issuers';

/** Where a person comes back to from a client that was made by hand, which one authorization server knows. */
export const CALLBACK_PATH = '/oauth/callback';

/**
 * Where a person comes back to else: of each upstream its own, since by one for all an authorization server could have the answer of
 * another taken for its own. https://www.rfc-editor.org/rfc/rfc9700#section-4.4.2.2
 */
export const callbackPathOf = (upstreamId: string): string => `${CALLBACK_PATH}/${upstreamId}`;

/** Where authorization servers read who the gateway is. https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/ */
export const clientDocumentUrl = (publicUrl: string, upstreamId: string): string =>
  `${publicUrl}/oauth/client-metadata/${upstreamId}.json`;

/** The gateway as a client, as RFC 7591 and the document of CIMD have it. https://www.rfc-editor.org/rfc/rfc7591#section-2 */
export const clientDescription = (publicUrl: string, upstreamId: string, method: TokenEndpointAuthMethod) => ({
  client_name: 'Switchyard',
  client_uri: publicUrl,
  redirect_uris: [`${publicUrl}${callbackPathOf(upstreamId)}`],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: method,
  // A web client may not come back to this machine.
  application_type: LOOPBACK.has(new URL(publicUrl).hostname) ? 'native' : 'web',
});

/** The document itself, whose address is the client's id. */
export const clientDocument = (publicUrl: string, upstreamId: string) => ({
  client_id: clientDocumentUrl(publicUrl, upstreamId),
  ...clientDescription(publicUrl, upstreamId, 'none'),
});
