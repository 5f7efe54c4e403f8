import { type DynamicModule, Module } from '@nestjs/common';
import { IdentityModule } from '#libs/identity';
import { provideDatabase } from '#libs/storage';
import { EntryService } from './entries/entry.service.js';
import { GatewayController } from './gateways/gateway.controller.js';
import { GatewayRegistrationService } from './gateways/registration/gateway-registration.service.js';
import { GatewayService } from './gateways/gateway.service.js';
import { GatewayUpdateService } from './gateways/registration/gateway-update.service.js';
import { PromptController } from './entries/prompt.controller.js';
import { ResourceController } from './entries/resource.controller.js';
import { ServerChoice } from './servers/server-choice.service.js';
import { ServerController } from './servers/server.controller.js';
import { ServerService } from './servers/server.service.js';
import { StdioPolicy } from './gateways/registration/stdio-policy.service.js';
import { ToolController } from './entries/tool.controller.js';
import { CatalogChanges } from './changes/catalog-changes.service.js';
import { CatalogService } from './catalog/catalog.service.js';
import { Collisions } from './entries/name-conflict.service.js';
import { ListingService } from './refresh/listing.service.js';
import { OfferApplicationService } from './gateways/offer-application.service.js';
import { ProfileService } from './gateways/profile.service.js';
import { RefreshService } from './refresh/refresh.service.js';
import { UpstreamsService } from './gateways/upstreams.service.js';
import { CatalogController } from './catalog/catalog.controller.js';
import { UpstreamListController } from './refresh/upstream-list.controller.js';
import { REGISTRY_CONFIG, type RegistryConfig } from './registry.config.js';
import { EntryEntity } from './entries/entry.entity.js';
import { EntryRepository } from './entries/entry.repository.js';
import { GatewayEntity } from './gateways/gateway.entity.js';
import { GatewayRepository } from './gateways/gateway.repository.js';
import { Catalog1763596800000 } from './storage/migrations/0001-catalog.migration.js';
import { SessionScope1763683200000 } from './storage/migrations/0002-session-scope.migration.js';
import { TaskAfter1763769600000 } from './storage/migrations/0003-task-after.migration.js';
import { ListingHints1763856000000 } from './storage/migrations/0004-listing-hints.migration.js';
import { RefreshLeaseRepository } from './refresh/refresh-lease.repository.js';
import { RegistryStore } from './storage/registry-store.js';
import { ServerEntity, ServerEntryEntity } from './servers/server.entity.js';
import { ServerRepository } from './servers/server.repository.js';

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
