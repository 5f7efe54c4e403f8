import type { Bus, Subscription } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import type { Era } from '#contracts/registry/catalog';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { ConsentGiven } from '#contracts/ingress/consent-given.signal';
import { ElicitationCompleted } from '#contracts/tool-invocation/elicitation-completed.event';
import { SessionLogged } from '#contracts/tool-invocation/session-logged.event';
import { UpstreamResourceChanged } from '#contracts/tool-invocation/upstream-resource-changed.event';
import type { PayloadOf } from '#contracts/define';
import { fail, toGatewayError } from '#libs/errors';
import type { CallerAdmission, CredentialCarrier } from '#libs/identity';
import { ELICITATION_COMPLETE, isAtLeast, listChangedMethod } from '#libs/mcp';
import { DEFAULT_LOG_LEVEL } from '../../call/index.js';
import { keyOfSession, type SessionAffinity } from '../session-affinity.js';
import type { SessionStore } from '../session-store.js';
import type { Catalogs, EndpointCatalog } from '../../catalog/index.js';
import type { OwnLists } from '../own-lists.js';
import { type Listener, listenerOf, ResourceWatch } from './resource-watch.js';

/** What an open stream subscribes to, and how it is told. */
export interface FeedOptions {
  readonly carrier: CredentialCarrier;
  readonly serverId: string | null;
  /** That the client speaks. */
  readonly era: Era;
  readonly lists: readonly CatalogList[];
  /** The session whose stream it is, once there is one; absent where there will be none. */
  readonly sessionId?: () => string | null;
  /** Of a client without one. */
  readonly capabilities?: Listener['capabilities'];
  readonly notify: (method: string, params: Readonly<Record<string, unknown>>) => void;
  /** Ends the stream: the gateway stops, or its caller is not let in any more. */
  readonly end: () => void;
}

/** One open stream on which a client is told of changes. */
export interface Feed {
  /** As they were let in last. */
  readonly principal: Principal;
  follow(uris: readonly string[], listener: Listener): void;
  /** Resolves once what is followed stands upstream, or has had some time; then it is relied on. */
  confirmed(): Promise<void>;
  /** What is followed was confirmed before, elsewhere. */
  relyOn(): void;
  close(): void;
}

/** Changes that come in a burst are told once. */
const COALESCE_MS = 250;
/** How soon a credential that has expired ends the streams it opened. */
const READMIT_MS = 10_000;
/** A stream outlives auth's grace by this, so that auth may come back from a restart of the broker before it ends. */
const UNCONFIRMED_MAX_MS = 30_000;
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

type LogMessage = Omit<PayloadOf<typeof SessionLogged>, 'clientKey'>;

export interface FeedDeps {
  readonly bus: Bus;
  readonly catalogs: Catalogs;
  readonly affinity: SessionAffinity;
  readonly sessions: Pick<SessionStore, 'find'>;
  readonly ownLists: OwnLists;
  readonly callers: Pick<CallerAdmission, 'onForgotten'>;
  readonly admitCaller: AdmitCaller;
}

/** Where a feed has its news from. */
interface Sources {
  readonly bus: Bus;
  readonly catalogs: Catalogs;
  readonly affinity: SessionAffinity;
  readonly updated: ResourceUpdated;
}

class OpenFeed implements Feed {
  principal: Principal;
  /** Since when auth cannot be asked about it, beyond the grace; `null` while it is admitted. */
  unconfirmedSinceMs: number | null = null;
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
      carrier: options.carrier,
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

  confirmed(): Promise<void> {
    return this.watch.confirmed();
  }

  relyOn(): void {
    this.watch.relyOn();
  }

  close(): void {
    this.watch.close();
    this.closed(this);
  }
}

