import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { ListingController } from './listing.controller.js';
import { ListingService } from './listing.service.js';
import { RefreshController } from './refresh.controller.js';
import { RefreshLeaseRepository } from './refresh-lease.repository.js';
import { RefreshService } from './refresh.service.js';
import { UpstreamListController } from './upstream-list.controller.js';

/** Listing upstreams anew: on request, when one announces a change, when a client uses lists that are too old. */
@Module({
  imports: [ChangesModule, GatewaysModule],
  controllers: [RefreshController, ListingController, UpstreamListController],
  providers: [ListingService, RefreshLeaseRepository, RefreshService],
  exports: [ListingService],
})
export class RefreshModule {}
