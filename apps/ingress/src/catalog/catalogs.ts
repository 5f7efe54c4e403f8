import { LRUCache } from 'lru-cache';
import { type Bus, type Subscription, hedgedAsk } from '#libs/bus';
import type { PayloadOf } from '#contracts/define';
import type { Catalog, CatalogDelta } from '#contracts/registry/catalog';
import { CatalogChanged } from '#contracts/registry/catalog-changed.event';
import { DescribeServer } from '#contracts/registry/describe-server.request';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { isEmpty, isOrdered } from '#contracts/registry/catalog-delta.rules';
import type { PageShape } from './catalog-view.js';
import { EndpointCatalog } from './endpoint-catalog.js';
import type { Listings } from './listings.js';
import { PreparedPages } from './prepared-pages.js';
import { ToolIndexes } from './search/tool-indexes.js';
import { SharedDefinitions } from './shared-definitions.js';

interface Held {
  catalog: EndpointCatalog;
  /** What it holds; a change elsewhere makes it higher and leaves the catalog as it is. */
  revision: number;
  /** Whether it can be brought up to date by what has changed. */
  readonly follows: boolean;
  /** A change is known that it does not hold. */
  stale: boolean;
  /** Not asked for again before this: registry was away, or has just been asked. */
  retryNotBeforeMs: number;
  askedAtMs: number;
}

interface Loading {
  readonly catalog: Promise<EndpointCatalog>;
  /** How many changes had been heard when it was asked for; null as long as it has not been. */
  changes: number | null;
}

const ENDPOINTS_MAX = 10_000;
const UNKNOWN_MAX = 10_000;
const UNKNOWN_TTL_MS = 2_000;
/** Between two tries while registry is away, and between two looks for a name that is not there. */
const PAUSE_MS = 1_000;
/** Of the endpoints that a change names, so many are brought up to date at once, the others when they are used. */
const AHEAD_MAX = 16;
/** What is used is asked for behind its readers' backs after this: an announcement may have been lost. */
const LOOK_AGAIN_MS = 30_000;

const ignore = (): void => undefined;

/** The endpoint of everything; no text, since a virtual server may be asked for by any. */
const EVERYTHING = Symbol('everything');
type Key = string | typeof EVERYTHING;

const keyOf = (serverId: string | null): Key => serverId ?? EVERYTHING;
const serverOf = (key: Key): string | null => (key === EVERYTHING ? null : key);

/**
 * What each endpoint offers, in memory. Loaded on first use, then brought up to date by what has changed since the revision
 * that it holds: after `CatalogChanged` at once, and whoever uses it meanwhile waits, so a change is never followed by an
 * old list. While registry is away the last good one serves.
 */
export class Catalogs {
  private readonly pages = new PreparedPages();
  private readonly toolIndexes = new ToolIndexes();
  private readonly held = new LRUCache<Key, Held>({
    max: ENDPOINTS_MAX,
    dispose: ({ catalog }) => {
      catalog.release();
      this.definitions.drop(catalog.catalog);
    },
  });
  private readonly definitions = new SharedDefinitions();
  private readonly unknown = new LRUCache<Key, GatewayError>({ max: UNKNOWN_MAX, ttl: UNKNOWN_TTL_MS });
  private readonly loading = new Map<Key, Loading>();
  private readonly watchers = new Set<(serverId: string | null) => void>();
  private readonly subscriptions: Subscription[];
  /** Grows with every change heard, so that what was asked for before it is not taken for what came after. */
  private changes = 0;
  /** The newest revision that was told of, as long as none can have been missed. */
  private heard: number | null = null;

  constructor(
    private readonly bus: Bus,
    private readonly shape: PageShape,
    private readonly listings: Listings,
    private readonly logger: Logger,
  ) {
    this.subscriptions = [
      bus.subscribe(CatalogChanged, (change) => this.changed(change)),
      bus.onReconnect(() => this.reconnected()),
    ];
  }

  /** Synchronous when what is held is good. Fails with `registry.server_unknown` or `registry.unavailable`. */
  of(serverId: string | null): EndpointCatalog | Promise<EndpointCatalog> {
    const key = keyOf(serverId);
    const held = this.held.get(key);
    const nowMs = Date.now();
    if (held !== undefined && (!held.stale || nowMs < held.retryNotBeforeMs)) {
      if (held.follows && nowMs >= held.askedAtMs + LOOK_AGAIN_MS) this.loadAhead(key, serverId, null);
      return held.catalog;
    }
    if (held === undefined) {
      const refusal = this.unknown.get(key);
      if (refusal !== undefined) throw refusal;
    }
    return this.load(key, serverId, held === undefined ? null : this.heard);
  }

  /** For a name that is not there: it may have come since. At most once in a while; else what is held already. */
  revalidate(serverId: string | null): EndpointCatalog | Promise<EndpointCatalog> {
    const held = this.held.get(keyOf(serverId));
    if (held !== undefined && Date.now() < held.retryNotBeforeMs) return held.catalog;
    return this.load(keyOf(serverId), serverId, null);
  }

  /** Hears when an endpoint's catalog may have become another. */
  onChange(watcher: (serverId: string | null) => void): void {
    this.watchers.add(watcher);
  }