/** The streams on which clients are told of changes: each only of what its caller sees. */
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
    private readonly deps: FeedDeps,
    private readonly perPrincipalMax: number,
  ) {
    const { bus, catalogs, affinity, ownLists } = deps;
    const updated: ResourceUpdated = (upstreamId, upstreamUri) => {
      for (const watcher of this.resourceWatchers) watcher(upstreamId, upstreamUri);
    };
    this.sources = { bus, catalogs, affinity, updated };
    catalogs.onChange((serverId) => this.note(serverId));
    ownLists.onChange(() => {
      for (const { options } of this.feeds) this.note(options.serverId);
    });
    const readmitAll = (): void => this.readmit();
    this.subscriptions = [
      deps.callers.onForgotten((concerns, isRevoked) => this.readmit(isRevoked ? concerns : undefined)),
      bus.subscribe(UpstreamResourceChanged, ({ upstreamId, uri }) => {
        for (const feed of this.feeds) feed.watch.hinted(upstreamId, uri);
      }),
      bus.subscribe(ElicitationCompleted, ({ clientKey, elicitationId }) => this.completed(clientKey, elicitationId)),
      bus.subscribe(ConsentGiven, ({ clientKey, elicitationId }) => this.completed(clientKey, elicitationId)),
      bus.subscribe(SessionLogged, ({ clientKey, ...message }) => {
        for (const feed of this.feedsOf(clientKey)) void this.log(feed, message);
      }),
    ];
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
    const view = (await this.catalogOf(options, principal)).view(principal);
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
    // What its caller may do may have changed since they were let in.
    void this.readmitOne(feed, false);
    return feed;
  }

  /** Resolves with false where the session has no stream here, else once what it subscribes to is confirmed. */
  async confirmed(sessionId: string): Promise<boolean> {
    const feeds = [...this.feedsOf(keyOfSession(sessionId))];
    await Promise.all(feeds.map((feed) => feed.confirmed()));
    return feeds.length > 0;
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

  /** What the endpoint offers to whoever reads the stream. */
  private async catalogOf(options: FeedOptions, principal: Principal): Promise<EndpointCatalog> {
    const catalog = (await this.deps.catalogs.of(options.serverId)).inEra(options.era);
    const sessionId = options.sessionId?.() ?? null;
    const session = sessionId && (await this.deps.sessions.find(sessionId, principal.id, options.serverId));
    const listener = session ? listenerOf(session) : { session: null, capabilities: options.capabilities ?? {} };
    return this.deps.ownLists.of(catalog, principal, listener);
  }

  private *feedsOf(clientKey: string): Generator<OpenFeed> {
    for (const feed of this.feeds) {
      const sessionId = feed.options.sessionId?.() ?? null;
      if (sessionId !== null && keyOfSession(sessionId) === clientKey) yield feed;
    }
  }

  /** What the client was sent to a URL for is done. */
  private completed(clientKey: string, elicitationId: string): void {
    for (const { options } of this.feedsOf(clientKey)) options.notify(ELICITATION_COMPLETE, { elicitationId });
  }

  private async log({ options, principal }: OpenFeed, message: LogMessage): Promise<void> {
    const session = await this.deps.sessions.find(options.sessionId?.() ?? '', principal.id, options.serverId);
    if (session !== null && isAtLeast(message.level, session.logLevel ?? DEFAULT_LOG_LEVEL))
      options.notify('notifications/message', message);
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
      const catalog = await this.catalogOf(feed.options, feed.principal);
      const view = catalog.view(feed.principal);
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

  private readmit(isRevoked: (principal: Principal) => boolean = () => false): void {
    for (const feed of this.feeds) void this.readmitOne(feed, isRevoked(feed.principal));
  }

  private async readmitOne(feed: OpenFeed, isRevoked: boolean): Promise<void> {
    try {
      const principal = await this.deps.admitCaller(feed.options.carrier, feed.options.serverId);
      feed.unconfirmedSinceMs = null;
      if (principal === feed.principal) return;
      feed.principal = principal;
      await this.compare(feed);
    } catch (thrown) {
      if (isRevoked || UNAUTHORISED.has(toGatewayError(thrown).code)) return this.end(feed);
      feed.unconfirmedSinceMs ??= performance.now();
      if (performance.now() - feed.unconfirmedSinceMs >= UNCONFIRMED_MAX_MS) this.end(feed);
    }
  }

  private end(feed: OpenFeed): void {
    feed.close();
    feed.options.end();
  }
}
