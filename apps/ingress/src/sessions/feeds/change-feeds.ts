import type { Bus, Subscription } from '#libs/bus';
import { CredentialRevoked, GrantsChanged } from '#contracts/auth/credential-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import type { Era } from '#contracts/registry/catalog';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { fail, toGatewayError } from '#libs/errors';
import type { CredentialCarrier } from '#libs/identity';
import { listChangedMethod } from '#libs/mcp';
import type { SessionAffinity } from '../session-affinity.js';
import type { Catalogs } from '../../catalog/index.js';
import { type Listener, ResourceWatch } from './resource-watch.js';

/** What an open stream subscribes to, and how it is told. */
export interface FeedOptions {
  readonly carrier: CredentialCarrier;
  readonly serverId: string | null;
  /** That the client speaks. */
  readonly era: Era;
  readonly lists: readonly CatalogList[];
  readonly notify: (method: string, params: Readonly<Record<string, unknown>>) => void;
  /** Ends the stream: the gateway stops, or its caller is not let in any more. */
  readonly end: () => void;
}

export interface Feed {
  /** As they were let in last. */
  readonly principal: Principal;
  follow(uris: readonly string[], listener: Listener): void;
  close(): void;
}

/** Changes that come in a burst are told once. */
const COALESCE_MS = 250;
/** How soon a credential that has expired ends the streams it opened. */
const READMIT_MS = 10_000;
const UNAUTHORISED = new Set([
  'auth.credential_missing',
  'auth.credential_invalid',
  'auth.grant_missing',
  'registry.server_unknown',
]);

/** Hears that a resource is no longer what it was, by the upstream's own URI. */
export type ResourceUpdated = (upstreamId: string, upstreamUri: string) => void;

/** Admits the caller of a stream anew, from what its credential came in. */
export type AdmitCaller = (carrier: CredentialCarrier, serverId: string | null) => Principal | Promise<Principal>;

/** Where a feed has its news from. */
interface Sources {
  readonly bus: Bus;
  readonly catalogs: Catalogs;
  readonly affinity: SessionAffinity;
  readonly updated: ResourceUpdated;
}

class OpenFeed implements Feed {
  principal: Principal;
  readonly digests = new Map<CatalogList, string>();
  readonly watch: ResourceWatch;

  constructor(
    readonly options: FeedOptions,
    principal: Principal,
    { bus, catalogs, affinity, updated }: Sources,
    private readonly closed: (feed: OpenFeed) => void,
  ) {
    this.principal = principal;
    this.watch = new ResourceWatch(bus, catalogs, affinity, {
      serverId: options.serverId,
      era: options.era,
      principal: () => this.principal,
      updated: ({ upstreamId, upstreamUri }, uri) => {
        // First, so that whoever reads it because of this reads what is new.
        updated(upstreamId, upstreamUri);
        options.notify('notifications/resources/updated', { uri });
      },
    });
  }

  follow(uris: readonly string[], listener: Listener): void {
    this.watch.follow(uris, listener);
  }

  close(): void {
    this.watch.close();
    this.closed(this);
  }
}

/** The streams on which clients hear of changes: each hears only of what its caller sees. */
export class ChangeFeeds {
  private readonly feeds = new Set<OpenFeed>();
  private readonly perPrincipal = new Map<string, number>();
  private readonly changed = new Set<string | null>();
  private readonly resourceWatchers = new Set<ResourceUpdated>();
  private readonly sources: Sources;
  private readonly subscriptions: Subscription[];
  private readonly readmission: NodeJS.Timeout;
  private pending: NodeJS.Timeout | null = null;

  constructor(
    bus: Bus,
    private readonly catalogs: Catalogs,
    affinity: SessionAffinity,
    private readonly admitCaller: AdmitCaller,
    private readonly perPrincipalMax: number,
  ) {
    const updated: ResourceUpdated = (upstreamId, upstreamUri) => {
      for (const watcher of this.resourceWatchers) watcher(upstreamId, upstreamUri);
    };
    this.sources = { bus, catalogs, affinity, updated };
    catalogs.onChange((serverId) => this.note(serverId));
    const readmitAll = (): void => this.readmit();
    this.subscriptions = [bus.subscribe(CredentialRevoked, readmitAll), bus.subscribe(GrantsChanged, readmitAll)];
    this.readmission = setInterval(readmitAll, READMIT_MS);
    this.readmission.unref();
  }

  get size(): number {
    return this.feeds.size;
  }

  /** Fails with `http.overloaded` when the caller has too many open. */
  async open(options: FeedOptions, principal: Principal): Promise<Feed> {
    const count = this.perPrincipal.get(principal.id) ?? 0;
    if (count >= this.perPrincipalMax) throw fail('http.overloaded', { message: 'Too many streams are open' });
    const view = (await this.catalogs.of(options.serverId)).inEra(options.era).view(principal);
    const owner = principal.id;
    this.perPrincipal.set(owner, (this.perPrincipal.get(owner) ?? 0) + 1);
    const feed = new OpenFeed(options, principal, this.sources, (closed) => {
      if (!this.feeds.delete(closed)) return;
      const left = (this.perPrincipal.get(owner) ?? 1) - 1;
      if (left > 0) this.perPrincipal.set(owner, left);
      else this.perPrincipal.delete(owner);
    });
    for (const list of options.lists) feed.digests.set(list, view.digest(list));
    this.feeds.add(feed);
    return feed;
  }

  /** `watcher` hears of a resource before the clients do. */
  onResourceUpdated(watcher: ResourceUpdated): void {
    this.resourceWatchers.add(watcher);
  }

  endAll(): void {
    for (const feed of this.feeds) {
      feed.close();
      feed.options.end();
    }
  }

  close(): void {
    clearInterval(this.readmission);
    if (this.pending !== null) clearTimeout(this.pending);
    for (const subscription of this.subscriptions) subscription.close();
    for (const feed of this.feeds) feed.close();
  }

  private note(serverId: string | null): void {
    if (this.feeds.size === 0) return;
    this.changed.add(serverId);
    this.pending ??= setTimeout(() => {
      this.pending = null;
      const changed = new Set(this.changed);
      this.changed.clear();
      for (const feed of this.feeds) if (changed.has(feed.options.serverId)) void this.compare(feed);
    }, COALESCE_MS);
  }

  /** Tells the feed of the lists that are not what they were when it was last told. */
  private async compare(feed: OpenFeed): Promise<void> {
    try {
      const catalog = await this.catalogs.of(feed.options.serverId);
      const view = catalog.inEra(feed.options.era).view(feed.principal);
      for (const list of feed.options.lists) {
        const digest = view.digest(list);
        if (feed.digests.get(list) === digest) continue;
        feed.digests.set(list, digest);
        feed.options.notify(listChangedMethod(list), {});
      }
    } catch (thrown) {
      if (UNAUTHORISED.has(toGatewayError(thrown).code)) this.end(feed);
    }
  }

  private readmit(): void {
    for (const feed of this.feeds) void this.readmitOne(feed);
  }

  private async readmitOne(feed: OpenFeed): Promise<void> {
    try {
      const principal = await this.admitCaller(feed.options.carrier, feed.options.serverId);
      if (principal === feed.principal) return;
      feed.principal = principal;
      await this.compare(feed);
    } catch (thrown) {
      // While auth is away nobody is thrown out on mere suspicion.
      if (UNAUTHORISED.has(toGatewayError(thrown).code)) this.end(feed);
    }
  }

  private end(feed: OpenFeed): void {
    feed.close();
    feed.options.end();
  }
}
