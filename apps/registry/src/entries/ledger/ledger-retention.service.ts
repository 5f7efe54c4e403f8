import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type RegistrySettings, SETTINGS } from '../../registry.settings.js';
import { ToolChangeRepository } from './tool-change.repository.js';

const EVERY_MS = 3_600_000;

/** Forgets changes of tools that are older than they are to be kept: at the start, and every hour. Replicas may do it twice. */
@Injectable()
export class LedgerRetentionService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly changes: ToolChangeRepository,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.forget();
    this.timer = setInterval(() => this.forget(), EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private forget(): void {
    this.running = this.changes.forgetOld(this.settings.toolHistory).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'old changes of tools could not be forgotten');
    });
  }
}
