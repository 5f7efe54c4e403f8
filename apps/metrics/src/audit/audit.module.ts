import { Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PendingEvents, databaseToken } from '#libs/storage';
import { type MetricsSettings, SETTINGS } from '../metrics.settings.js';
import { AuditCollector } from './audit-collector.service.js';
import { AuditLogService } from './audit-log.service.js';
import { AuditTrailRepository } from './audit-trail.repository.js';
import { AuditForwarder, DESTINATIONS } from './forwarding/audit-forwarder.service.js';
import { destinationsOf } from './forwarding/destinations.js';
import { ForwardingRepository } from './forwarding/forwarding.repository.js';
import { AuditController } from './audit.controller.js';

/** The audit trail of the whole gateway. */
@Module({
  controllers: [AuditController],
  providers: [
    {
      provide: PendingEvents,
      inject: [databaseToken('metrics')],
      useFactory: (database: DataSource) => new PendingEvents(database, 'metrics'),
    },
    AuditTrailRepository,
    AuditCollector,
    AuditLogService,
    ForwardingRepository,
    {
      provide: DESTINATIONS,
      inject: [SETTINGS],
      useFactory: ({ audit }: MetricsSettings) => destinationsOf(audit),
    },
    AuditForwarder,
  ],
  exports: [PendingEvents, AuditTrailRepository, AuditCollector],
})
export class AuditModule {}
