import { Module } from '@nestjs/common';
import { AdmissionModule } from '../admission/admission.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AUTH_SETTINGS, type AuthSettings } from '../auth.settings.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { KeyRing } from '../encryption/key-ring.js';
import { UpstreamCredentialController } from './upstream-credential.controller.js';
import { ExchangedTokenRepository } from './oauth/exchange/exchanged-token.repository.js';
import { ExchangedTokens } from './oauth/exchange/exchanged-tokens.js';
import { RevocationController } from './oauth/exchange/revocation.controller.js';
import { SubjectService } from './oauth/exchange/subject.service.js';
import { PresentedTokenService } from './oauth/presented-token.service.js';
import { TOKEN_STORE, sealedTokens, vaultTokens } from './oauth/token-store.js';
import { UpstreamTokenController } from './oauth/upstream-token.controller.js';
import { UpstreamTokenRepository } from './oauth/upstream-token.repository.js';
import { UpstreamTokenService } from './oauth/upstream-token.service.js';
import { WantedScopes } from './oauth/wanted-scopes.service.js';
import { VaultKv2 } from './oauth/vault-kv2.js';
import { SealedExportService } from './sealed-export.service.js';
import { UpstreamCredentialRepository } from './upstream-credential.repository.js';
import { UpstreamCredentialService } from './upstream-credential.service.js';

/** What upstreams are shown, encrypted at rest. */
@Module({
  imports: [AdmissionModule, AuditModule, EncryptionModule],
  controllers: [UpstreamCredentialController, UpstreamTokenController, RevocationController],
  providers: [
    {
      provide: TOKEN_STORE,
      inject: [AUTH_SETTINGS, KeyRing],
      useFactory: ({ vault }: AuthSettings, keyRing: KeyRing) =>
        vault === null ? sealedTokens(keyRing) : vaultTokens(new VaultKv2(vault)),
    },
    UpstreamTokenRepository,
    UpstreamTokenService,
    PresentedTokenService,
    SubjectService,
    ExchangedTokenRepository,
    ExchangedTokens,
    WantedScopes,
    UpstreamCredentialRepository,
    UpstreamCredentialService,
    SealedExportService,
  ],
  exports: [
    EncryptionModule,
    UpstreamCredentialRepository,
    UpstreamCredentialService,
    UpstreamTokenRepository,
    UpstreamTokenService,
  ],
})
export class UpstreamCredentialModule {}
