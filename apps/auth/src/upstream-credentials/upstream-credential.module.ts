import { Module } from '@nestjs/common';
import { AUTH_SETTINGS, type AuthSettings } from '../auth.settings.js';
import { KeyRing, keyRingOf } from './key-ring.js';
import { UpstreamCredentialController } from './upstream-credential.controller.js';
import { PresentedTokenService } from './oauth/presented-token.service.js';
import { TOKEN_STORE, sealedTokens, vaultTokens } from './oauth/token-store.js';
import { UpstreamTokenController } from './oauth/upstream-token.controller.js';
import { UpstreamTokenRepository } from './oauth/upstream-token.repository.js';
import { UpstreamTokenService } from './oauth/upstream-token.service.js';
import { VaultKv2 } from './oauth/vault-kv2.js';
import { UpstreamCredentialRepository } from './upstream-credential.repository.js';
import { UpstreamCredentialService } from './upstream-credential.service.js';

/** What upstreams are shown, encrypted at rest. */
@Module({
  controllers: [UpstreamCredentialController, UpstreamTokenController],
  providers: [
    {
      provide: KeyRing,
      inject: [AUTH_SETTINGS],
      useFactory: ({ encryption }: AuthSettings) => keyRingOf(encryption),
    },
    {
      provide: TOKEN_STORE,
      inject: [AUTH_SETTINGS, KeyRing],
      useFactory: ({ vault }: AuthSettings, keyRing: KeyRing) =>
        vault === null ? sealedTokens(keyRing) : vaultTokens(new VaultKv2(vault)),
    },
    UpstreamTokenRepository,
    UpstreamTokenService,
    PresentedTokenService,
    UpstreamCredentialRepository,
    UpstreamCredentialService,
  ],
  exports: [
    KeyRing,
    UpstreamCredentialRepository,
    UpstreamCredentialService,
    UpstreamTokenRepository,
    UpstreamTokenService,
  ],
})
export class UpstreamCredentialModule {}
