/** A call as it happens, as far as rates need it. */
export interface SeenCall {
  readonly atMs: number;
  readonly upstreamId: string | null;
  readonly outcome: string;
  readonly latencyMs: number;
}

/** What calls of the last seconds add up to. */
export interface Rates {
  readonly perSecond: number;
  readonly failedPerSecond: number;
  readonly refusedPerSecond: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

const WINDOW_MS = 10_000;

/** Keeps the calls of the last ten seconds, and counts those that the gateway was too busy to show. */
export class CallWindow {
  private calls: SeenCall[] = [];
  private missed: { readonly atMs: number; readonly count: number }[] = [];
  private readonly sinceMs: number;

  constructor(nowMs: number) {
    this.sinceMs = nowMs;
  }

  add(call: SeenCall): void {
    this.calls.push(call);
  }

  miss(count: number, atMs: number): void {
    this.missed.push({ atMs, count });
  }

  /** Of all, or of one upstream; what was missed counts to all alone, since nobody knows whose it was. */
  rates(nowMs: number, upstreamId?: string): Rates {
    this.forget(nowMs - WINDOW_MS);
    const own = upstreamId === undefined ? this.calls : this.calls.filter((call) => call.upstreamId === upstreamId);
    const missed = upstreamId === undefined ? this.missed.reduce((sum, { count }) => sum + count, 0) : 0;
    const seconds = Math.max(1, Math.min(WINDOW_MS, nowMs - this.sinceMs) / 1_000);
    const times = own.map(({ latencyMs }) => latencyMs).sort((one, other) => one - other);
    const counted = (...outcomes: readonly string[]) => own.filter(({ outcome }) => outcomes.includes(outcome)).length;
    return {
      perSecond: (own.length + missed) / seconds,
      failedPerSecond: counted('error', 'tool_error', 'unknown') / seconds,
      refusedPerSecond: counted('refused') / seconds,
      p50Ms: quantile(times, 0.5),
      p95Ms: quantile(times, 0.95),
    };
  }

  private forget(beforeMs: number): void {
    this.calls = this.calls.filter(({ atMs }) => atMs >= beforeMs);
    this.missed = this.missed.filter(({ atMs }) => atMs >= beforeMs);
  }
}

const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted.length === 0 ? null : (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null);
