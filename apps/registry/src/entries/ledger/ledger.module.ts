import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { LedgerRetentionService } from './ledger-retention.service.js';
import { ToolChangeRepository } from './tool-change.repository.js';
import { ToolLedgerService } from './tool-ledger.service.js';

/** The definition ledger: what upstreams have changed of their tools, and what of it is served. */
@Module({
  imports: [AuditModule],
  providers: [LedgerRetentionService, ToolChangeRepository, ToolLedgerService],
  exports: [ToolChangeRepository, ToolLedgerService],
})
export class LedgerModule {}
