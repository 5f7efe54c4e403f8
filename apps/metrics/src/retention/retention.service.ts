import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { METRICS_CONFIG, type MetricsConfig } from '../metrics.config.js';
import { CallsRepository } from '../records/calls.repository.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Deletes what is older than it need be: soon after the start, then hourly, at another minute in each replica. */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly calls: CallsRepository,
    @Inject(METRICS_CONFIG) private readonly config: MetricsConfig,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(HOUR_MS / 60);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  async cleanUp(nowMs: number = Date.now()): Promise<void> {
    const calls = await this.calls.forget({
      callsBefore: new Date(nowMs - this.config.METRICS_RETENTION_DAYS * DAY_MS),
      hoursBefore: new Date(nowMs - this.config.METRICS_ROLLUP_RETENTION_DAYS * DAY_MS),
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
      delayMs * (0.5 + Math.random()),
    ).unref();
  }
}
