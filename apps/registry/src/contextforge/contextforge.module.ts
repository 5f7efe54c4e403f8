import { Module } from '@nestjs/common';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { ServersModule } from '../servers/servers.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { ExportController } from './export.controller.js';
import { ExportService } from './export.service.js';
import { GatewayImporter } from './gateway-importer.service.js';
import { ImportController } from './import.controller.js';
import { ImportService } from './import.service.js';
import { ServerImporter } from './server-importer.service.js';
import { ToolImporter } from './tool-importer.service.js';

/** Taking over what ContextForge exported, and writing the same form. */
@Module({
  imports: [EntriesModule, GatewaysModule, ServersModule],
  controllers: [ExportController, ImportController],
  providers: [ExportService, GatewayImporter, ImportService, ServerImporter, ToolImporter],
})
export class ContextForgeModule {}
