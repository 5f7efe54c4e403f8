import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { ListingController } from './listing.controller.js';
import { ListingService } from './listing.service.js';
import { OwnEntriesController } from './own-entries.controller.js';
import { OwnEntriesService } from './own-entries.service.js';
import { RefreshController } from './refresh.controller.js';
import { RefreshLeaseRepository } from './refresh-lease.repository.js';
import { RefreshService } from './refresh.service.js';
import { UpstreamListController } from './upstream-list.controller.js';

/** Listing upstreams anew: on request, when one announces a change, when a client uses lists that are too old. */
@Module({
  imports: [ChangesModule, EntriesModule, GatewaysModule],
  controllers: [RefreshController, ListingController, OwnEntriesController, UpstreamListController],
  providers: [ListingService, OwnEntriesService, RefreshLeaseRepository, RefreshService],
  exports: [ListingService],
})
export class RefreshModule {}
