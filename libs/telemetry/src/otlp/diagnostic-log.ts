import type { DiagLogger } from '@opentelemetry/api';
import type { Logger } from '../logging/logger.js';

const QUIET_MS = 60_000;

/** What OpenTelemetry says of itself. A collector that is away is told of once a minute, with how often it was since. */
export class DiagnosticLog implements DiagLogger {
  private toldAtMs = Number.NEGATIVE_INFINITY;
  private untold = 0;

  constructor(
    private readonly logger: Logger,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  error(message: string): void {
    this.tell(message);
  }

  warn(message: string): void {
    this.tell(message);
  }

  info(): void {}

  debug(): void {}

  verbose(): void {}

  private tell(reason: string): void {
    const nowMs = this.nowMs();
    if (nowMs - this.toldAtMs < QUIET_MS) {
      this.untold++;
      return;
    }
    this.logger.warn({ reason, ...(this.untold > 0 && { untold: this.untold }) }, 'telemetry is not exported');
    this.toldAtMs = nowMs;
    this.untold = 0;
  }
}
