import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import type { Era } from '#contracts/tool-invocation/discover-upstream.request';
import { fail, notExecuted, toGatewayError } from '#libs/errors';
import { sessionCapabilities } from '#libs/mcp';
import { ConcurrencyLimiter } from '#libs/resilience';
import type { UpstreamDialer } from '../conversation/dialer.js';
import { RetryBudget } from './retry-budget.js';
import type { Settings } from '../tool-invocation.settings.js';
import { type Access, type Transport, type TransportKind, speaksMcp } from '../transport/channel.js';
import { DedicatedSessions } from './sessions/dedicated-sessions.js';
import type { LogFrame, Peer, PeerEvents } from '../conversation/peer.js';
import { PeerWatch } from './peer-watch.js';
import { type Caller, OVERVIEW, type Place, ownershipOf, Placement, SESSION_OVERVIEW } from './sessions/placement.js';
import { SharedSessions } from './sessions/shared-sessions.js';
import { staleProfile } from '../call/stale.js';
import { isComplete } from './access.js';
import { credentialVersionOf, passedVersionOf } from './passed-headers/passed-access.js';
import { UpstreamHealth, type UpstreamHealthEvents } from './upstream-health.js';

/** What an upstream needs of the instance it runs in. */
export interface UpstreamHost {
  onListChanged(upstreamId: string, list: CatalogList): void;
  /** A process says so that is not the one whose lists are everybody's. */
  onOwnListChanged(upstream: Upstream, peer: Peer, owner: string): void;
  onPeerGone(upstream: Upstream, peer: Peer): void;
  /** Whoever follows the resource is to hear of it. */
  onResourceHinted(upstreamId: string, uri: string): void;
  onLogged(clientKey: string, message: LogFrame): void;
  /** What a session of a client was sent to a URL for is done. */
  onElicitationCompleted(clientKey: string, elicitationId: string): void;
  /** Its lists may have changed without a notification. */
  onListsInvalidated(upstreamId: string): void;
  /** Hears how upstreams are. */
  readonly told: UpstreamHealthEvents;
  /** Its lists are no longer watched. */
  onUnwatched(upstream: Upstream): void;
  /** A call heard nothing of it: which of its addresses do answer? */
  onSilent(upstream: Upstream): Promise<void>;
  /** Makes room for one more conversation. Throws `upstream.busy`. */
  makeRoom(kind: TransportKind): void | Promise<void>;
}

const RETIRE_TICK_MS = 100;

/** One upstream as one profile describes it: its limits, its health, its open conversations. */
export class Upstream {
  readonly health: UpstreamHealth;
  readonly limiter: ConcurrencyLimiter;
  readonly retries: RetryBudget;
  private readonly peers = new Map<string, Peer | Promise<Peer>>();
  private readonly watches = new Map<Peer, PeerWatch>();
  /** Whose alone a process is, by `OwnListsChanged`. */
  private readonly owners = new WeakMap<Peer, string>();
  private readonly dedicated = new DedicatedSessions();
  private readonly placement: Placement;
  private readonly shared = new SharedSessions();
  private first: Promise<unknown> | undefined;
  retired = false;

  constructor(
    readonly profile: UpstreamProfile,
    readonly kind: TransportKind,
    private readonly transport: Pick<Transport, 'close'>,
    readonly dialer: UpstreamDialer,
    private readonly settings: Settings,
    private readonly host: UpstreamHost,
  ) {
    const { concurrencyMax } = profile;
    const { addresses } = dialer;
    const several = addresses && { hasSound: () => addresses.book.hasSound, recheck: () => host.onSilent(this) };
    this.health = new UpstreamHealth(settings, kind, profile, host.told, several);
    this.placement = new Placement({
      slotsMax: settings.sessions.perCallerMax,
      peerOf: (key) => this.peers.get(key),
      dismiss: (peer) => this.watches.get(peer)?.lost(),
      evict: (peer) => void this.evict(peer),
    });
    this.retries = new RetryBudget(settings.retry);
    this.limiter = new ConcurrencyLimiter(
      {
        max: concurrencyMax ?? settings.connections.max,
        maxPerKey: concurrencyMax ?? settings.concurrencyPerCaller,
        queueMax: settings.queueMax,
        waitMs: settings.queueWaitMs,
      },
      () => fail('upstream.busy', { executed: 'no' }),
    );
  }

