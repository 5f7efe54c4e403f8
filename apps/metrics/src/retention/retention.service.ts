import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { jittered } from '#libs/resilience';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type MetricsSettings, SETTINGS } from '../metrics.settings.js';
import { RetentionRepository } from './retention.repository.js';

const HOUR_MS = 3_600_000;

/** Deletes old records soon after the start, then hourly, at another minute in each replica. */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly records: RetentionRepository,
    @Inject(SETTINGS) private readonly settings: MetricsSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(HOUR_MS / 60);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  async cleanUp(nowMs: number = Date.now()): Promise<void> {
    const calls = await this.records.deleteOlder({
      callsBefore: new Date(nowMs - this.settings.callRetentionMs),
      hoursBefore: new Date(nowMs - this.settings.rollupRetentionMs),
    });
    if (calls > 0) this.logger.info({ calls }, 'deleted old call records');
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(
      async () => {
        await this.cleanUp().catch((error: unknown) =>
          this.logger.warn({ err: error }, 'deleting old call records failed'),
        );
        this.schedule(HOUR_MS);
      },
      jittered(delayMs, 0.5),
    ).unref();
  }
}
