import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { RecordsModule } from '../records/records.module.js';
import { AggregatesController } from './aggregates.controller.js';
import { AggregatesService } from './aggregates.service.js';
import { RollupsRepository } from './rollups.repository.js';

/** What calls add up to, for REST. */
@Module({
  imports: [AuditModule, RecordsModule],
  controllers: [AggregatesController],
  providers: [AggregatesService, RollupsRepository],
})
export class AggregatesModule {}
