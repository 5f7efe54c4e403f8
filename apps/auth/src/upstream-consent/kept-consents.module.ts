import { Module } from '@nestjs/common';
import { UpstreamCredentialModule } from '../upstream-credentials/upstream-credential.module.js';
import { KeptConsents } from './kept-consents.service.js';

/** The consents that there are, which end with their users. */
@Module({
  imports: [UpstreamCredentialModule],
  providers: [KeptConsents],
  exports: [KeptConsents],
})
export class KeptConsentsModule {}
