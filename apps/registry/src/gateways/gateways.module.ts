import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { DiscoveryService } from './discovery.service.js';
import { GatewayController } from './gateway.controller.js';
import { GatewayRepository } from './gateway.repository.js';
import { GatewayService } from './gateway.service.js';
import { GatewayRegistrationService } from './registration/gateway-registration.service.js';
import { GatewayUpdateService } from './registration/gateway-update.service.js';
import { StdioPolicyService } from './registration/stdio-policy.service.js';
import { UpstreamCredentialService } from './upstream-credential.service.js';
import { UpstreamProfileController } from './upstream-profile.controller.js';

/** Gateways: the upstream servers that are registered here. */
@Module({
  imports: [ChangesModule, EntriesModule],
  controllers: [GatewayController, UpstreamProfileController],
  providers: [
    DiscoveryService,
    GatewayRegistrationService,
    GatewayRepository,
    GatewayService,
    GatewayUpdateService,
    StdioPolicyService,
    UpstreamCredentialService,
  ],
  exports: [DiscoveryService, GatewayService],
})
export class GatewaysModule {}
