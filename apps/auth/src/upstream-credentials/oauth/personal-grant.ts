import type { Bus } from '#libs/bus';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { postToken } from './access-token.js';
import type { AuthenticatedClient } from './client-authentication.js';
import type { ObtainedToken } from './upstream-token.service.js';

/** What the consent of a person gave, and where alone it is renewed and revoked. Secret. */
export interface PersonalGrant {
  readonly consentId: string;
  /** Null: the authorization server was given by its addresses alone. */
  readonly issuer: string | null;
  readonly tokenUrl: string;
  readonly revocationUrl: string | null;
  /** The URL of the upstream that led to these; absent: whoever registered it did. */
  readonly namedBy?: string | undefined;
  readonly client: AuthenticatedClient;
  readonly resource: string | null;
  readonly accessToken: string;
  /** Null: there is none, so that the consent ends with its token. */
  readonly refreshToken: string | null;
  /** Its token came of a refresh token, not of the consent itself. */
  readonly isRenewed?: true;
}

/**
 * Codes by which a grant, or the client that it was given to, is not known any more, or cannot be renewed as it was given: asked again, it
 * would say so again. `invalid_request` is none of them: some say it of what passes.
 * https://www.rfc-editor.org/rfc/rfc6749#section-5.2, https://www.rfc-editor.org/rfc/rfc8707#section-2
 */
const GONE = new Set<unknown>([
  'invalid_grant',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
]);

export const readGrant = (text: string): PersonalGrant => JSON.parse(text) as PersonalGrant;

/**
 * Renews what is kept, with the next refresh token where the authorization server gives one. Rejects with
 * `upstream.consent_needed` where there will be no other token, its message continuing "it has ended: …".
 */
export const refreshed = async (kept: string | null, bus: Bus): Promise<ObtainedToken> => {
  if (kept === null) throw ended('what was kept of it cannot be read');
  const grant = readGrant(kept);
  const { refreshToken, tokenUrl, issuer, namedBy, client, resource } = grant;
  if (refreshToken === null) throw ended('it cannot be renewed');
  const token = await postToken(bus, { url: tokenUrl, audience: issuer ?? tokenUrl, namedBy }, client, {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...(resource !== null && { resource }),
  }).catch((error: unknown) => {
    const { data } = toGatewayError(error);
    const code = data?.['oauthError'];
    if (!GONE.has(code)) throw error;
    throw ended(`the authorization server says ${String(code)}`, code === 'invalid_client' ? client.clientId : null);
  });
  const next: PersonalGrant = {
    ...grant,
    accessToken: token.value,
    refreshToken: token.refreshToken ?? refreshToken,
    isRenewed: true,
  };
  return { text: JSON.stringify(next), lifeMs: token.lifeMs };
};

/** `unknownClientId`: the client that is not known there. */
const ended = (why: string, unknownClientId: string | null = null): GatewayError =>
  fail('upstream.consent_needed', {
    message: why,
    executed: 'no',
    ...(unknownClientId !== null && { data: { unknownClientId } }),
  });

/** Where a person consents, on this gateway. */
export const consentUrl = (publicUrl: string, upstreamId: string): string =>
  `${publicUrl}/oauth/authorize/${upstreamId}`;

/** A consent that is there does not cover what the upstream wants. */
export const moreConsentNeeded = (
  publicUrl: string | null,
  upstreamId: string,
  scopes: readonly string[],
): GatewayError => {
  const reason = `This upstream wants your consent to more (${scopes.join(' ')})`;
  const url = publicUrl === null ? null : consentUrl(publicUrl, upstreamId);
  return fail('upstream.consent_needed', {
    message: url === null ? reason : `${reason}. Open ${url} and call again`,
    data: { state: 'needs_consent', scopes, ...(url !== null && { consentUrl: url }) },
    executed: 'no',
  });
};

/** `why`: what became of the last consent; null: there was none. */
export const consentNeeded = (publicUrl: string | null, upstreamId: string, why: string | null): GatewayError => {
  const state = why === null ? 'needs_consent' : 'needs_reauth';
  const reason = why === null ? 'This upstream needs your consent' : `Your consent at this upstream has ended: ${why}`;
  if (publicUrl === null)
    return fail('upstream.consent_needed', {
      message: `${reason}; whoever runs this gateway has to set PUBLIC_URL first`,
      data: { state },
      executed: 'no',
    });
  const url = consentUrl(publicUrl, upstreamId);
  return fail('upstream.consent_needed', {
    message: `${reason}. Open ${url} and call again`,
    data: { state, consentUrl: url },
    executed: 'no',
  });
};
