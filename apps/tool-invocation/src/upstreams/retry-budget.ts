import { backoffMs } from '#libs/resilience';

export interface RetrySettings {
  readonly attemptsMax: number;
  readonly baseDelayMs: number;
  readonly delayMsMax: number;
}

/** A tenth of the calls may be second attempts, so that a broken upstream is not met with twice the calls. */
const EARNED_PER_SUCCESS = 0.1;
const SAVED_MAX = 10;

/** When a call of which nothing was sent is tried again, and whether there is still something to spend on it. */
export class RetryBudget {
  private saved = 0;

  constructor(private readonly settings: RetrySettings) {}

  succeeded(): void {
    if (this.saved < SAVED_MAX) this.saved += EARNED_PER_SUCCESS;
  }

  /** How long to wait before the next attempt, in milliseconds; `null` where there is none. */
  delayMs(attempt: number, leftMs: number): number | null {
    if (attempt >= this.settings.attemptsMax || this.saved < 1) return null;
    const { baseDelayMs, delayMsMax } = this.settings;
    const delayMs = backoffMs(attempt, { firstMs: baseDelayMs, maxMs: delayMsMax });
    if (delayMs >= leftMs) return null;
    this.saved--;
    return delayMs;
  }
}
