import { join } from 'node:path';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import { Outbox, type OutboxConfig } from '#libs/outbox';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Lifecycle } from './lifecycle.js';
import { PLATFORM_CONFIG, type PlatformConfig } from './platform.config.js';
import { Readiness } from './readiness.js';

/** The process' `Outbox`, for every service that records calls. Its spool is `outbox/` in the data folder. */
@Module({})
export class OutboxModule implements OnApplicationShutdown {
  constructor(
    private readonly outbox: Outbox,
    lifecycle: Lifecycle,
    readiness: Readiness,
  ) {
    readiness.add('call records', () => (outbox.isDiskFailing ? 'the disk does not take them' : null));
    lifecycle.onFlush(() => outbox.flush());
  }

  static with(config: OutboxConfig): DynamicModule {
    return {
      module: OutboxModule,
      global: true,
      providers: [
        {
          provide: Outbox,
          inject: [BUS, LOGGER, PLATFORM_CONFIG],
          useFactory: (bus: Bus, logger: Logger, platform: PlatformConfig) =>
            new Outbox({
              dir: join(platform.SWITCHYARD_DATA_DIR, 'outbox'),
              bus,
              logger,
              flushIntervalMs: config.METRICS_BUFFER_ENABLED ? config.METRICS_BUFFER_FLUSH_INTERVAL * 1000 : 0,
              flushCount: config.METRICS_BUFFER_MAX_SIZE,
              bytesMax: config.METRICS_SPOOL_MAX_BYTES,
            }),
        },
      ],
      exports: [Outbox],
    };
  }

  /** The bus may be gone by now: what was not flushed waits on disk for the next start. */
  async onApplicationShutdown(): Promise<void> {
    await this.outbox.close(1_000);
  }
}
