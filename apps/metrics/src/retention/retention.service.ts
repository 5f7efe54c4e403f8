import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { jittered } from '#libs/resilience';
import { InjectPlatformConfig, type PlatformConfig } from '#libs/service';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type MetricsSettings, SETTINGS } from '../metrics.settings.js';
import { DayIndexesRepository } from './day-indexes.repository.js';
import { CALLS, DaysRepository, LOG_LINES } from './days.repository.js';
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
  private readonly keepsLines: boolean;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly records: RetentionRepository,
    private readonly days: DaysRepository,
    private readonly indexes: DayIndexesRepository,
    @Inject(SETTINGS) private readonly settings: MetricsSettings,
    @InjectPlatformConfig() { STRUCTURED_LOGGING_DATABASE_ENABLED: keepsLines }: PlatformConfig,
    @InjectLogger() private readonly logger: Logger,
  ) {
    this.keepsLines = keepsLines;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.makeDays(Date.now());
    this.schedule(HOUR_MS / 60);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  async cleanUp(nowMs: number = Date.now()): Promise<void> {
    await this.makeDays(nowMs);
    const { callRetentionMs, rollupRetentionMs, lineRetentionMs } = this.settings;
    const days = await this.days.dropBefore(CALLS, nowMs - callRetentionMs);
    // Also those of before the log was kept no more.
    const daysOfLines = await this.days.dropBefore(LOG_LINES, nowMs - lineRetentionMs);
    const { calls, lines } = await this.records.deleteOlder({
      callsBefore: new Date(nowMs - callRetentionMs),
      hoursBefore: new Date(nowMs - rollupRetentionMs),
      linesBefore: new Date(nowMs - lineRetentionMs),
    });
    if (days > 0 || calls > 0) this.logger.info({ days, calls }, 'deleted old call records');
    const indexes = await this.indexes.makeOfDaysOver(nowMs);
    if (indexes > 0) this.logger.info({ indexes }, 'indexed the calls of days that are over');
    if (daysOfLines > 0 || lines > 0) this.logger.info({ days: daysOfLines, lines }, 'deleted old lines of the log');
  }

  /** Where it fails, records stand among the other days meanwhile, and what is old is to go all the same. */
  private async makeDays(nowMs: number): Promise<void> {
    for (const table of this.keepsLines ? [CALLS, LOG_LINES] : [CALLS])
      await this.days
        .prepare(table, nowMs, DAYS_AHEAD)
        .catch((error: unknown) => this.logger.warn({ err: error, ...table }, 'making partitions failed'));
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
