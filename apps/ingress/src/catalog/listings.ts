import { LRUCache } from 'lru-cache';
import type { Bus, Subscription } from '#libs/bus';
import type { CatalogUpstream, Listing, UpstreamListing } from '#contracts/registry/catalog';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { RenewListing } from '#contracts/registry/renew-listing.request';
import { UpstreamListChanged } from '#contracts/tool-invocation/upstream-list-changed.event';
import { toGatewayError } from '#libs/errors';
import { backoffMs, type BackoffSettings } from '#libs/resilience';
import type { Logger } from '#libs/telemetry';
import { CATALOG_LISTS, catalogListOf } from '#libs/mcp';

interface Known {
  listing: UpstreamListing;
  /** When each list was last said to have changed, or may have changed unnoticed. */
  readonly invalidatedAtMs: Partial<Record<CatalogList, number>>;
  asking: boolean;
  /** How often, one after the other, it was asked for anew in vain. */
  misses: number;
  retryNotBeforeMs: number;
}

const UPSTREAMS_MAX = 100_000;
/** The others are asked for when they are used again. */
const ASKING_MAX = 16;
/** Spread widely, so that what became too old together is not asked for together for ever. */
const RETRY: BackoffSettings = { firstMs: 1_000, maxMs: 30_000, spread: 0.5 };

/**
 * How old what each upstream listed is. What a client uses although it is too old is asked for anew behind its back; it
 * gets the old list, which is good for no time at all.
 */
export class Listings {
  /** Grows with everything that is learnt. */
  version = 0;
  private readonly known = new LRUCache<string, Known>({ max: UPSTREAMS_MAX });
  private readonly subscriptions: Subscription[];
  private asking = 0;

  constructor(
    private readonly bus: Bus,
    private readonly logger: Logger,
  ) {
    this.subscriptions = [
      bus.subscribe(UpstreamListChanged, ({ upstreamId, list }) =>
        this.invalidate(this.known.peek(upstreamId), [list]),
      ),
      bus.onReconnect(() => {
        for (const known of this.known.values()) this.invalidate(known, CATALOG_LISTS);
      }),
    ];
  }

  /** What a catalog says of its upstreams. It may have been made before what is known already. */
  learn(upstreams: readonly CatalogUpstream[]): void {
    for (const { id, listing } of upstreams) if (listing !== undefined) this.note(id, listing);
  }

  /** Epoch ms until when it is good. */
  goodUntilMs(upstreamId: string, listing: Listing): number {
    const known = this.known.get(upstreamId);
    if (known === undefined || isInvalidated(known, listing)) return 0;
    return known.listing.listedAtMs + known.listing.hints[listing].ttlMs;
  }

  /** Epoch ms from when on its use is a reason to ask for it anew. */
  renewAtMs(upstreamId: string, listing: Listing): number {
    const known = this.known.get(upstreamId);
    if (known === undefined) return Number.POSITIVE_INFINITY;
    const { renewAfterMs } = known.listing.hints[listing];
    const dueAtMs = isInvalidated(known, listing)
      ? 0
      : (renewAfterMs ?? Number.POSITIVE_INFINITY) + known.listing.listedAtMs;
    return Math.max(dueAtMs, known.retryNotBeforeMs);
  }

  isPublic(upstreamId: string, listing: Listing): boolean {
    return this.known.get(upstreamId)?.listing.hints[listing].cacheScope === 'public';
  }

  /** ServerRequests for what is due, once at a time for each upstream, and not again at once. */
  renew(upstreamIds: readonly string[], listing: Listing, nowMs: number): void {
    for (const upstreamId of upstreamIds) {
      const known = this.known.get(upstreamId);
      if (this.asking >= ASKING_MAX) return;
      if (known === undefined || known.asking || nowMs < this.renewAtMs(upstreamId, listing)) continue;
      known.asking = true;
      this.asking++;
      void this.ask(upstreamId, known);
    }
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  private async ask(upstreamId: string, known: Known): Promise<void> {
    const { listedAtMs } = known.listing;
    try {
      this.note(upstreamId, (await this.bus.ask(RenewListing, { upstreamId })).head);
    } catch (thrown) {
      this.logger.debug({ upstreamId, code: toGatewayError(thrown).code }, 'a list could not be renewed');
    }
    known.misses = known.listing.listedAtMs > listedAtMs ? 0 : known.misses + 1;
    known.retryNotBeforeMs = Date.now() + backoffMs(known.misses + 1, RETRY);
    known.asking = false;
    this.asking--;
    this.version++;
  }

  private note(upstreamId: string, listing: UpstreamListing): void {
    const known = this.known.get(upstreamId);
    if (known === undefined)
      this.known.set(upstreamId, { listing, invalidatedAtMs: {}, asking: false, misses: 0, retryNotBeforeMs: 0 });
    else if (listing.listedAtMs >= known.listing.listedAtMs) known.listing = listing;
    else return;
    this.version++;
  }

  private invalidate(known: Known | undefined, lists: readonly CatalogList[]): void {
    if (known === undefined) return;
    for (const list of lists) known.invalidatedAtMs[list] = Date.now();
    known.misses = 0;
    this.version++;
  }
}

const isInvalidated = ({ invalidatedAtMs, listing: { listedAtMs } }: Known, listing: Listing): boolean => {
  return listing !== 'about' && (invalidatedAtMs[catalogListOf(listing)] ?? 0) >= listedAtMs;
};
