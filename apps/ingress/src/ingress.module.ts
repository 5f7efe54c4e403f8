import type { ServerResponse } from 'node:http';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import { CallerAdmission, IdentityModule } from '#libs/identity';
import { Outbox, OutboxModule } from '#libs/outbox';
import { RawHttp } from '#libs/service';
import { CACHE, type Cache } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Ingress } from './ingress.js';
import type { IngressConfig } from './ingress.config.js';

/** The clients' edge: MCP endpoints straight on the HTTP server, in front of Nest's own routes. */
@Module({})
export class IngressModule implements OnApplicationShutdown {
  constructor(
    private readonly ingress: Ingress,
    raw: RawHttp,
  ) {
    raw.mount(ingress.http.handle, 'mcp');
    raw.mount(ingress.sse.handle, 'sse');
    raw.mount(ingress.sockets.handle, 'ws');
    raw.onUpgrade(ingress.sockets.upgrade);
    raw.onStopping(() => ingress.stopStreams());
  }

  static with(config: IngressConfig): DynamicModule {
    return {
      module: IngressModule,
      imports: [IdentityModule.with(config), OutboxModule.with(config)],
      providers: [
        {
          provide: Ingress,
          inject: [BUS, CACHE, CallerAdmission, Outbox, LOGGER, RawHttp],
          useFactory: (
            bus: Bus,
            cache: Cache,
            callers: CallerAdmission,
            outbox: Outbox,
            logger: Logger,
            raw: RawHttp,
          ) => {
            const releasePlace = (response: ServerResponse): void => raw.releasePlace(response);
            return new Ingress(config, { bus, cache, callers, outbox, logger, releasePlace });
          },
        },
      ],
    };
  }

  onApplicationShutdown(): void {
    this.ingress.close();
  }
}
