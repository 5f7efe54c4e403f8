import { Module } from '@nestjs/common';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { ServersModule } from '../servers/servers.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { CredentialSealsService } from './export/credential-seals.service.js';
import { ExportController } from './export/export.controller.js';
import { ExportService } from './export/export.service.js';
import { GatewayImporter } from './import/gateway-importer.service.js';
import { ImportController } from './import/import.controller.js';
import { ImportService } from './import/import.service.js';
import { PromptImporter, ResourceImporter } from './import/own-importers.service.js';
import { ServerImporter } from './import/server-importer.service.js';
import { ToolImporter } from './import/tool-importer.service.js';

/** Taking over what ContextForge exported, and writing the same form. */
@Module({
  imports: [EntriesModule, GatewaysModule, ServersModule],
  controllers: [ExportController, ImportController],
  providers: [
    CredentialSealsService,
    ExportService,
    GatewayImporter,
    ImportService,
    PromptImporter,
    ResourceImporter,
    ServerImporter,
    ToolImporter,
  ],
})
export class ContextForgeModule {}
