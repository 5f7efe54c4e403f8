import { LRUCache } from 'lru-cache';
import { fail } from '#libs/errors';

const WINDOW_MS = 60_000;
const ADDRESSES_MAX = 10_000;

/** Counts what comes from each address within a minute, in this process. */
export class AddressCounter {
  private readonly counts = new LRUCache<string, { count: number }>({ max: ADDRESSES_MAX, ttl: WINDOW_MS });

  constructor(
    private readonly limit: number,
    private readonly limitOf: string,
    private readonly message: string,
  ) {}

  /** Throws `http.rate_limited` where it was too much already. */
  count(address: string): void {
    const entry = this.counts.get(address) ?? { count: 0 };
    if (entry.count === 0) this.counts.set(address, entry);
    entry.count++;
    if (entry.count <= this.limit) return;
    const retryAfterMs = Math.ceil(this.counts.getRemainingTTL(address));
    throw fail('http.rate_limited', {
      message: this.message,
      data: { limitOf: this.limitOf, kind: 'rate', limit: this.limit, windowMs: WINDOW_MS, retryAfterMs },
    });
  }
}
