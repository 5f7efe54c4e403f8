import { Injectable } from '@nestjs/common';
import { type Bus, InjectBus } from '#libs/bus';
import { CredentialRevoked, GrantsChanged } from '#contracts/auth/credential-revoked.event';
import { ApiTokenRepository } from '../storage/api-token.repository.js';

/** Ends trust, and tells everybody who may have cached it. It holds everywhere once these resolve. */
@Injectable()
export class RevocationService {
  constructor(
    private readonly tokens: ApiTokenRepository,
    @InjectBus() private readonly bus: Bus,
  ) {}

  async revokeToken(tokenId: string, expiresAt: Date, revokedBy: string): Promise<void> {
    await this.tokens.revoke(tokenId, expiresAt, revokedBy);
    this.bus.publish(CredentialRevoked, { tokenId });
    await this.bus.flush();
  }

  /** To be called once the change to the user is committed. */
  async endTrustIn(principalId: string): Promise<void> {
    this.bus.publish(CredentialRevoked, { principalId });
    await this.bus.flush();
  }

  async announceGrants(principalId: string): Promise<void> {
    this.bus.publish(GrantsChanged, { principalId });
    await this.bus.flush();
  }
}
