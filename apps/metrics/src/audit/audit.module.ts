import { Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PLATFORM_CONFIG, type PlatformConfig, exportedLogs } from '#libs/service';
import { PendingEvents, databaseToken } from '#libs/storage';
import { openEventSender } from '#libs/telemetry';
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
      inject: [SETTINGS, PLATFORM_CONFIG],
      useFactory: ({ audit }: MetricsSettings, platform: PlatformConfig) =>
        destinationsOf(audit, () => openEventSender(exportedLogs(platform, 'metrics'))),
    },
    AuditForwarder,
  ],
  exports: [PendingEvents, AuditTrailRepository, AuditCollector],
})
export class AuditModule {}
