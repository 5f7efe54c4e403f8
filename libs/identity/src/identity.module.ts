import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BUS, type Bus } from '#libs/bus';
import { LOGGER, type Logger } from '#libs/telemetry';
import { AdminGuard } from './admin.guard.js';
import { CallerAdmission } from './caller-admission.js';
import type { IdentityConfig } from './identity.config.js';

/**
 * `CallerAdmission` for everybody in the process, and the guard in front of every Nest route. The platform imports it
 * once, however many services share the process.
 */
@Module({})
export class IdentityModule {
  static with(config: IdentityConfig): DynamicModule {
    return {
      module: IdentityModule,
      global: true,
      providers: [
        {
          provide: CallerAdmission,
          inject: [BUS, LOGGER],
          useFactory: (bus: Bus, logger: Logger) =>
            new CallerAdmission(bus, {
              ttlMs: config.JWT_CACHE_TTL * 1000,
              staleMaxMs: config.AUTH_STALE_MAX * 1000,
              max: config.JWT_CACHE_MAX_SIZE,
              authRequired: config.AUTH_REQUIRED,
              logger,
            }),
        },
        AdminGuard,
        { provide: APP_GUARD, useExisting: AdminGuard },
      ],
      exports: [CallerAdmission, AdminGuard],
    };
  }
}
