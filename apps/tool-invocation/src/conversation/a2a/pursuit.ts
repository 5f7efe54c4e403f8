const SUBSCRIPTIONS_MAX = 3;
/** In a row, of requests that only ask. */
const FAILURES_MAX = 5;
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 5_000;

/** How a task is followed whose stream broke off, or whose agent answers before it is done. */
export class Pursuit {
  private subscriptions = 0;
  private failures = 0;
  private waitMs = FIRST_WAIT_MS;

  /** Whether a lost connection is made up for by another request. */
  mayGoOn(lost: 'tell' | 'subscribe' | 'get'): boolean {
    if (lost === 'get') this.failures++;
    return this.failures < FAILURES_MAX;
  }

  /** The agent answers. */
  heard(): void {
    this.failures = 0;
  }

  /** First where the task is, then what becomes of it; where no stream tells, it is asked for ever more rarely. */
  next(last: 'tell' | 'subscribe' | 'get', mayStream: boolean): { next: 'subscribe' | 'get'; afterMs: number } {
    if (last !== 'get') return { next: 'get', afterMs: last === 'tell' ? 0 : FIRST_WAIT_MS };
    if (mayStream && this.subscriptions++ < SUBSCRIPTIONS_MAX) return { next: 'subscribe', afterMs: 0 };
    const afterMs = this.waitMs;
    this.waitMs = Math.min(2 * afterMs, LAST_WAIT_MS);
    return { next: 'get', afterMs };
  }
}
