/** A clock in milliseconds that never goes back. */
export type Clock = () => number;

/** When a circuit opens, and for how long. */
export interface CircuitBreakerSettings {
  /** So many failures in a row open the circuit. */
  readonly failuresMax: number;
  /** From the opening to the first probe; twice as long after each probe that fails. */
  readonly openMs: number;
  /** The longest time between two probes. */
  readonly openMsMax: number;
}

/**
 * Leaves a dependency alone that has failed so many times in a row, but for one attempt at a time (a probe) that finds
 * out whether it is back. https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker
 *
 * Whoever was admitted by `tryAcquire` reports exactly once: `succeeded`, `failed` or `undecided`.
 */
export class CircuitBreaker {
  private failures = 0;
  private probeAtMs = 0;
  /** 0 while the circuit is closed. */
  private waitMs = 0;
  private probing = false;

  constructor(
    private readonly settings: CircuitBreakerSettings,
    private readonly now: Clock = () => performance.now(),
  ) {}

  get isOpen(): boolean {
    return this.waitMs > 0;
  }

  /** Milliseconds until the next probe may be made; 0 when it may be made now or the circuit is closed. */
  get retryAfterMs(): number {
    return this.waitMs === 0 ? 0 : Math.max(0, this.probeAtMs - this.now());
  }

  /** Whether an attempt may be made now. While the circuit is open, only a probe may. */
  tryAcquire(): boolean {
    if (this.waitMs === 0) return true;
    if (this.probing || this.now() < this.probeAtMs) return false;
    this.probing = true;
    return true;
  }

  /** Closes the circuit. */
  succeeded(): void {
    this.failures = 0;
    this.waitMs = 0;
    this.probing = false;
  }

  /** True when this failure has opened the circuit. Late failures of an open circuit do not put the probe off. */
  failed(): boolean {
    this.failures++;
    const wasProbe = this.probing;
    this.probing = false;
    if (!wasProbe && (this.waitMs > 0 || this.failures < this.settings.failuresMax)) return false;
    const opens = this.waitMs === 0;
    this.waitMs = Math.min(opens ? this.settings.openMs : this.waitMs * 2, this.settings.openMsMax);
    this.probeAtMs = this.now() + this.waitMs;
    return opens;
  }

  /** The attempt ended without telling anything about the dependency: another one may probe. */
  undecided(): void {
    this.probing = false;
  }
}
