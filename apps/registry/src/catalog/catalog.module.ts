import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { RefreshModule } from '../refresh/refresh.module.js';
import { ServersModule } from '../servers/servers.module.js';
import { CatalogController } from './catalog.controller.js';
import { CatalogRepository } from './catalog.repository.js';
import { CatalogService } from './catalog.service.js';
import { ExplainController } from './explain/explain.controller.js';
import { ExplainService } from './explain/explain.service.js';
import { KeptCatalogService } from './kept-catalog.service.js';
import { TagsController } from './tags/tags.controller.js';
import { TagsRepository } from './tags/tags.repository.js';
import { TagsService } from './tags/tags.service.js';

/** All that one endpoint offers, for ingress. */
@Module({
  imports: [ChangesModule, RefreshModule, ServersModule],
  controllers: [CatalogController, ExplainController, TagsController],
  providers: [CatalogRepository, KeptCatalogService, CatalogService, ExplainService, TagsRepository, TagsService],
})
export class CatalogModule {}
