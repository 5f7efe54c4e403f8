/** What one key may have, and all of them together. */
export interface ShareLimits {
  /** Per minute and key; 0: as many as come. */
  readonly perMinute: number;
  /** How many seconds' worth of `perMinute` may come at once after a pause. */
  readonly burstSeconds: number;
  /** At once and per key; 0: as many as there is room for. */
  readonly concurrencyMax: number;
  /** Room for all keys together, of which one key may have as much as it leaves free to the others. 0: no such bound. */
  readonly capacity: number;
}

/** Why nothing more of a key is taken now. */
export interface ShareRefusal {
  readonly kind: 'rate' | 'concurrency';
  /** Of the kind: per minute, or at once. */
  readonly limit: number;
  readonly retryAfterMs: number;
}

/** What one key has used and uses. */
export class Share {
  /** In use here, and, as far as is known, at other replicas. */
  inUse = 0;
  inUseElsewhere = 0;
  /** Taken here since the other replicas were told. */
  untold = 0;
  /** When the last of those who were told to come again may do so. */
  lastTryAtMs = 0;

  constructor(
    readonly key: string,
    public tokens: number,
    public filledAtMs: number,
  ) {}
}

const MINUTE_MS = 60_000;
/** When to come again where all is in use: nobody knows, but not at once. */
const IN_USE_RETRY_MS = 1_000;
/** Those who were refused come again one after the other, not all at once: a refusal takes time too. */
const RETRY_SPACING_MS = 16;
const RETRY_MS_MAX = 10_000;
/** Keys beyond these share one share, so that keys that cost nothing to make cannot fill the memory. */
const KEYS_MAX = 100_000;
const OTHERS = '';

/**
 * Gives each key its share: a token bucket for how often, a count for how many at once, and of a common room no more
 * than is left to the others, so that no number of greedy keys fills it. The clock is the caller's, in milliseconds.
 * https://en.wikipedia.org/wiki/Token_bucket, https://doi.org/10.1109/90.664262 (dynamic thresholds)
 */
export class FairShares implements Iterable<Share> {
  private readonly shares = new Map<string, Share>();
  private readonly burst: number;
  private inUse = 0;

  constructor(readonly limits: ShareLimits) {
    this.burst = Math.max(1, (limits.perMinute * limits.burstSeconds) / 60);
  }

  /** Whether anything is limited at all. */
  get active(): boolean {
    return this.isShared || this.limits.capacity > 0;
  }

  /** Whether there is a limit that holds over all replicas. */
  get isShared(): boolean {
    return this.limits.perMinute > 0 || this.limits.concurrencyMax > 0;
  }

  get size(): number {
    return this.shares.size;
  }

  shareOf(key: string, nowMs: number): Share {
    const known = this.shares.get(key);
    if (known !== undefined) return known;
    if (this.shares.size >= KEYS_MAX && key !== OTHERS) return this.shareOf(OTHERS, nowMs);
    const share = new Share(key, this.burst, nowMs);
    this.shares.set(key, share);
    return share;
  }

  /** Why nothing can be taken of the share now; `null` when something can. */
  refusal(share: Share, nowMs: number): ShareRefusal | null {
    const { perMinute, concurrencyMax, capacity } = this.limits;
    if (perMinute > 0) {
      this.refill(share, nowMs);
      if (share.tokens < 1) {
        const retryAfterMs = Math.ceil(((1 - share.tokens) * MINUTE_MS) / perMinute);
        return { kind: 'rate', limit: perMinute, retryAfterMs };
      }
    }
    if (concurrencyMax > 0 && share.inUse + share.inUseElsewhere >= concurrencyMax)
      return { kind: 'concurrency', limit: concurrencyMax, retryAfterMs: IN_USE_RETRY_MS };
    if (capacity > 0 && share.inUse > 0 && share.inUse >= capacity - this.inUse)
      return { kind: 'concurrency', limit: share.inUse, retryAfterMs: IN_USE_RETRY_MS };
    return null;
  }

  /**
   * When somebody who was refused for what is in use may come again: the later, the more of the key were told so before.
   * `nowMs` of the clock that nobody sets.
   */
  comeAgainMs(share: Share, nowMs: number): number {
    const next = Math.max(nowMs + IN_USE_RETRY_MS, share.lastTryAtMs + RETRY_SPACING_MS);
    share.lastTryAtMs = Math.min(next, nowMs + RETRY_MS_MAX);
    return Math.round(share.lastTryAtMs - nowMs);
  }

  /** What was taken is left exactly once. */
  take(share: Share): void {
    if (this.limits.perMinute > 0) share.tokens--;
    share.untold++;
    share.inUse++;
    this.inUse++;
  }

  leave(share: Share): void {
    share.inUse--;
    this.inUse--;
  }

  /** Counts what another replica has taken of the share. More than there was becomes a debt. */
  takenElsewhere(share: Share, taken: number, nowMs: number): void {
    if (this.limits.perMinute === 0) return;
    this.refill(share, nowMs);
    share.tokens -= taken;
  }

  /** Forgets the shares that are as if they had never been used. */
  tidy(nowMs: number): void {
    for (const [key, share] of this.shares) {
      if (share.inUse > 0 || share.inUseElsewhere > 0) continue;
      if (this.limits.perMinute > 0) this.refill(share, nowMs);
      if (share.tokens >= this.burst) this.shares.delete(key);
    }
  }

  [Symbol.iterator](): Iterator<Share> {
    return this.shares.values();
  }

  private refill(share: Share, nowMs: number): void {
    const gained = ((nowMs - share.filledAtMs) * this.limits.perMinute) / MINUTE_MS;
    share.tokens = Math.min(this.burst, share.tokens + gained);
    share.filledAtMs = nowMs;
  }
}
