import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ChangesModule } from '../changes/changes.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { LedgerModule } from '../entries/ledger/ledger.module.js';
import { ApprovalService } from './approval.service.js';
import { ChangesController } from './changes.controller.js';

/** Deciding what becomes of changed tools. */
@Module({
  imports: [AuditModule, ChangesModule, EntriesModule, GatewaysModule, LedgerModule],
  controllers: [ChangesController],
  providers: [ApprovalService],
})
export class ApprovalsModule {}
