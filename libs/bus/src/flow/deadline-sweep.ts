const GAP_MS = 10;
const TIMER_MS_MAX = 2_000_000_000;

/**
 * One timer for all deadlines of a kind. It is set to the earliest, and a passing call never touches it: when it fires
 * it looks through what is still open, which under steady traffic happens about once per deadline length.
 */
export class DeadlineSweep<Item extends { readonly deadlineAtMs: number }> {
  #earliestAtMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly open: () => Iterable<Item>,
    private readonly expire: (item: Item) => void,
  ) {}

  watch(deadlineAtMs: number): void {
    if (deadlineAtMs >= this.#earliestAtMs) return;
    this.#set(deadlineAtMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#earliestAtMs = Number.POSITIVE_INFINITY;
  }

  #set(atMs: number): void {
    clearTimeout(this.#timer);
    this.#earliestAtMs = atMs;
    const waitMs = Math.min(Math.max(atMs - Date.now(), GAP_MS), TIMER_MS_MAX);
    this.#timer = setTimeout(() => this.#sweep(), waitMs).unref();
  }

  #sweep(): void {
    const nowMs = Date.now();
    const expired: Item[] = [];
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const item of this.open()) {
      if (item.deadlineAtMs <= nowMs) expired.push(item);
      else if (item.deadlineAtMs < nextAtMs) nextAtMs = item.deadlineAtMs;
    }
    this.#earliestAtMs = Number.POSITIVE_INFINITY;
    if (nextAtMs !== Number.POSITIVE_INFINITY) this.#set(nextAtMs);
    for (const item of expired) this.expire(item);
  }
}
