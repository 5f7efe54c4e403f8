import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { LedgerModule } from '../entries/ledger/ledger.module.js';
import { ConsentController } from './consent.controller.js';
import { BreakerController } from './health/breaker.controller.js';
import { HealthRepository } from './health/health.repository.js';
import { HealthService } from './health/health.service.js';
import { ListingController } from './listing.controller.js';
import { ListingService } from './listing.service.js';
import { OwnEntriesController } from './own-entries.controller.js';
import { OwnEntriesService } from './own-entries.service.js';
import { RefreshController } from './refresh.controller.js';
import { RefreshLeaseRepository } from './refresh-lease.repository.js';
import { RefreshService } from './refresh.service.js';
import { ProgramLines } from './timeline/program-lines.js';
import { TimelineController } from './timeline/timeline.controller.js';
import { TimelineService } from './timeline/timeline.service.js';
import { UpstreamListController } from './upstream-list.controller.js';

/** Listing upstreams anew: on request, when one announces a change, when a client uses lists that are too old, when one is back. */
@Module({
  imports: [ChangesModule, EntriesModule, GatewaysModule, LedgerModule],
  controllers: [
    BreakerController,
    ConsentController,
    RefreshController,
    ListingController,
    OwnEntriesController,
    TimelineController,
    UpstreamListController,
  ],
  providers: [
    HealthRepository,
    HealthService,
    ListingService,
    OwnEntriesService,
    ProgramLines,
    RefreshLeaseRepository,
    RefreshService,
    TimelineService,
  ],
  exports: [ListingService],
})
export class RefreshModule {}
