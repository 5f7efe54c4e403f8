import { type DynamicModule, Module } from '@nestjs/common';
import { ApprovalsModule } from './approvals/approvals.module.js';
import { AuditModule } from './audit/audit.module.js';
import { CatalogModule } from './catalog/catalog.module.js';
import { ContextForgeModule } from './contextforge/contextforge.module.js';
import { EntriesModule } from './entries/entries.module.js';
import { GatewaysModule } from './gateways/gateways.module.js';
import { KnownServersModule } from './known-servers/known-servers.module.js';
import { RefreshModule } from './refresh/refresh.module.js';
import type { RegistryConfig } from './registry.config.js';
import { SETTINGS, registrySettings } from './registry.settings.js';
import { ServersModule } from './servers/servers.module.js';

/** Which upstream servers there are, what each offers, and which of it each endpoint shows. */
@Module({
  imports: [
    GatewaysModule,
    EntriesModule,
    ServersModule,
    RefreshModule,
    CatalogModule,
    ContextForgeModule,
    ApprovalsModule,
    KnownServersModule,
    AuditModule,
  ],
})
export class RegistryModule {
  /** Global, so that every feature may have the settings injected. */
  static with(config: RegistryConfig): DynamicModule {
    return {
      module: RegistryModule,
      global: true,
      providers: [{ provide: SETTINGS, useValue: registrySettings(config) }],
      exports: [SETTINGS],
    };
  }
}
