import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OAUTH_GRANT_TYPES, type OAuthGrantType, exchangesTokens } from '#contracts/auth/oauth/oauth-client';
import type { UpstreamTokenState } from '#contracts/auth/oauth/describe-upstream-tokens.request';
import type { GatewayEntity } from '../gateway.entity.js';

const OPTIONAL_TIME = { type: String, format: 'date-time', nullable: true } as const;

/** The access token that a gateway is shown: for all callers, or for this one. */
export class GatewayTokenView {
  @ApiProperty({
    enum: ['none', 'good', 'over', 'failing'],
    description: 'none: none was needed yet. over: the next call gets another. failing: there is none to be had.',
  })
  readonly state: 'none' | 'good' | 'over' | 'failing';

  @ApiProperty(OPTIONAL_TIME)
  readonly obtained_at: string | null;

  @ApiProperty({ ...OPTIONAL_TIME, description: 'Null: the authorization server does not say.' })
  readonly expires_at: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why the last attempt to get one failed.' })
  readonly failure: string | null;

  @ApiProperty(OPTIONAL_TIME)
  readonly failed_at: string | null;

  constructor({ obtainedAt, expiresAt, failure, failedAt }: UpstreamTokenState = NO_TOKEN) {
    const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
    const hasGood = obtainedAt !== null && !isOver;
    this.state = hasGood ? 'good' : failure !== null ? 'failing' : obtainedAt !== null ? 'over' : 'none';
    this.obtained_at = obtainedAt;
    this.expires_at = expiresAt;
    this.failure = failure;
    this.failed_at = failedAt;
  }
}

const NO_TOKEN: UpstreamTokenState = { obtainedAt: null, expiresAt: null, failure: null, failedAt: null };

/** How the caller's own consent at a gateway stands. */
export const CONSENT_STATES = ['ok', 'needs_consent', 'needs_reauth', 'failed'] as const;

/** Consent at one gateway, as ContextForge words it, and how the caller's own stands. */
export class OAuthStatusView {
  @ApiProperty({ description: 'Whether it is shown access tokens.' })
  readonly oauth_enabled: boolean;

  @ApiPropertyOptional({ enum: OAUTH_GRANT_TYPES })
  readonly grant_type?: OAuthGrantType;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Null: this gateway registers itself.' })
  readonly client_id?: string | null;

  @ApiPropertyOptional({ type: [String] })
  readonly scopes?: readonly string[];

  @ApiPropertyOptional({ type: GatewayTokenView })
  readonly token?: GatewayTokenView;

  @ApiPropertyOptional({
    enum: CONSENT_STATES,
    description:
      'Of the caller, where tokens are their own. needs_reauth: there was a consent, and it has ended; of an exchange: the caller has to sign in to the company again. failed: no token could be had just now.',
  })
  readonly state?: (typeof CONSENT_STATES)[number];

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Why it is not `ok`.' })
  readonly reason?: string | null;

  @ApiPropertyOptional({ type: String, description: 'With authorization_code: where the caller consents.' })
  readonly consent_path?: string;

  @ApiProperty({ type: String })
  readonly message: string;

  /** `token`: what all callers are shown, or, where it is each one's own, this one. */
  constructor({ id, credentialShape }: Pick<GatewayEntity, 'id' | 'credentialShape'>, token?: UpstreamTokenState) {
    const { authType, oauth } = credentialShape;
    this.oauth_enabled = oauth !== undefined;
    if (oauth === undefined) {
      const shown = authType === 'none' ? 'no authorization' : `one credential ("${authType}") for all callers`;
      this.message = `Gateway is not configured for OAuth; its upstream is shown ${shown}`;
      return;
    }
    this.grant_type = oauth.grantType;
    this.client_id = oauth.clientId;
    this.scopes = oauth.scopes;
    this.token = new GatewayTokenView(token);
    if (oauth.grantType === 'client_credentials') {
      this.message = 'Gateway is configured for OAuth with client credentials; no caller has to consent';
      return;
    }
    const isExchanging = exchangesTokens(oauth.grantType);
    this.state = token === undefined && isExchanging ? 'ok' : consentState(token, this.token);
    this.reason = this.state === 'ok' ? null : (token?.failure ?? null);
    if (isExchanging) {
      this.message = 'Gateway is shown what the token of each caller is exchanged for; no caller has to consent here';
      return;
    }
    this.consent_path = `/oauth/authorize/${id}`;
    this.message = 'Gateway configured for Authorization Code flow; each caller consents for themselves';
  }
}

const consentState = (
  token: UpstreamTokenState | undefined,
  { state }: GatewayTokenView,
): (typeof CONSENT_STATES)[number] => {
  if (token === undefined) return 'needs_consent';
  if (token.needsReauth) return 'needs_reauth';
  return state === 'failing' ? 'failed' : 'ok';
};

export const STATUS_EXAMPLE: OAuthStatusView = {
  oauth_enabled: false,
  message: 'Gateway is not configured for OAuth; its upstream is shown one credential ("bearer") for all callers',
};
