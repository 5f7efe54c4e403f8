import { Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PendingEvents, databaseToken } from '#libs/storage';
import { AuditController } from './audit.controller.js';

/** What has happened to the registry's rows, until metrics has taken it into the audit trail. */
@Module({
  controllers: [AuditController],
  providers: [
    {
      provide: PendingEvents,
      inject: [databaseToken('registry')],
      useFactory: (database: DataSource) => new PendingEvents(database, 'registry'),
    },
  ],
  exports: [PendingEvents],
})
export class AuditModule {}
