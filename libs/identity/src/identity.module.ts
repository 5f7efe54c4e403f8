import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BUS, type Bus } from '#libs/bus';
import { LOGGER, type Logger } from '#libs/telemetry';
import { AdminGuard } from './admin.guard.js';
import { CallerAdmission } from './caller-admission.js';
import type { IdentityConfig } from './identity.config.js';

const described = new Map<string, DynamicModule>();

/** `CallerAdmission` for everybody in the process, and the guard in front of every Nest route. */
@Module({})
export class IdentityModule {
  /** Services that share a process share the module: equal settings give the very same description of it. */
  static with(config: IdentityConfig): DynamicModule {
    const { AUTH_REQUIRED, JWT_CACHE_MAX_SIZE, JWT_CACHE_TTL } = config;
    const key = `${AUTH_REQUIRED} ${JWT_CACHE_MAX_SIZE} ${JWT_CACHE_TTL}`;
    const known = described.get(key);
    if (known !== undefined) return known;
    const description = IdentityModule.describe(config);
    described.set(key, description);
    return description;
  }

  private static describe(config: IdentityConfig): DynamicModule {
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
