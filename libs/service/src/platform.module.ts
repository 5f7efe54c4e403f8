import { type DynamicModule, Module } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import { CACHE, type Cache, POSTGRES, type PostgresLocation } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { RawHttp } from './http/raw-http.js';
import { Lifecycle } from './lifecycle.js';
import { PLATFORM_CONFIG, type PlatformConfig } from './platform.config.js';
import { Readiness } from './readiness.js';

export interface Platform {
  readonly config: PlatformConfig;
  readonly logger: Logger;
  readonly bus: Bus;
  readonly cache: Cache | null;
  readonly postgres: PostgresLocation | null;
  readonly raw: RawHttp;
  readonly readiness: Readiness;
  readonly lifecycle: Lifecycle;
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
      { provide: RawHttp, useValue: platform.raw },
      { provide: Readiness, useValue: platform.readiness },
      { provide: Lifecycle, useValue: platform.lifecycle },
    ];
    return { module: PlatformModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