  get timeoutMs(): number {
    return this.profile.timeoutMs ?? this.settings.callTimeoutMs;
  }

  /**
   * The conversation for a caller, at once when it is open; a call gives it back with `giveBack`. Rejects with the failure
   * of opening it, always with `executed: no`; throws `upstream.session_lost` for a dedicated session that is gone,
   * and `http.malformed` for one that began with other headers of its client.
   */
  peer(access: Access, caller: Caller): Peer | Promise<Peer> {
    const { spoken } = this.dialer;
    const era = spoken.eraFor(caller.client.revision);
    const { dedicatedSession: dedicated } = caller;
    if (dedicated !== undefined && era !== 'modern') this.dedicated.use(dedicated, passedVersionOf(access.version));
    // The era is known a moment before the conversation that found it out is kept.
    if (era === undefined || this.first !== undefined) return this.firstPeer(access, caller);
    const peer = this.peerAt(this.placement.placeOf(era, access, caller), access, caller, era);
    const isBeside = era === 'legacy' && spoken.verdict?.era === 'modern';
    return isBeside && peer instanceof Promise ? this.orBridged(peer, access, caller) : peer;
  }

  /** The call is over: others may have its conversation. */
  giveBack(callId: string): void {
    this.placement.giveBack(callId);
  }

  /** Makes this instance the owner of the dedicated sessions of this key. */
  claim(key: string): void {
    this.dedicated.claim(key);
  }

  release(key: string): void {
    for (const peer of this.dedicated.release(key)) void this.evict(peer);
  }

  /** The conversation that sees all an upstream has. */
  overview(access: Access): Peer | Promise<Peer> {
    return this.peer(access, OVERVIEW);
  }

  /** The session that sees all an upstream has for clients with sessions, where it speaks both eras; else `null`. */
  async sessionOverview(access: Access): Promise<Peer | null> {
    const { spoken } = this.dialer;
    if (spoken.verdict?.era !== 'modern' || !spoken.mayOpenSessions) return null;
    const peer = await this.peer(access, SESSION_OVERVIEW);
    return peer.identity.era === 'legacy' ? peer : null;
  }

  watchLists(peer: Peer): void {
    this.watchOf(peer).watchLists();
  }

  get watchesLists(): boolean {
    return [...this.watches.values()].some((watch) => watch.lists);
  }

  /** Calls `notify` on every change of the resource. Returns the function that ends the watch. */
  watchResource(peer: Peer, uri: string, notify: (uri: string) => void): () => void {
    return this.watchOf(peer).add(uri, notify);
  }

  /** Calls `notify` when the conversation ends. Returns the function that cancels this. */
  onLost(peer: Peer, notify: () => void): () => void {
    const { onLost } = this.watchOf(peer);
    onLost.add(notify);
    return () => onLost.delete(notify);
  }

  /** Forgets what the upstream speaks; the next conversation finds out anew. */
  invalidateEra(): void {
    if (!speaksMcp(this.kind)) return;
    this.dialer.spoken.forget();
    for (const [key, peer] of this.peers) {
      if (key.startsWith('modern')) this.peers.delete(key);
      if (!(peer instanceof Promise) && key.startsWith('modern')) void this.closeWhenIdle(peer);
    }
  }

  /** The conversation that a caller's calls go to, if it is open. */
  openPeer(access: Access, caller: Caller): Peer | undefined {
    const era = this.dialer.spoken.eraFor(caller.client.revision);
    const key = era && this.placement.keyOf(era, access, caller);
    const peer = key === undefined ? undefined : this.peers.get(key);
    return peer instanceof Promise ? undefined : peer;
  }

  openPeers(): Peer[] {
    return [...this.peers.values()].filter((peer): peer is Peer => !(peer instanceof Promise));
  }

  get conversations(): number {
    return this.peers.size;
  }

  evict(peer: Peer): Promise<void> {
    this.drop(peer);
    this.watches.delete(peer);
    return peer.close().catch(() => {});
  }

