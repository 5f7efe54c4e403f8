import type { Bus, Subscription } from '#libs/bus';
import { CredentialRevoked, GrantsChanged } from '#contracts/auth/credential-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { fail, toGatewayError } from '#libs/errors';
import type { CredentialCarrier } from '#libs/identity';
import type { Admission } from '../../admission/admission.js';
import type { ResourceCache } from '../../forwarding/resource-cache.js';
import type { SessionKeepers } from '../session-affinity.js';
import type { Catalogs } from '../../catalog/catalogs.js';
import { type Listener, ResourceWatch } from './resource-watch.js';

/** What an open stream wants to hear of, and how it is told. */
export interface FeedWishes {
  readonly carrier: CredentialCarrier;
  readonly serverId: string | null;
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

/** Where a feed has its news from. */
interface Sources {
  readonly bus: Bus;
  readonly catalogs: Catalogs;
  readonly keepers: SessionKeepers;
  readonly resources: ResourceCache;
}

class OpenFeed implements Feed {
  principal: Principal;
  readonly digests = new Map<CatalogList, string>();
  readonly watch: ResourceWatch;

  constructor(
    readonly wishes: FeedWishes,
    principal: Principal,
    { bus, catalogs, keepers, resources }: Sources,
    private readonly closed: (feed: OpenFeed) => void,
  ) {
    this.principal = principal;
    this.watch = new ResourceWatch(bus, catalogs, keepers, {
      serverId: wishes.serverId,
      principal: () => this.principal,
      updated: ({ upstreamId, upstreamUri }, uri) => {
        // First, so that whoever reads it because of this reads what is new.
        resources.changed(upstreamId, upstreamUri);
        wishes.notify('notifications/resources/updated', { uri });
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
  private readonly subscriptions: Subscription[];
  private readonly readmission: NodeJS.Timeout;
  private pending: NodeJS.Timeout | null = null;

  constructor(
    private readonly bus: Bus,
    private readonly catalogs: Catalogs,
    private readonly keepers: SessionKeepers,
    private readonly resources: ResourceCache,
    private readonly admission: Admission,
    private readonly perPrincipalMax: number,
  ) {
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
  async open(wishes: FeedWishes, principal: Principal): Promise<Feed> {
    const count = this.perPrincipal.get(principal.id) ?? 0;
    if (count >= this.perPrincipalMax) throw fail('http.overloaded', { message: 'Too many streams are open' });
    const view = (await this.catalogs.of(wishes.serverId)).view(principal);
    const owner = principal.id;
    this.perPrincipal.set(owner, (this.perPrincipal.get(owner) ?? 0) + 1);
    const { bus, catalogs, keepers, resources } = this;
    const feed = new OpenFeed(wishes, principal, { bus, catalogs, keepers, resources }, (closed) => {
      if (!this.feeds.delete(closed)) return;
      const left = (this.perPrincipal.get(owner) ?? 1) - 1;
      if (left > 0) this.perPrincipal.set(owner, left);
      else this.perPrincipal.delete(owner);
    });
    for (const list of wishes.lists) feed.digests.set(list, view.digest(list));
    this.feeds.add(feed);
    return feed;
  }

  endAll(): void {
    for (const feed of this.feeds) {
      feed.close();
      feed.wishes.end();
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
      for (const feed of this.feeds) if (changed.has(feed.wishes.serverId)) void this.compare(feed);
    }, COALESCE_MS);
  }

  /** Tells the feed of the lists that are not what they were when it was last told. */
  private async compare(feed: OpenFeed): Promise<void> {
    try {
      const catalog = await this.catalogs.of(feed.wishes.serverId);
      const view = catalog.view(feed.principal);
      for (const list of feed.wishes.lists) {
        const digest = view.digest(list);
        if (feed.digests.get(list) === digest) continue;
        feed.digests.set(list, digest);
        feed.wishes.notify(`notifications/${list}/list_changed`, {});
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
      const principal = await this.admission.caller(feed.wishes.carrier, feed.wishes.serverId);
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
    feed.wishes.end();
  }
}
