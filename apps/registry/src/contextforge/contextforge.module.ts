import { Module } from '@nestjs/common';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { ServersModule } from '../servers/servers.module.js';
import { GatewayImporter } from './gateway-importer.service.js';
import { ImportController } from './import.controller.js';
import { ImportService } from './import.service.js';
import { ServerImporter } from './server-importer.service.js';
import { ToolImporter } from './tool-importer.service.js';

/** Taking over what ContextForge exported. */
@Module({
  imports: [GatewaysModule, ServersModule],
  controllers: [ImportController],
  providers: [GatewayImporter, ImportService, ServerImporter, ToolImporter],
})
export class ContextForgeModule {}
