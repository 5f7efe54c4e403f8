import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { UpstreamTokenState } from '#contracts/auth/oauth/describe-upstream-tokens.request';
import type { GatewayEntity } from '../gateway.entity.js';

const OPTIONAL_TIME = { type: String, format: 'date-time', nullable: true } as const;

/** The access token that a gateway is shown for all callers. */
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

/**
 * Consent at one gateway, as ContextForge words it. No gateway here asks its callers for theirs: each has one credential
 * for all of them, or none.
 */
export class OAuthStatusView {
  @ApiProperty({ description: 'Whether it is shown access tokens. No caller has to consent to anything either way.' })
  readonly oauth_enabled: boolean;

  @ApiPropertyOptional({ enum: ['client_credentials'] })
  readonly grant_type?: 'client_credentials';

  @ApiPropertyOptional({ type: String })
  readonly client_id?: string;

  @ApiPropertyOptional({ type: [String] })
  readonly scopes?: readonly string[];

  @ApiPropertyOptional({ type: GatewayTokenView })
  readonly token?: GatewayTokenView;

  @ApiProperty({ type: String })
  readonly message: string;

  constructor({ credentialShape }: Pick<GatewayEntity, 'credentialShape'>, token?: UpstreamTokenState) {
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
    this.message = 'Gateway is configured for OAuth with client credentials; no caller has to consent';
  }
}

export const STATUS_EXAMPLE: OAuthStatusView = {
  oauth_enabled: false,
  message: 'Gateway is not configured for OAuth; its upstream is shown one credential ("bearer") for all callers',
};
