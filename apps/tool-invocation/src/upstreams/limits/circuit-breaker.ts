import { fail } from '#libs/errors';

export interface BreakerSettings {
  readonly threshold: number;
  readonly resetMsMax: number;
}

const FIRST_PROBE_MS = 5_000;

/**
 * Leaves an upstream alone that has failed so many times in a row, but for one call at a time that finds out whether it
 * is back: first after 5 s, then at twice the distance each time.
 */
export class CircuitBreaker {
  private failures = 0;
  private openUntilMs = 0;
  private waitMs = 0;
  private probing = false;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isOpen(): boolean {
    return this.waitMs > 0;
  }

  /** Throws `upstream.breaker_open`. Whoever is let in reports what came of it. */
  enter(): void {
    if (this.waitMs === 0) return;
    const leftMs = this.openUntilMs - this.now();
    if (this.probing || leftMs > 0) {
      throw fail('upstream.breaker_open', { executed: 'no', data: { retryAfterMs: Math.max(1, Math.ceil(leftMs)) } });
    }
    this.probing = true;
  }

  succeeded(): void {
    this.failures = 0;
    this.waitMs = 0;
    this.probing = false;
  }

  failed(): void {
    this.failures++;
    const wasProbe = this.probing;
    this.probing = false;
    if (!wasProbe && this.failures < this.settings.threshold) return;
    if (this.waitMs > 0 && !wasProbe) return;
    this.waitMs = Math.min(this.waitMs === 0 ? FIRST_PROBE_MS : this.waitMs * 2, this.settings.resetMsMax);
    this.openUntilMs = this.now() + this.waitMs;
  }

  /** The call ended without telling anything about the upstream. */
  undecided(): void {
    this.probing = false;
  }
}