  /** Of all endpoints that are held together. */
  get definitionsHeld(): number {
    return this.definitions.size;
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  /** `heard`: what the answer must hold at least; null: whatever the database has. */
  private load(key: Key, serverId: string | null, heard: number | null): Promise<EndpointCatalog> {
    const underWay = this.loading.get(key);
    if (underWay !== undefined && (underWay.changes ?? this.changes) === this.changes) return underWay.catalog;
    // What was asked for before a change may not hold it. The next delta begins where that one ends.
    const before = underWay?.catalog.then(ignore, ignore);
    const ask = (): Promise<EndpointCatalog> => {
      loading.changes = this.changes;
      return this.fetch(key, serverId, heard === null ? null : this.heard);
    };
    const done = (): void => {
      if (this.loading.get(key) === loading) this.loading.delete(key);
    };
    const loading: Loading = { changes: null, catalog: Promise.resolve(before).then(ask).finally(done) };
    this.loading.set(key, loading);
    return loading.catalog;
  }

  private async fetch(key: Key, serverId: string | null, heard: number | null): Promise<EndpointCatalog> {
    const changesBefore = this.changes;
    try {
      const before = this.held.peek(key);
      const since = before?.follows === true ? before.revision : null;
      let answer = await this.describe(serverId, since, heard);
      if ('since' in answer && !this.follow(key, answer)) answer = await this.describe(serverId, null, heard);
      if (!('since' in answer)) this.replace(key, answer);
      const held = this.held.peek(key) as Held;
      held.stale = this.changes !== changesBefore;
      held.askedAtMs = Date.now();
      held.retryNotBeforeMs = held.stale ? 0 : held.askedAtMs + PAUSE_MS;
      return held.catalog;
    } catch (thrown) {
      return this.lastGood(key, toGatewayError(thrown));
    }
  }

  private async describe(
    serverId: string | null,
    since: number | null,
    heard: number | null,
  ): Promise<Catalog | CatalogDelta> {
    const request = { serverId, ...(since !== null && { since }), ...(heard !== null && { heard }) };
    const { head } = await hedgedAsk(this.bus, DescribeServer, request);
    if (head.upstreams !== undefined) this.listings.learn(head.upstreams);
    return head;
  }

  private replace(key: Key, answer: Catalog): void {
    const shared = this.definitions.take(answer);
    const { shape, listings, pages, toolIndexes } = this;
    const catalog = new EndpointCatalog(shared, { shape, listings, pages, toolIndexes });
    const { revision } = answer;
    this.held.set(key, {
      catalog,
      revision,
      follows: isOrdered(answer),
      stale: false,
      retryNotBeforeMs: 0,
      askedAtMs: 0,
    });
  }

  /** Answers false when the delta does not begin where the endpoint stands. */
  private follow(key: Key, delta: CatalogDelta): boolean {
    const held = this.held.peek(key);
    if (held?.revision !== delta.since) return false;
    const before = held.catalog;
    const step = before.stepBy(this.definitions.take(delta));
    this.definitions.drop(step.dropped);
    if (!isEmpty(step, before.catalog)) {
      held.catalog = before.after(step);
      before.release();
    }
    held.revision = delta.revision;
    return true;
  }

  private lastGood(key: Key, error: GatewayError): EndpointCatalog {
    if (error.code === 'registry.server_unknown') {
      this.held.delete(key);
      this.unknown.set(key, error);
      throw error;
    }
    const held = this.held.get(key);
    if (held === undefined) throw fail('registry.unavailable', { cause: error, executed: 'no' });
    held.askedAtMs = Date.now();
    held.retryNotBeforeMs = held.askedAtMs + PAUSE_MS;
    this.logger.warn({ code: error.code }, 'the registry does not answer: serving the last catalog known');
    return held.catalog;
  }

  private changed({ revision, serverIds, upstreamIds }: PayloadOf<typeof CatalogChanged>): void {
    this.heard = Math.max(this.heard ?? 0, revision);
    const anything = serverIds.length === 0 && upstreamIds.length === 0;
    const named = [null, ...serverIds];
    if (anything || upstreamIds.length > 0) this.expireAll();
    else {
      this.changes++;
      this.unknown.clear();
      for (const serverId of named) this.expire(keyOf(serverId), serverId);
    }
    for (const serverId of named.slice(0, AHEAD_MAX)) this.loadAhead(keyOf(serverId), serverId, this.heard);
  }

  /** What has changed since may have been said meanwhile. */
  private reconnected(): void {
    this.heard = null;
    this.expireAll();
  }

  /** A small question, and only where the whole need not be asked for: whoever calls next does not wait for it. */
  private loadAhead(key: Key, serverId: string | null, heard: number | null): void {
    if (this.held.peek(key)?.follows !== true) return;
    // Whoever uses it is told what went wrong.
    this.load(key, serverId, heard).catch(() => undefined);
  }

  private expireAll(): void {
    this.changes++;
    this.unknown.clear();
    for (const key of this.held.keys()) this.expire(key, serverOf(key));
  }

  private expire(key: Key, serverId: string | null): void {
    // `get` would move it to the front, and whoever walks through all of them would never come to an end.
    const held = this.held.peek(key);
    if (held !== undefined) {
      held.stale = true;
      held.retryNotBeforeMs = 0;
    }
    for (const watcher of this.watchers) watcher(serverId);
  }
}
