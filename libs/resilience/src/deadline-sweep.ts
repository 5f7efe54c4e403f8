const GAP_MS = 10;
/** By so much is a timer late when this process was held up. */
const LATE_MS = 250;
/** The longest a timer of Node waits is 2^31 - 1 ms. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const TIMER_MS_MAX = 2_000_000_000;

/** What is swept, and what becomes of an item that is due. */
export interface SweepSettings<Item> {
  /** What is open. Asked at each sweep; may change at any time in between. */
  readonly items: () => Iterable<Item>;
  /** Called for each item that is due, again at the next sweep if the item is still open then. Must not throw. */
  readonly onDue: (item: Item) => void;
  /** Something besides the deadline that makes an item due. Needs `everyMs`, since no timer knows of it. */
  readonly isDue?: (item: Item) => boolean;
  /** Sweep at least so often while anything is open, in milliseconds. Without it, only when a deadline is reached. */
  readonly everyMs?: number;
  /** Milliseconds of a clock that never goes back; `performance.now` unless told. Deadlines are by it. */
  readonly now?: () => number;
}

/**
 * One timer for all deadlines of a kind. It is set to the earliest, and a passing call never touches it: when it fires
 * it looks through what is still open, which under steady traffic happens about once per deadline length. A timer per
 * call, and a listener on a signal each, would cost more than the call.
 */
export class DeadlineSweep<Item extends { readonly deadlineAtMs: number }> {
  private readonly now: () => number;
  private readonly everyMs: number;
  private nextAtMs = Number.POSITIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly settings: SweepSettings<Item>) {
    this.now = settings.now ?? (() => performance.now());
    this.everyMs = settings.everyMs ?? TIMER_MS_MAX;
  }

  /** To be called once an item with this deadline is open. */
  watch(deadlineAtMs: number): void {
    if (deadlineAtMs < this.nextAtMs) this.set(deadlineAtMs);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.nextAtMs = Number.POSITIVE_INFINITY;
  }

  private set(deadlineAtMs: number): void {
    clearTimeout(this.timer);
    const nowMs = this.now();
    const waitMs = Math.min(Math.max(deadlineAtMs - nowMs, GAP_MS), this.everyMs, TIMER_MS_MAX);
    this.nextAtMs = Math.min(deadlineAtMs, nowMs + waitMs);
    this.timer = setTimeout(() => this.awake(), waitMs).unref();
  }

  /** After a stall, what has arrived meanwhile is read first: it may be what was waited for. */
  private awake(): void {
    if (this.now() - this.nextAtMs > LATE_MS) setImmediate(() => this.isWaiting && this.sweep());
    else this.sweep();
  }

  private get isWaiting(): boolean {
    return this.nextAtMs !== Number.POSITIVE_INFINITY;
  }

  private sweep(): void {
    const { items, isDue, onDue } = this.settings;
    const nowMs = this.now();
    const due: Item[] = [];
    let earliestAtMs = Number.POSITIVE_INFINITY;
    for (const item of items()) {
      if (item.deadlineAtMs <= nowMs || isDue?.(item) === true) due.push(item);
      else if (item.deadlineAtMs < earliestAtMs) earliestAtMs = item.deadlineAtMs;
    }
    this.nextAtMs = Number.POSITIVE_INFINITY;
    if (earliestAtMs !== Number.POSITIVE_INFINITY) this.set(earliestAtMs);
    for (const item of due) {
      onDue(item);
      // It may go on, with another deadline.
      this.watch(Math.max(item.deadlineAtMs, nowMs));
    }
  }
}
