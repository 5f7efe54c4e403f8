import { fail, type GatewayError } from '#libs/errors';

export interface ConcurrencyLimits {
  /** In flight in all. */
  readonly max: number;
  /** In flight per key. */
  readonly perKeyMax: number;
  readonly queueMax: number;
  readonly waitMs: number;
}

interface Waiter {
  readonly key: string;
  readonly admit: () => void;
  readonly isGone: () => boolean;
}

/**
 * Lets so many calls at a time into an upstream, and so many per key; the others wait in the order they came, but one
 * that its own key holds up holds up nobody else.
 */
export class ConcurrencyLimiter {
  private inFlight = 0;
  private readonly perKey = new Map<string, number>();
  private readonly queue: Waiter[] = [];

  constructor(private readonly settings: ConcurrencyLimits) {}

  get waiting(): number {
    return this.queue.length;
  }

  get running(): number {
    return this.inFlight;
  }

  /** True: come in. False: it is not your turn yet. */
  tryAcquire(key: string): boolean {
    if (this.queue.length > 0 || !this.hasRoom(key)) return false;
    this.count(key, 1);
    return true;
  }

  /** Waits for a turn. `isGone` says that the one who waits does so no more. */
  acquire(key: string, isGone: () => boolean): Promise<void> {
    if (this.queue.length >= this.settings.queueMax) {
      this.queue.splice(0, this.queue.length, ...this.queue.filter((waiter) => !waiter.isGone()));
    }
    return new Promise((resolve, reject: (error: GatewayError) => void) => {
      if (this.queue.length >= this.settings.queueMax) return reject(fail('upstream.busy', { executed: 'no' }));
      const timer = setTimeout(() => {
        const at = this.queue.indexOf(waiter);
        if (at >= 0) this.queue.splice(at, 1);
        reject(fail('upstream.busy', { executed: 'no' }));
      }, this.settings.waitMs);
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

  /** Comes in past the queue: a call that was inside before. */
  reacquire(key: string): void {
    this.count(key, 1);
  }

  release(key: string): void {
    this.count(key, -1);
    if (this.queue.length > 0) this.admitNext();
  }

  private admitNext(): void {
    for (let at = 0; at < this.queue.length && this.inFlight < this.settings.max; ) {
      const waiter = this.queue[at] as Waiter;
      if (waiter.isGone()) {
        this.queue.splice(at, 1);
        waiter.admit();
        // It will leave again at once.
        this.count(waiter.key, 1);
      } else if (this.hasRoom(waiter.key)) {
        this.queue.splice(at, 1);
        this.count(waiter.key, 1);
        waiter.admit();
      } else at++;
    }
  }

  private hasRoom(key: string): boolean {
    return this.inFlight < this.settings.max && (this.perKey.get(key) ?? 0) < this.settings.perKeyMax;
  }

  private count(key: string, change: 1 | -1): void {
    this.inFlight += change;
    const count = (this.perKey.get(key) ?? 0) + change;
    if (count > 0) this.perKey.set(key, count);
    else this.perKey.delete(key);
  }
}
