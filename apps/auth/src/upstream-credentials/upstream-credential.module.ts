import { Module } from '@nestjs/common';
import { AUTH_SETTINGS, type AuthSettings } from '../auth.settings.js';
import { KeyRing, keyRingOf } from './key-ring.js';
import { UpstreamCredentialController } from './upstream-credential.controller.js';
import { UpstreamCredentialRepository } from './upstream-credential.repository.js';
import { UpstreamCredentialService } from './upstream-credential.service.js';

/** What upstreams are shown, encrypted at rest. */
@Module({
  controllers: [UpstreamCredentialController],
  providers: [
    {
      provide: KeyRing,
      inject: [AUTH_SETTINGS],
      useFactory: ({ encryption }: AuthSettings) => keyRingOf(encryption),
    },
    UpstreamCredentialRepository,
    UpstreamCredentialService,
  ],
  exports: [UpstreamCredentialService],
})
export class UpstreamCredentialModule {}