  /** Conversations in which a credential of this version is shown take no more calls; those under way are finished. */
  endShowing(version: string): void {
    const isEnding = (key: string): boolean => credentialVersionOf(key.split(' ')[1] ?? '') === version;
    const ending = [...this.peers].filter(([key, peer]) => !(peer instanceof Promise) && isEnding(key));
    for (const peer of new Set(ending.map(([, peer]) => peer as Peer))) {
      const watch = this.watches.get(peer);
      this.drop(peer);
      this.watches.delete(peer);
      watch?.end();
      watch?.lost();
      void this.closeWhenIdle(peer);
      if (watch?.lists && !this.retired) this.host.onUnwatched(this);
    }
  }

  evictIdle(idleMs: number): void {
    this.dedicated.forgetUnused(idleMs);
    this.placement.tidy();
    const nowMs = performance.now();
    for (const peer of this.openPeers()) {
      if (peer.closed || (peer.uses === 0 && nowMs - peer.usedAtMs > idleMs)) void this.evict(peer);
    }
  }

  /** No new calls come here any more; those under way are finished. */
  async retire(): Promise<void> {
    this.retired = true;
    for (const watch of this.watches.values()) {
      watch.end();
      watch.lost();
    }
    for (const peer of this.openPeers()) peer.retire();
    await Promise.all(this.openPeers().map((peer) => this.closeWhenIdle(peer)));
    await this.transport.close();
  }

  /** Ends everything now. */
  async close(): Promise<void> {
    this.retired = true;
    const peers = await Promise.allSettled([...this.peers.values()].map(async (peer) => peer));
    this.peers.clear();
    await Promise.allSettled(peers.map(async (peer) => peer.status === 'fulfilled' && peer.value.close()));
    await this.transport.close();
  }

  /** The first caller finds out which era the upstream speaks; the others wait for it. */
  private async firstPeer(access: Access, caller: Caller): Promise<Peer> {
    if (this.first === undefined) {
      const dialed = this.open(access, caller).then((peer) => {
        this.keep(this.placement.placeOf(peer.identity.era, access, caller), peer, access, caller);
        return peer;
      });
      this.first = dialed.finally(() => {
        this.first = undefined;
      });
      this.first.catch(() => {});
      const peer = await dialed;
      const isItsOwn = this.dialer.spoken.eraFor(caller.client.revision) === peer.identity.era;
      return isItsOwn ? peer : this.peer(access, caller);
    }
    await this.first;
    return this.peer(access, caller);
  }

  /** It turned out to have no sessions, or none any more: it is spoken to as 2026-07-28 has it. */
  private async orBridged(session: Promise<Peer>, access: Access, caller: Caller): Promise<Peer> {
    try {
      return await session;
    } catch (error) {
      if (this.dialer.spoken.eraFor(caller.client.revision) === 'legacy') throw error;
      if (caller.callId !== undefined) this.giveBack(caller.callId);
      return this.peer(access, caller);
    }
  }

  private peerAt(place: Place, access: Access, caller: Caller, era: Era): Peer | Promise<Peer> {
    const known = this.peers.get(place.key);
    if (known !== undefined && (known instanceof Promise || !known.closed)) return known;
    if (era === 'modern') return this.dial(place, access, caller, era);
    const other = this.shared.isFull ? this.shared.find(access, caller) : undefined;
    return other ?? this.orShared(this.dial(place, access, caller, era), place, access, caller);
  }

  /** Where there is no room for one more conversation, calls share one, and doubtful questions are refused. */
  private async orShared(dialed: Promise<Peer>, place: Place, access: Access, caller: Caller): Promise<Peer> {
    try {
      return await dialed;
    } catch (error) {
      const failure = toGatewayError(error);
      const isBusy = failure.code === 'upstream.busy' && place.pool !== undefined;
      const slot = isBusy ? this.placement.shareInstead(place, caller.callId) : undefined;
      if (slot !== undefined) return this.peerAt({ key: slot.key }, access, caller, 'legacy');
      // What gave up its sessions altogether is spoken to without.
      const hasSessions = this.dialer.spoken.eraFor(caller.client.revision) === 'legacy';
      const other = hasSessions ? this.shared.insteadOf(failure, access, caller) : undefined;
      if (other === undefined) throw error;
      return other;
    }
  }

  private dial(place: Place, access: Access, caller: Caller, era: Era): Promise<Peer> {
    const { key } = place;
    const dialed = this.open(access, caller, era);
    this.peers.set(key, dialed);
    dialed.then(
      (peer) => this.keep(place, peer, access, caller),
      () => {
        if (this.peers.get(key) === dialed) this.peers.delete(key);
      },
    );
    return dialed;
  }

