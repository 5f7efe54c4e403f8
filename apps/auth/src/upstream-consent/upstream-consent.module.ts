import { Module } from '@nestjs/common';
import { LoginModule } from '../login/login.module.js';
import { StatusModule } from '../policy/status.module.js';
import { UpstreamCredentialModule } from '../upstream-credentials/upstream-credential.module.js';
import { ClientRegistrationService } from './clients/client-registration.service.js';
import { RegisteredClientController } from './clients/registered-client.controller.js';
import { UpstreamClientRepository } from './clients/upstream-client.repository.js';
import { ConnectionController } from './connections/connection.controller.js';
import { KeptConsents } from './kept-consents.service.js';
import { UserModule } from '../users/user.module.js';
import { ConsentFlowRepository } from './consent-flow.repository.js';
import { ConsentService } from './consent.service.js';
import { ConsentFace } from './http/consent-face.js';
import { ConsentVisits } from './http/consent-visits.js';

/** The consent of people to calls of upstreams. */
@Module({
  imports: [LoginModule, StatusModule, UpstreamCredentialModule, UserModule],
  controllers: [ConnectionController, RegisteredClientController],
  providers: [
    ClientRegistrationService,
    ConsentFace,
    ConsentFlowRepository,
    ConsentService,
    ConsentVisits,
    KeptConsents,
    UpstreamClientRepository,
  ],
})
export class UpstreamConsentModule {}
