import { join } from 'node:path';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import { Lifecycle, PLATFORM_CONFIG, type PlatformConfig } from '#libs/service';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Outbox } from './outbox.js';
import type { OutboxConfig } from './outbox.config.js';

const described = new Map<string, DynamicModule>();

/** The process' `Outbox`. Its spool is `outbox/` in the data folder. */
@Module({})
export class OutboxModule implements OnApplicationShutdown {
  constructor(
    private readonly outbox: Outbox,
    lifecycle: Lifecycle,
  ) {
    lifecycle.onFlush(() => outbox.flush());
  }

  /** Services that share a process share the outbox: equal settings give the very same description of it. */
  static with(config: OutboxConfig): DynamicModule {
    const key = JSON.stringify([
      config.METRICS_BUFFER_ENABLED,
      config.METRICS_BUFFER_FLUSH_INTERVAL,
      config.METRICS_BUFFER_MAX_SIZE,
      config.METRICS_SPOOL_MAX_BYTES,
    ]);
    const description = described.get(key) ?? describe(config);
    described.set(key, description);
    return description;
  }

  /** The bus may be gone by now: what was not flushed waits on disk for the next start. */
  async onApplicationShutdown(): Promise<void> {
    await this.outbox.close(1_000);
  }
}

const describe = (config: OutboxConfig): DynamicModule => ({
  module: OutboxModule,
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
});
