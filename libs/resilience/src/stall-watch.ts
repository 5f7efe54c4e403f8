const TICK_MS = 100;
/** By so much must a tick be late to be no mere delay. */
const NOTICED_MS = 400;
const KEPT_MAX = 64;

interface Stall {
  readonly endedAtMs: number;
  readonly lengthMs: number;
}

/**
 * Notices when this process did not get to run: suspended, starved of CPU, or busy with one thing for long. What others
 * seem to have failed to do meanwhile may be our own fault.
 */
export class StallWatch {
  private readonly stalls: Stall[] = [];
  private readonly timer: NodeJS.Timeout;
  private tickedAtMs: number;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.tickedAtMs = now();
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** For how many of the milliseconds since then it did not run. */
  stalledMsSince(sinceMs: number): number {
    // What has just ended may be asked about before the timer has noticed it.
    this.tick();
    let sumMs = 0;
    for (const { endedAtMs, lengthMs } of this.stalls) sumMs += Math.min(lengthMs, Math.max(0, endedAtMs - sinceMs));
    return sumMs;
  }

  /** Whether it did not run for a good part of the time since then: what was waited for may have come in vain. */
  explains(sinceMs: number): boolean {
    const stalledMs = this.stalledMsSince(sinceMs);
    return stalledMs > 0 && stalledMs >= (this.now() - sinceMs) / 10;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const nowMs = this.now();
    const lateMs = nowMs - this.tickedAtMs - TICK_MS;
    this.tickedAtMs = nowMs;
    if (lateMs < NOTICED_MS) return;
    if (this.stalls.length === KEPT_MAX) this.stalls.shift();
    this.stalls.push({ endedAtMs: nowMs, lengthMs: lateMs });
  }
}
