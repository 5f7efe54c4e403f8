import { type DynamicModule, Module } from '@nestjs/common';
import { IdentityModule } from '#libs/identity';
import { provideDatabase } from '#libs/storage';
import { EntryService } from './admin/entry.service.js';
import { GatewayController } from './admin/gateway.controller.js';
import { GatewayRegistrationService } from './admin/gateway-registration.service.js';
import { GatewayService } from './admin/gateway.service.js';
import { GatewayUpdateService } from './admin/gateway-update.service.js';
import { PromptController } from './admin/prompt.controller.js';
import { ResourceController } from './admin/resource.controller.js';
import { ServerChoice } from './admin/server-choice.js';
import { ServerController } from './admin/server.controller.js';
import { ServerService } from './admin/server.service.js';
import { StdioPolicy } from './admin/stdio-policy.js';
import { ToolController } from './admin/tool.controller.js';
import { CatalogChanges } from './catalog/catalog-changes.js';
import { CatalogService } from './catalog/catalog.service.js';
import { Collisions } from './catalog/collisions.js';
import { ListingService } from './catalog/listing.service.js';
import { OfferApplicationService } from './catalog/offer-application.service.js';
import { ProfileService } from './catalog/profile.service.js';
import { RefreshService } from './catalog/refresh.service.js';
import { UpstreamsService } from './catalog/upstreams.service.js';
import { CatalogController } from './intake/catalog.controller.js';
import { UpstreamListController } from './intake/upstream-list.controller.js';
import { REGISTRY_CONFIG, type RegistryConfig } from './registry.config.js';
import { EntryEntity } from './storage/entry.entity.js';
import { EntryRepository } from './storage/entry.repository.js';
import { GatewayEntity } from './storage/gateway.entity.js';
import { GatewayRepository } from './storage/gateway.repository.js';
import { Catalog1763596800000 } from './storage/migrations/1763596800000-catalog.migration.js';
import { SessionScope1763683200000 } from './storage/migrations/1763683200000-session-scope.migration.js';
import { TaskAfter1763769600000 } from './storage/migrations/1763769600000-task-after.migration.js';
import { ListingHints1763856000000 } from './storage/migrations/1763856000000-listing-hints.migration.js';
import { RefreshLeaseRepository } from './storage/refresh-lease.repository.js';
import { RegistryStore } from './storage/registry-store.js';
import { ServerEntity, ServerEntryEntity } from './storage/server.entity.js';
import { ServerRepository } from './storage/server.repository.js';

const storage = [GatewayRepository, EntryRepository, ServerRepository, RefreshLeaseRepository, RegistryStore];

const catalog = [
  CatalogChanges,
  CatalogService,
  Collisions,
  ListingService,
  OfferApplicationService,
  ProfileService,
  RefreshService,
  UpstreamsService,
];

const admin = [
  EntryService,
  GatewayRegistrationService,
  GatewayService,
  GatewayUpdateService,
  ServerChoice,
  ServerService,
  StdioPolicy,
];

@Module({})
export class RegistryModule {
  static with(config: RegistryConfig): DynamicModule {
    return {
      module: RegistryModule,
      imports: [IdentityModule.with(config)],
      controllers: [
        GatewayController,
        ToolController,
        ResourceController,
        PromptController,
        ServerController,
        CatalogController,
        UpstreamListController,
      ],
      providers: [
        { provide: REGISTRY_CONFIG, useValue: config },
        ...provideDatabase({
          schema: 'registry',
          entities: [GatewayEntity, EntryEntity, ServerEntity, ServerEntryEntity],
          migrations: [
            Catalog1763596800000,
            SessionScope1763683200000,
            TaskAfter1763769600000,
            ListingHints1763856000000,
          ],
        }),
        ...storage,
        ...catalog,
        ...admin,
      ],
    };
  }
}
