import type { Logger } from '#libs/telemetry';

const QUIET_MS = 10_000;

/** The first error is logged, then one line per ten seconds with how many there were. */
export class LogThrottle {
  private quietUntilMs = 0;
  private suppressed = 0;

  constructor(
    private readonly logger: Logger,
    private readonly message: string,
  ) {}

  error(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs < this.quietUntilMs) {
      this.suppressed += 1;
      return;
    }
    this.logger.error({ err: error, ...(this.suppressed > 0 && { suppressed: this.suppressed }) }, this.message);
    this.quietUntilMs = nowMs + QUIET_MS;
    this.suppressed = 0;
  }
}
