import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { ScopeModule } from '../rest/scope.module.js';
import { ServerChoiceService } from './server-choice.service.js';
import { ServerController } from './server.controller.js';
import { ServerRepository } from './server.repository.js';
import { ServerService } from './server.service.js';

/** Virtual servers: chosen entries under an endpoint of their own. */
@Module({
  imports: [ChangesModule, EntriesModule, ScopeModule],
  controllers: [ServerController],
  providers: [ServerChoiceService, ServerRepository, ServerService],
  exports: [ServerService],
})
export class ServersModule {}
