import { SlotMap, type Slotted } from '#libs/bus';

/** Something that must not go on for ever. */
export interface Limited extends Slotted {
  /** Epoch ms. */
  deadlineAtMs: number;
  /** Read only if the call lives long enough to be swept, so that short ones never cost a signal. */
  isAborted(): boolean;
  onAborted(): void;
  onDeadline(): void;
}

const TICK_MS = 50;

/** One timer for all calls in flight: setting one per call, and listening to a signal each, would cost more than the call. */
export class DeadlineSweep {
  private readonly limited = new SlotMap<Limited>();
  private timer: NodeJS.Timeout | undefined;

  add(entry: Limited): void {
    this.limited.add(entry);
    this.timer ??= setInterval(() => this.sweep(), TICK_MS).unref();
  }

  delete(entry: Limited): void {
    this.limited.delete(entry);
  }

  get size(): number {
    return this.limited.size;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    for (const entry of this.limited) this.limited.delete(entry);
  }

  private sweep(): void {
    const nowMs = Date.now();
    for (const entry of this.limited) {
      if (entry.isAborted()) entry.onAborted();
      else if (nowMs >= entry.deadlineAtMs) entry.onDeadline();
    }
    if (this.limited.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
