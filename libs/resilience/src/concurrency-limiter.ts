export interface ConcurrencyLimits {
  /** At once in all. */
  readonly max: number;
  /** At once for one key. */
  readonly maxPerKey: number;
  /** How many may wait. */
  readonly queueMax: number;
  /** How long each may wait, in milliseconds. */
  readonly waitMs: number;
}

interface Waiter {
  readonly key: string;
  readonly admit: () => void;
  readonly isGone: () => boolean;
}

/**
 * A bulkhead: lets so much work happen at a time, and so much per key. The rest waits in the order it came, but work
 * that its own key holds up holds up no other key's. https://learn.microsoft.com/azure/architecture/patterns/bulkhead
 *
 * What was acquired is released exactly once.
 */
export class ConcurrencyLimiter {
  private inFlight = 0;
  private readonly perKey = new Map<string, number>();
  private readonly queue: Waiter[] = [];

  /** `refuse` makes the error with which `acquire` rejects. */
  constructor(
    private readonly limits: ConcurrencyLimits,
    private readonly refuse: () => Error,
  ) {}

  get waiting(): number {
    return this.queue.length;
  }

  get running(): number {
    return this.inFlight;
  }

  /** Takes a place if there is one and nobody waits. */
  tryAcquire(key: string): boolean {
    if (this.queue.length > 0 || !this.hasRoom(key)) return false;
    this.count(key, 1);
    return true;
  }

  /**
   * Waits for a place and takes it. `isGone` says that whoever waits does so no more; it gets its place without waiting
   * on, and releases it. Rejects when too many wait, or when the wait is too long.
   */
  acquire(key: string, isGone: () => boolean): Promise<void> {
    if (this.queue.length >= this.limits.queueMax) {
      this.queue.splice(0, this.queue.length, ...this.queue.filter((waiter) => !waiter.isGone()));
    }
    return new Promise((resolve, reject: (error: Error) => void) => {
      if (this.queue.length >= this.limits.queueMax) return reject(this.refuse());
      const timer = setTimeout(() => {
        const at = this.queue.indexOf(waiter);
        if (at >= 0) this.queue.splice(at, 1);
        reject(this.refuse());
      }, this.limits.waitMs);
      const waiter: Waiter = {
        key,
        isGone,
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.queue.push(waiter);
      this.admitNext();
    });
  }

  /** Takes a place past the queue and the limits: for work that had one before and goes on. */
  reacquire(key: string): void {
    this.count(key, 1);
  }

  release(key: string): void {
    this.count(key, -1);
    if (this.queue.length > 0) this.admitNext();
  }

  private admitNext(): void {
    for (let at = 0; at < this.queue.length && this.inFlight < this.limits.max; ) {
      const waiter = this.queue[at] as Waiter;
      if (waiter.isGone()) {
        this.queue.splice(at, 1);
        waiter.admit();
        // It will be released at once.
        this.count(waiter.key, 1);
      } else if (this.hasRoom(waiter.key)) {
        this.queue.splice(at, 1);
        this.count(waiter.key, 1);
        waiter.admit();
      } else at++;
    }
  }

  private hasRoom(key: string): boolean {
    return this.inFlight < this.limits.max && (this.perKey.get(key) ?? 0) < this.limits.maxPerKey;
  }

  private count(key: string, change: 1 | -1): void {
    this.inFlight += change;
    const count = (this.perKey.get(key) ?? 0) + change;
    if (count > 0) this.perKey.set(key, count);
    else this.perKey.delete(key);
  }
}
