import type { GatewayError } from '#libs/errors';

const quoted = (value: string): string => `"${value.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;

/** The parameters of a `Bearer` challenge. https://www.rfc-editor.org/rfc/rfc9728#section-5.1 */
export interface ChallengeDetails {
  /** URL of the RFC 9728 document of the endpoint that was asked for. */
  readonly resourceMetadata?: string | undefined;
  /** What to sign in with, separated by spaces. Of a missing grant: only where a new sign-in can give it. */
  readonly scope?: string | undefined;
}

/**
 * The value of `WWW-Authenticate` for a refusal, or `null` when the failure is none. An error is named only when a
 * token was sent: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export const challengeFor = ({ code }: Pick<GatewayError, 'code'>, details: ChallengeDetails = {}): string | null => {
  const parts: string[] = [];
  if (code === 'auth.credential_invalid') parts.push('error="invalid_token"');
  else if (code === 'auth.grant_missing') {
    if (details.scope === undefined) return null;
    parts.push('error="insufficient_scope"');
  } else if (code !== 'auth.credential_missing') return null;
  if (details.scope) parts.push(`scope=${quoted(details.scope)}`);
  if (details.resourceMetadata) parts.push(`resource_metadata=${quoted(details.resourceMetadata)}`);
  return parts.length === 0 ? 'Bearer' : `Bearer ${parts.join(', ')}`;
};
