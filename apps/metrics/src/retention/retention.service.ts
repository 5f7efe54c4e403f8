import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { jittered } from '#libs/resilience';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type MetricsSettings, SETTINGS } from '../metrics.settings.js';
import { DaysRepository } from './days.repository.js';
import { RetentionRepository } from './retention.repository.js';

const HOUR_MS = 3_600_000;

/** Partitions are made so many days before they are needed, for a database that cannot be had for a while. */
const DAYS_AHEAD = 3;

/**
 * Makes the partitions of the days to come at the start, deletes old records soon after it, and does both hourly, at
 * another minute in each replica.
 */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly records: RetentionRepository,
    private readonly days: DaysRepository,
    @Inject(SETTINGS) private readonly settings: MetricsSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.makeDays(Date.now());
    this.schedule(HOUR_MS / 60);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  async cleanUp(nowMs: number = Date.now()): Promise<void> {
    await this.makeDays(nowMs);
    const days = await this.days.dropBefore(nowMs - this.settings.callRetentionMs);
    const calls = await this.records.deleteOlder({
      callsBefore: new Date(nowMs - this.settings.callRetentionMs),
      hoursBefore: new Date(nowMs - this.settings.rollupRetentionMs),
    });
    if (days > 0 || calls > 0) this.logger.info({ days, calls }, 'deleted old call records');
  }

  /** Where it fails, records stand among the other days meanwhile, and what is old is to go all the same. */
  private async makeDays(nowMs: number): Promise<void> {
    await this.days
      .prepare(nowMs, DAYS_AHEAD)
      .catch((error: unknown) => this.logger.warn({ err: error }, 'making partitions for call records failed'));
  }

  private failed(error: unknown): void {
    this.logger.warn({ err: error }, 'deleting old call records failed');
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(
      async () => {
        await this.cleanUp().catch((error: unknown) => this.failed(error));
        this.schedule(HOUR_MS);
      },
      jittered(delayMs, 0.5),
    ).unref();
  }
}
