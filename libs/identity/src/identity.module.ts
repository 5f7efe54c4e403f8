import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BUS, type Bus } from '#libs/bus';
import { CACHE, type Cache } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { ADMIN_API_ENABLED, AdminGuard } from './admin.guard.js';
import { CallerAdmission } from './caller-admission.js';
import { CLIENT_ADDRESS, type ClientAddress, clientAddress } from './client-address.js';
import type { IdentityConfig } from './identity.config.js';
import { CallShares, ShareLedger, shareSettingsOf } from './shares/index.js';

const SHARE_LEDGER = Symbol('SHARE_LEDGER');

/**
 * `CallerAdmission` and `CallShares` for everybody in the process, and the guard in front of every Nest route. The platform imports it
 * once, however many services share the process.
 */
@Module({})
export class IdentityModule {
  /** `BACKPRESSURE`: how many requests of all callers the process takes at once. */
  static with(config: IdentityConfig & { readonly BACKPRESSURE: number }): DynamicModule {
    return {
      module: IdentityModule,
      global: true,
      providers: [
        {
          provide: CallerAdmission,
          inject: [BUS, LOGGER, CLIENT_ADDRESS],
          useFactory: (bus: Bus, logger: Logger, addressOf: ClientAddress) =>
            new CallerAdmission(bus, {
              ttlMs: config.JWT_CACHE_TTL * 1000,
              staleMaxMs: config.AUTH_STALE_MAX * 1000,
              max: config.JWT_CACHE_MAX_SIZE,
              authRequired: config.AUTH_REQUIRED,
              addressOf,
              logger,
            }),
        },
        { provide: CLIENT_ADDRESS, useFactory: () => clientAddress(config.TRUSTED_PROXIES) },
        {
          provide: CallShares,
          inject: [CLIENT_ADDRESS],
          useFactory: (addressOf: ClientAddress) =>
            new CallShares(shareSettingsOf(config, config.BACKPRESSURE), addressOf),
        },
        {
          provide: SHARE_LEDGER,
          inject: [CallShares, LOGGER, { token: CACHE, optional: true }],
          useFactory: ({ owners }: CallShares, logger: Logger, cache: Cache | null | undefined) =>
            cache && Object.values(owners).some(({ isShared }) => isShared)
              ? new ShareLedger(owners, cache, logger)
              : null,
        },
        { provide: ADMIN_API_ENABLED, useFactory: () => config.MCPGATEWAY_ADMIN_API_ENABLED },
        AdminGuard,
        { provide: APP_GUARD, useExisting: AdminGuard },
      ],
      exports: [CallerAdmission, CallShares, CLIENT_ADDRESS, AdminGuard],
    };
  }
}
