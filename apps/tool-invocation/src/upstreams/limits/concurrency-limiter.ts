import { fail, type GatewayError } from '#libs/errors';

export interface TurnstileSettings {
  /** In flight in all. */
  readonly max: number;
  /** In flight per lane. */
  readonly laneMax: number;
  readonly queueMax: number;
  readonly waitMs: number;
}

interface Waiter {
  readonly lane: string;
  readonly admit: () => void;
  readonly isGone: () => boolean;
}

/**
 * Lets so many calls at a time into an upstream, and so many per lane; the others wait in the order they came, but one
 * that its own lane holds up holds up nobody else.
 */
export class Turnstile {
  private inFlight = 0;
  private readonly lanes = new Map<string, number>();
  private readonly queue: Waiter[] = [];

  constructor(private readonly settings: TurnstileSettings) {}

  get waiting(): number {
    return this.queue.length;
  }

  get running(): number {
    return this.inFlight;
  }

  /** True: come in. False: it is not your turn yet. */
  tryEnter(lane: string): boolean {
    if (this.queue.length > 0 || !this.hasRoom(lane)) return false;
    this.count(lane, 1);
    return true;
  }

  /** Waits for a turn. `isGone` says that the one who waits does so no more. */
  enter(lane: string, isGone: () => boolean): Promise<void> {
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
        lane,
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
  reenter(lane: string): void {
    this.count(lane, 1);
  }

  leave(lane: string): void {
    this.count(lane, -1);
    if (this.queue.length > 0) this.admitNext();
  }

  private admitNext(): void {
    for (let at = 0; at < this.queue.length && this.inFlight < this.settings.max; ) {
      const waiter = this.queue[at] as Waiter;
      if (waiter.isGone()) {
        this.queue.splice(at, 1);
        waiter.admit();
        // It will leave again at once.
        this.count(waiter.lane, 1);
      } else if (this.hasRoom(waiter.lane)) {
        this.queue.splice(at, 1);
        this.count(waiter.lane, 1);
        waiter.admit();
      } else at++;
    }
  }

  private hasRoom(lane: string): boolean {
    return this.inFlight < this.settings.max && (this.lanes.get(lane) ?? 0) < this.settings.laneMax;
  }

  private count(lane: string, change: 1 | -1): void {
    this.inFlight += change;
    const count = (this.lanes.get(lane) ?? 0) + change;
    if (count > 0) this.lanes.set(lane, count);
    else this.lanes.delete(lane);
  }
}
