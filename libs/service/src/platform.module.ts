import { type DynamicModule, Module } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import type { ConfigOf, Options } from '#libs/config';
import { IdentityModule } from '#libs/identity';
import { outboxOptions } from '#libs/outbox';
import type { DataSource } from 'typeorm';
import { CACHE, type Cache, POSTGRES, type PostgresLocation, databaseToken } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Compressor } from './compression/compressor.js';
import { RawHttp } from './http/raw-http.js';
import { Lifecycle } from './lifecycle.js';
import { OutboxModule } from './outbox.module.js';
import { PLATFORM_CONFIG, type PlatformConfig } from './platform.config.js';
import { Readiness } from './readiness.js';
import type { AnyServicePart } from './service-part.js';
import { SETTINGS_OF_SERVICES, SettingsController, type SettingsOfServices } from './settings/settings.controller.js';
import { Starting } from './start/stores/starting.js';

export interface Platform {
  readonly config: PlatformConfig;
  readonly logger: Logger;
  readonly bus: Bus;
  readonly cache: Cache | null;
  readonly postgres: PostgresLocation | null;
  /** By the name of the schema. */
  readonly databases: ReadonlyMap<string, DataSource>;
  readonly starting: Starting;
  readonly raw: RawHttp;
  readonly compressor: Compressor;
  readonly readiness: Readiness;
  readonly lifecycle: Lifecycle;
  readonly settings: SettingsOfServices;
}

/** What every module of the process may have injected. */
@Module({})
export class PlatformModule {
  static of(platform: Platform): DynamicModule {
    const providers = [
      { provide: PLATFORM_CONFIG, useValue: platform.config },
      { provide: LOGGER, useValue: platform.logger },
      { provide: BUS, useValue: platform.bus },
      { provide: CACHE, useValue: platform.cache },
      { provide: POSTGRES, useValue: platform.postgres },
      ...[...platform.databases].map(([schema, useValue]) => ({ provide: databaseToken(schema), useValue })),
      { provide: Starting, useValue: platform.starting },
      { provide: RawHttp, useValue: platform.raw },
      { provide: Compressor, useValue: platform.compressor },
      { provide: Readiness, useValue: platform.readiness },
      { provide: Lifecycle, useValue: platform.lifecycle },
      { provide: SETTINGS_OF_SERVICES, useValue: platform.settings },
    ];
    const controllers = [SettingsController];
    return {
      module: PlatformModule,
      global: true,
      controllers,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}

/** What the services of a process share, each module once however many services there are. All of them are global. */
export const platformModules = (
  platform: Platform,
  parts: readonly AnyServicePart[],
  configOf: <O extends Options>(options: O) => ConfigOf<O>,
): DynamicModule[] => {
  const modules = [PlatformModule.of(platform), IdentityModule.with(platform.config)];
  if (parts.some((part) => part.needs.outbox)) modules.push(OutboxModule.with(configOf(outboxOptions)));
  return modules;
};
