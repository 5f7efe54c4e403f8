import {
  type DynamicModule,
  type INestApplicationContext,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import { CLIENT_ADDRESS, CallerAdmission, CallShares, type ClientAddress } from '#libs/identity';
import { Outbox } from '#libs/outbox';
import { Compressor, RawHttp, Readiness } from '#libs/service';
import { CACHE, type Cache } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import type { IngressConfig } from './ingress.config.js';
import { settingsOf } from './ingress.settings.js';
import { type Ingress, openIngress } from './ingress.js';
import { CapturedCalls } from './direct-call/captured-call.js';
import { DirectCallController } from './direct-call/direct-call.controller.js';
import { DirectCallService } from './direct-call/direct-call.service.js';
import { Pipeline } from './pipeline/index.js';
import { PreviewController } from './preview/preview.controller.js';
import { PreviewService } from './preview/preview.service.js';
import { Router } from './routing/index.js';

const INGRESS = Symbol('INGRESS');

/** Whether a process that runs ingress serves the admin console. */
export const servesConsole = (application: INestApplicationContext): boolean =>
  application.get<Ingress>(INGRESS, { strict: false }).hasConsole;

type Injected = [Bus, Cache, CallerAdmission, CallShares, ClientAddress, Outbox, Logger, RawHttp, Compressor];

/** The clients' edge: its faces straight on the HTTP server, in front of Nest's own routes. */
@Module({})
export class IngressModule implements OnApplicationShutdown {
  constructor(
    @Inject(INGRESS) private readonly ingress: Ingress,
    raw: RawHttp,
    readiness: Readiness,
  ) {
    readiness.addWarning('keys of ingress', ingress.keysWarning);
    for (const { handle, label, refuse } of ingress.faces) raw.mount(handle, label, refuse);
    raw.onUpgrade(ingress.upgrade);
    raw.onStopping(() => ingress.stopStreams());
  }

  static with(config: IngressConfig): DynamicModule {
    return {
      module: IngressModule,
      controllers: [DirectCallController, PreviewController],
      providers: [
        CapturedCalls,
        DirectCallService,
        PreviewService,
        { provide: Pipeline, inject: [INGRESS], useFactory: ({ pipeline }: Ingress) => pipeline },
        { provide: Router, inject: [INGRESS], useFactory: ({ router }: Ingress) => router },
        {
          provide: INGRESS,
          inject: [BUS, CACHE, CallerAdmission, CallShares, CLIENT_ADDRESS, Outbox, LOGGER, RawHttp, Compressor],
          useFactory: (...[bus, cache, callers, shares, addressOf, outbox, logger, places, compressor]: Injected) =>
            openIngress(settingsOf(config), {
              bus,
              cache,
              callers,
              shares,
              addressOf,
              outbox,
              logger,
              places,
              compressor,
            }),
        },
      ],
    };
  }

  onApplicationShutdown(): void {
    this.ingress.close();
  }
}
