import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import { CallerAdmission, IdentityModule } from '#libs/identity';
import { Outbox, OutboxModule } from '#libs/outbox';
import { RawHttp } from '#libs/service';
import { CACHE, type Cache } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Ingress } from './ingress.js';
import { INGRESS_CONFIG, type IngressConfig } from './ingress.config.js';

/** The clients' edge: MCP endpoints straight on the HTTP server, in front of Nest's own routes. */
@Module({})
export class IngressModule implements OnApplicationShutdown {
  constructor(
    private readonly ingress: Ingress,
    raw: RawHttp,
  ) {
    raw.mount(ingress.http.handle, 'mcp');
    raw.onStopping(() => ingress.stopStreams());
  }

  static with(config: IngressConfig): DynamicModule {
    return {
      module: IngressModule,
      imports: [IdentityModule.with(config), OutboxModule.with(config)],
      providers: [
        { provide: INGRESS_CONFIG, useValue: config },
        {
          provide: Ingress,
          inject: [INGRESS_CONFIG, BUS, CACHE, CallerAdmission, Outbox, LOGGER, RawHttp],
          useFactory: (
            settings: IngressConfig,
            bus: Bus,
            cache: Cache,
            callers: CallerAdmission,
            outbox: Outbox,
            logger: Logger,
            raw: RawHttp,
          ) => new Ingress(settings, { bus, cache, callers, outbox, logger, releasePlace: (response) => raw.releasePlace(response) }),
        },
      ],
    };
  }

  onApplicationShutdown(): void {
    this.ingress.close();
  }
}
