import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { ScopeModule } from '../rest/scope.module.js';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { ServerHandshakeController } from './handshake/server-handshake.controller.js';
import { ServerHandshakeService } from './handshake/server-handshake.service.js';
import { GatewayImpactController } from './impact/gateway-impact.controller.js';
import { GatewayImpactService } from './impact/gateway-impact.service.js';
import { ServerChoiceService } from './server-choice.service.js';
import { ServerController } from './server.controller.js';
import { ServerRepository } from './server.repository.js';
import { ServerService } from './server.service.js';

/** Virtual servers: chosen entries under an endpoint of their own. */
@Module({
  imports: [ChangesModule, EntriesModule, GatewaysModule, ScopeModule],
  controllers: [GatewayImpactController, ServerController, ServerHandshakeController],
  providers: [GatewayImpactService, ServerChoiceService, ServerHandshakeService, ServerRepository, ServerService],
  exports: [ServerService],
})
export class ServersModule {}
