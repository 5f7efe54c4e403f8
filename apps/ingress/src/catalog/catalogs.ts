import { LRUCache } from 'lru-cache';
import { type Bus, type Subscription, hedgedAsk } from '#libs/bus';
import type { PayloadOf } from '#contracts/define';
import { CatalogChanged } from '#contracts/registry/catalog-changed.event';
import { DescribeServer } from '#contracts/registry/describe-server.request';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { PageShape } from './catalog-view.js';
import { EndpointCatalog } from './endpoint-catalog.js';
import type { Listings } from './listings.js';
import { PreparedPages } from './prepared-pages.js';

interface Held {
  readonly catalog: EndpointCatalog;
  /** A change is known that it does not hold. */
  stale: boolean;
  /** Not asked for again before this: registry was away, or has just been asked. */
  retryNotBeforeMs: number;
}

const ENDPOINTS_MAX = 10_000;
const UNKNOWN_MAX = 10_000;
const UNKNOWN_TTL_MS = 2_000;
/** Between two tries while registry is away, and between two looks for a name that is not there. */
const PAUSE_MS = 1_000;

const keyOf = (serverId: string | null): string => (serverId === null ? '' : `/${serverId}`);

/**
 * What each endpoint offers, in memory. Loaded on first use; after `CatalogChanged` the next use waits for the new one,
 * so a change is never followed by an old list. While registry is away the last good one serves.
 */
export class Catalogs {
  private readonly pages = new PreparedPages();
  private readonly held = new LRUCache<string, Held>({
    max: ENDPOINTS_MAX,
    dispose: ({ catalog }) => catalog.release(),
  });
  private readonly unknown = new LRUCache<string, GatewayError>({ max: UNKNOWN_MAX, ttl: UNKNOWN_TTL_MS });
  private readonly loading = new Map<string, Promise<EndpointCatalog>>();
  private readonly watchers = new Set<(serverId: string | null) => void>();
  private readonly subscriptions: Subscription[];
  /** Grows with every change heard, so that what was asked for before it is not taken for what came after. */
  private changes = 0;

  constructor(
    private readonly bus: Bus,
    private readonly shape: PageShape,
    private readonly listings: Listings,
    private readonly logger: Logger,
  ) {
    this.subscriptions = [
      bus.subscribe(CatalogChanged, (change) => this.changed(change)),
      bus.onReconnect(() => this.expireAll()),
    ];
  }

  /** Synchronous when what is held is good. Fails with `registry.server_unknown` or `registry.unavailable`. */
  of(serverId: string | null): EndpointCatalog | Promise<EndpointCatalog> {
    const key = keyOf(serverId);
    const held = this.held.get(key);
    if (held !== undefined && (!held.stale || Date.now() < held.retryNotBeforeMs)) return held.catalog;
    if (held === undefined) {
      const refusal = this.unknown.get(key);
      if (refusal !== undefined) throw refusal;
    }
    return this.load(key, serverId);
  }

  /** For a name that is not there: it may have come since. At most once in a while; else what is held already. */
  revalidate(serverId: string | null): EndpointCatalog | Promise<EndpointCatalog> {
    const held = this.held.get(keyOf(serverId));
    if (held !== undefined && Date.now() < held.retryNotBeforeMs) return held.catalog;
    return this.load(keyOf(serverId), serverId);
  }

  /** Hears when an endpoint's catalog may have become another. */
  onChange(watcher: (serverId: string | null) => void): void {
    this.watchers.add(watcher);
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  private load(key: string, serverId: string | null): Promise<EndpointCatalog> {
    const underWay = this.loading.get(key);
    if (underWay !== undefined) return underWay;
    const load = this.fetch(key, serverId).finally(() => this.loading.delete(key));
    this.loading.set(key, load);
    return load;
  }

  private async fetch(key: string, serverId: string | null): Promise<EndpointCatalog> {
    const changesBefore = this.changes;
    try {
      const { head } = await hedgedAsk(this.bus, DescribeServer, { serverId });
      this.listings.learn(head.upstreams);
      const catalog = new EndpointCatalog(head, this.shape, this.listings, this.pages);
      const stale = this.changes !== changesBefore;
      this.held.set(key, { catalog, stale, retryNotBeforeMs: stale ? 0 : Date.now() + PAUSE_MS });
      return catalog;
    } catch (thrown) {
      return this.lastGood(key, toGatewayError(thrown));
    }
  }

  private lastGood(key: string, error: GatewayError): EndpointCatalog {
    if (error.code === 'registry.server_unknown') {
      this.held.delete(key);
      this.unknown.set(key, error);
      throw error;
    }
    const held = this.held.get(key);
    if (held === undefined) throw fail('registry.unavailable', { cause: error, executed: 'no' });
    held.retryNotBeforeMs = Date.now() + PAUSE_MS;
    this.logger.warn({ code: error.code }, 'the registry does not answer: serving the last catalog known');
    return held.catalog;
  }

  private changed({ serverIds, upstreamIds }: PayloadOf<typeof CatalogChanged>): void {
    const anything = serverIds.length === 0 && upstreamIds.length === 0;
    if (anything || upstreamIds.length > 0) return this.expireAll();
    this.changes++;
    this.unknown.clear();
    for (const serverId of [null, ...serverIds]) this.expire(keyOf(serverId), serverId);
  }

  private expireAll(): void {
    this.changes++;
    this.unknown.clear();
    for (const key of this.held.keys()) this.expire(key, key === '' ? null : key.slice(1));
  }

  private expire(key: string, serverId: string | null): void {
    // `get` would move it to the front, and whoever walks through all of them would never come to an end.
    const held = this.held.peek(key);
    if (held !== undefined) {
      held.stale = true;
      held.retryNotBeforeMs = 0;
    }
    for (const watcher of this.watchers) watcher(serverId);
  }
}
