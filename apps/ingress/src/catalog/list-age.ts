import type { Listing } from '#contracts/registry/catalog';
import type { CacheHints } from '#libs/mcp';
import type { Listings } from './listings.js';

export interface ListAgeSettings {
  readonly listing: Listing;
  /** Those whose lists it is made of. */
  readonly upstreamIds: readonly string[];
  /** Whether it is the same for everybody who may see it. */
  readonly isForAll: boolean;
  readonly ttlMsMax: number;
}

/**
 * For how long, and for whom, a list that is made of several upstreams' is good: for the shortest time that one of them
 * has left, for everybody only if all say so and it is not cut to its caller.
 * https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching
 */
export class ListAge {
  private version = -1;
  private goodUntilMs = 0;
  private renewAtMs = 0;
  private scope: CacheHints['cacheScope'] = 'private';

  constructor(
    private readonly listings: Listings,
    private readonly settings: ListAgeSettings,
  ) {}

  /** Of an answer given now: being used may be what has it renewed. */
  use(nowMs: number): CacheHints {
    const { listings, settings } = this;
    if (this.version !== listings.version) this.reckon();
    if (nowMs >= this.renewAtMs) {
      listings.renew(settings.upstreamIds, settings.listing, nowMs);
      this.renewAtMs = nowMs + LOOK_AGAIN_MS;
    }
    return {
      ttlMs: Math.max(0, Math.min(this.goodUntilMs - nowMs, settings.ttlMsMax)),
      cacheScope: this.scope,
    };
  }

  private reckon(): void {
    const { listings, settings } = this;
    const { listing, upstreamIds } = settings;
    this.version = listings.version;
    this.goodUntilMs = Number.POSITIVE_INFINITY;
    this.renewAtMs = Number.POSITIVE_INFINITY;
    for (const id of upstreamIds) {
      this.goodUntilMs = Math.min(this.goodUntilMs, listings.goodUntilMs(id, listing));
      this.renewAtMs = Math.min(this.renewAtMs, listings.renewAtMs(id, listing));
    }
    const isPublic = settings.isForAll && upstreamIds.every((id) => listings.isPublic(id, listing));
    this.scope = isPublic ? 'public' : 'private';
  }
}

/** Whoever is due may be being asked, or left in peace for a moment. */
const LOOK_AGAIN_MS = 250;