  private async open(access: Access, { client, dedicatedSession }: Caller, era?: Era): Promise<Peer> {
    let opened: Peer | undefined;
    const events: PeerEvents = {
      listChanged: (list) => this.listChanged(opened, list),
      resourceUpdated: (uri) => opened && this.watches.get(opened)?.updated(uri),
      resourceHinted: (uri) => this.host.onResourceHinted(this.profile.id, uri),
      logged: (clientKey, message) => this.host.onLogged(clientKey, message),
      elicitationCompleted: (clientKey, elicitationId) => this.host.onElicitationCompleted(clientKey, elicitationId),
      invalidated: () => opened && this.invalidate(opened),
      closed: () => opened && this.forget(opened),
      passedOver: (error) => this.host.told.failed(this.profile, error),
    };
    try {
      if (this.retired || !isComplete(this.profile, access)) throw staleProfile();
      const room = this.host.makeRoom(this.kind);
      if (room !== undefined) await room;
      opened = await this.dialer.dial(access, sessionCapabilities(client.capabilities), events, era);
      return opened;
    } catch (error) {
      if (dedicatedSession !== undefined) this.dedicated.notOpened(dedicatedSession.key);
      // Whatever went wrong, no call was sent yet.
      throw notExecuted(error);
    }
  }

  private listChanged(peer: Peer | undefined, list: CatalogList): void {
    const owner = peer && this.owners.get(peer);
    const isOwn = this.kind === 'stdio' && owner !== undefined && !this.watches.get(peer as Peer)?.lists;
    if (isOwn) this.host.onOwnListChanged(this, peer as Peer, owner);
    else this.host.onListChanged(this.profile.id, list);
  }

  private keep(place: Place, peer: Peer, access: Access, caller: Caller): void {
    const { key, pool } = place;
    const { dedicatedSession: dedicated } = caller;
    const whose = ownershipOf(place, caller);
    // Of 2026-07-28 one process serves all who show the same credential, and is looked over too.
    if (peer.identity.era === 'legacy') {
      this.owners.set(peer, whose.lists);
      if (whose.principalId !== undefined) this.shared.add(peer, access, whose.principalId);
    }
    if (peer.asking !== undefined) peer.asking.client = whose.questions;
    if (peer.logs !== undefined) peer.logs.alone = whose.logs;
    const other = this.peers.get(key);
    if (other !== undefined && !(other instanceof Promise) && other !== peer && !other.closed)
      void this.closeWhenIdle(other);
    this.peers.set(key, peer);
    // Those beside the first remember nothing that anybody relies on.
    const isFirst = pool === undefined || pool.isFirst(key);
    if (dedicated !== undefined && peer.identity.era === 'legacy' && isFirst)
      this.dedicated.opened(dedicated.key, peer);
    if (dedicated !== undefined && peer.identity.era === 'modern') this.dedicated.notOpened(dedicated.key);
    if (this.retired) void this.closeWhenIdle(peer);
  }

  private drop(peer: Peer): void {
    this.host.onPeerGone(this, peer);
    for (const [key, known] of this.peers) {
      if (known !== peer) continue;
      this.peers.delete(key);
      this.placement.lost(key);
    }
    this.dedicated.lost(peer);
    this.shared.remove(peer);
  }

  private forget(peer: Peer): void {
    this.drop(peer);
    const watch = this.watches.get(peer);
    this.watches.delete(peer);
    watch?.lost();
    // A process that has ended has no more changes; the next one is discovered when it is needed.
    if (watch?.lists && this.kind !== 'stdio' && !this.retired) this.host.onUnwatched(this);
  }

  private invalidate(peer: Peer): void {
    const watch = this.watches.get(peer);
    watch?.invalidated();
    if (watch?.lists) this.host.onListsInvalidated(this.profile.id);
  }

  private watchOf(peer: Peer): PeerWatch {
    let watch = this.watches.get(peer);
    if (watch === undefined) {
      watch = new PeerWatch(peer);
      this.watches.set(peer, watch);
    }
    return watch;
  }

  private async closeWhenIdle(peer: Peer): Promise<void> {
    while (peer.uses > 0 && !peer.closed) await new Promise((resolve) => setTimeout(resolve, RETIRE_TICK_MS).unref());
    await peer.close().catch(() => {});
  }
}
