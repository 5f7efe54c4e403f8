import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { EntryRepository } from './entry.repository.js';
import { EntryService } from './entry.service.js';
import { GatewayEntriesService } from './gateway-entries.service.js';
import { NameConflictService } from './names/name-conflict.service.js';
import { PromptController } from './prompt.controller.js';
import { ResourceController } from './resource.controller.js';
import { ToolController } from './tool.controller.js';

/** Tools, prompts, resources and resource templates of all gateways. */
@Module({
  imports: [ChangesModule, CredentialsModule, LedgerModule],
  controllers: [ToolController, PromptController, ResourceController],
  providers: [EntryRepository, EntryService, GatewayEntriesService, NameConflictService],
  exports: [EntryRepository, EntryService, GatewayEntriesService],
})
export class EntriesModule {}
