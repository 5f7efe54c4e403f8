import { ApiProperty } from '@nestjs/swagger';
import type { GatewayEntity } from '../gateway.entity.js';

/**
 * Consent at one gateway, as ContextForge words it. No gateway here asks its callers for theirs: each has one credential
 * for all of them, or none.
 */
export class OAuthStatusView {
  @ApiProperty({ enum: [false], description: 'No caller has to consent to anything before it is used.' })
  readonly oauth_enabled = false;

  @ApiProperty({ type: String })
  readonly message: string;

  constructor({ credentialShape }: Pick<GatewayEntity, 'credentialShape'>) {
    const { authType } = credentialShape;
    const shown = authType === 'none' ? 'no authorization' : `one credential ("${authType}") for all callers`;
    this.message = `Gateway is not configured for OAuth; its upstream is shown ${shown}`;
  }
}

export const STATUS_EXAMPLE: OAuthStatusView = {
  oauth_enabled: false,
  message: 'Gateway is not configured for OAuth; its upstream is shown one credential ("bearer") for all callers',
};
