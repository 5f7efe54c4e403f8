import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { CredentialRevoked } from '#contracts/auth/credential-revoked.event';
import type { PayloadOf } from '#contracts/define';
import { Subscribes } from '#libs/bus';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { ExchangedTokens } from './exchanged-tokens.js';

/** What was exchanged for a token ends with it; where this is missed, it is not shown all the same, and swept. */
@Controller()
export class RevocationController {
  constructor(
    private readonly exchanged: ExchangedTokens,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  @Subscribes(CredentialRevoked, { group: 'auth' })
  async revoked(@Payload() { tokenId, principalId }: PayloadOf<typeof CredentialRevoked>): Promise<void> {
    try {
      await this.exchanged.endOf({ tokenId, userEmail: principalId?.toLowerCase() });
    } catch (error) {
      this.logger.warn({ err: error, tokenId }, 'what a token was exchanged for did not end with it at once');
    }
  }
}
