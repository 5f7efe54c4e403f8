import { Inject, Injectable } from '@nestjs/common';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import type { AddressStanding } from '#contracts/tool-invocation/health/check-upstream.request';
import { SessionLogged } from '#contracts/tool-invocation/session-logged.event';
import { ElicitationCompleted } from '#contracts/tool-invocation/elicitation-completed.event';
import { ResolveUpstream, type UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { type Bus, InjectBus } from '#libs/bus';
import { GatewayError } from '#libs/errors';
import { LOGGER, type Logger } from '#libs/telemetry';
import { JoinedConnectors } from '../connectors/joined-connectors.js';
import type { LogFrame, Peer } from '../conversation/peer.js';
import { type TransportKind, speaksMcp } from '../transport/channel.js';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';
import { HealthAnnouncements } from './health-announcements.js';
import { ListAnnouncements } from './list-announcements.js';
import { ListWatcher } from './list-watcher.js';
import { ResourceAnnouncements } from './resource-announcements.js';
import { SessionCapacity } from './session-capacity.js';
import { SingleFlight } from './single-flight.js';
import type { Upstream, UpstreamHost } from './upstream.js';
import { UpstreamCredentials } from './upstream-credentials.js';
import { UpstreamFactory } from './upstream-factory.js';

/** A cached profile is asked for again after this, in the background; events make it new at once. */
const FRESH_MS = 60_000;
const HOUSEKEEPING_MS = 10_000;

interface KnownUpstream {
  readonly upstream: Upstream;
  askedAtMs: number;
}

/** What one upstream is doing. */
export interface UpstreamFigures {
  readonly upstreamId: string;
  readonly name: string;
  readonly conversations: number;
  readonly running: number;
  readonly waiting: number;
  readonly breakerOpen: boolean;
  /** Where it has several. */
  readonly addresses?: readonly AddressStanding[];
}

export interface OwnListsListener {
  changed(upstream: Upstream, peer: Peer, owner: string): void;
  ended(upstream: Upstream, peer: Peer): void;
}

/** The upstreams this instance speaks to, by their profiles in registry. */
@Injectable()
export class UpstreamDirectory implements UpstreamHost {
  readonly credentials: UpstreamCredentials;
  /** Hears of processes whose lists are not everybody's. */
  ownLists: OwnListsListener | undefined;
  private readonly known = new Map<string, KnownUpstream>();
  private readonly resolving = new SingleFlight<Upstream>('registry.unavailable');
  private readonly factory: UpstreamFactory;
  private readonly capacity: SessionCapacity;
  private readonly announcements: ListAnnouncements;
  private readonly resources: ResourceAnnouncements;
  private readonly lists: ListWatcher;
  readonly told: HealthAnnouncements;
  private readonly retiring = new Set<Promise<void>>();
  private readonly housekeeping: NodeJS.Timeout;

  constructor(
    @InjectBus() private readonly bus: Bus,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    joined: JoinedConnectors,
  ) {
    const { sessions } = settings;
    this.credentials = new UpstreamCredentials(bus);
    this.factory = new UpstreamFactory(settings, logger, bus, joined);
    this.capacity = new SessionCapacity(sessions.max, this.factory.processes, () => this.upstreams());
    this.announcements = new ListAnnouncements(bus);
    this.told = new HealthAnnouncements(bus, logger);
    this.resources = new ResourceAnnouncements(bus);
    this.lists = new ListWatcher(this.credentials, this.announcements, logger);
    this.housekeeping = setInterval(() => this.tidy(), Math.min(HOUSEKEEPING_MS, sessions.idleMs)).unref();
    bus.onReconnect(() => this.invalidate());
  }

  /** At once when it is known. Rejects with `upstream.unknown`, `upstream.refused` or `registry.unavailable`. */
  upstream(upstreamId: string): Upstream | Promise<Upstream> {
    const known = this.known.get(upstreamId);
    if (known === undefined) return this.resolve(upstreamId);
    if (performance.now() - known.askedAtMs > FRESH_MS) {
      known.askedAtMs = performance.now();
      void this.resolve(upstreamId).catch((error: unknown) => {
        if (error instanceof GatewayError && error.code === 'upstream.unknown') this.remove(upstreamId);
      });
    }
    return known.upstream;
  }

  /** The upstream of a profile that registry may not have stored yet. Throws `upstream.refused`. */
  adopt(profile: UpstreamProfile): Upstream {
    const known = this.known.get(profile.id);
    if (known !== undefined && isSame(known.upstream.profile, profile)) return known.upstream;
    const upstream = this.factory.build(profile, this);
    this.known.set(profile.id, { upstream, askedAtMs: performance.now() });
    if (known !== undefined) this.replace(known.upstream, upstream);
    return upstream;
  }

  /** An upstream as one that nothing is known of. Whoever asks for it closes it. Rejects as `upstream` does. */
  async stranger(upstreamId: string): Promise<Upstream> {
    const { profile } = await this.upstream(upstreamId);
    return this.factory.build(profile, this);
  }

  /** What is open here at an upstream; nothing where it is not known. */
  figuresOf(upstreamId: string): UpstreamFigures | null {
    const known = this.known.get(upstreamId);
    return known === undefined ? null : figuresOf(known.upstream);
  }

  upstreamChanged(upstreamId: string, change: 'updated' | 'removed'): void {
    if (change === 'removed') return this.remove(upstreamId);
    if (this.known.has(upstreamId)) void this.resolve(upstreamId).catch(() => this.remove(upstreamId));
  }

  /** Conversations that were opened with the old credential end once their calls have. */
  credentialChanged(upstreamId: string): void {
    this.credentials.drop(upstreamId);
    const known = this.known.get(upstreamId);
    if (known === undefined) return;
    const upstream = this.factory.build(known.upstream.profile, this);
    this.known.set(upstreamId, { upstream, askedAtMs: known.askedAtMs });
    this.replace(known.upstream, upstream);
  }

  /** Conversations that were opened with the old consent of this principal end once their calls have. */
  consentChanged(upstreamId: string, principalId: string, isCatalogs: boolean): void {
    const versions = this.credentials.dropPersonal(upstreamId, principalId, isCatalogs);
    const known = this.known.get(upstreamId);
    for (const version of versions) known?.upstream.endShowing(version);
  }

  onUnwatched(upstream: Upstream): void {
    this.lists.watchAgain(upstream);
  }

  onSilent(upstream: Upstream): Promise<void> {
    return this.lookAt(upstream, 'all');
  }

  onListChanged(upstreamId: string, list: CatalogList): void {
    this.announcements.announce(upstreamId, list);
  }

  onOwnListChanged(upstream: Upstream, peer: Peer, owner: string): void {
    this.ownLists?.changed(upstream, peer, owner);
  }

  onPeerGone(upstream: Upstream, peer: Peer): void {
    this.ownLists?.ended(upstream, peer);
  }

  onResourceHinted(upstreamId: string, uri: string): void {
    this.resources.announce(upstreamId, uri);
  }

  onLogged(clientKey: string, { level, logger, data }: LogFrame): void {
    this.bus.publish(SessionLogged, { clientKey, level, ...(logger !== undefined && { logger }), data });
  }

  onElicitationCompleted(clientKey: string, elicitationId: string): void {
    this.bus.publish(ElicitationCompleted, { clientKey, elicitationId });
  }

  onListsInvalidated(upstreamId: string): void {
    this.announcements.announceAll(upstreamId);
  }

  makeRoom(kind: TransportKind): void | Promise<void> {
    return this.capacity.makeRoom(kind);
  }

  figures(): UpstreamFigures[] {
    return [...this.upstreams()].map(figuresOf);
  }

  get processes(): number {
    return this.factory.processes.running;
  }

  async close(): Promise<void> {
    this.lists.close();
    clearInterval(this.housekeeping);
    this.announcements.close();
    this.resources.close();
    await Promise.allSettled([...[...this.upstreams()].map((upstream) => upstream.close()), ...this.retiring]);
    this.known.clear();
  }

  private *upstreams(): Generator<Upstream> {
    for (const { upstream } of this.known.values()) yield upstream;
  }

  private resolve(upstreamId: string): Promise<Upstream> {
    return this.resolving.ask(
      upstreamId,
      () => this.bus.ask(ResolveUpstream, { upstreamId }),
      ({ head }) => {
        const isNew = !this.known.has(upstreamId);
        const upstream = this.adopt(head);
        // The instance that discovered it hears of its lists as well; but that may end.
        if (isNew && upstream.kind !== 'stdio' && speaksMcp(upstream.kind)) this.lists.watchNew(upstream);
        const known = this.known.get(upstreamId);
        if (known !== undefined) known.askedAtMs = performance.now();
        return upstream;
      },
    );
  }

  private remove(upstreamId: string): void {
    const known = this.known.get(upstreamId);
    this.known.delete(upstreamId);
    this.announcements.forget(upstreamId);
    this.credentials.drop(upstreamId);
    if (known !== undefined) this.retire(known.upstream);
  }

  private replace(old: Upstream, by: Upstream): void {
    if (old.watchesLists) this.lists.watchSuccessor(by);
    this.retire(old);
  }

  private retire(upstream: Upstream): void {
    const done: Promise<void> = upstream
      .retire()
      .catch((error: unknown) =>
        this.logger.warn({ err: error, upstreamId: upstream.profile.id }, 'an upstream did not end cleanly'),
      )
      .finally(() => this.retiring.delete(done));
    this.retiring.add(done);
  }

  /** Events may have been missed: everything is asked for again when it is used next. */
  private invalidate(): void {
    for (const known of this.known.values()) known.askedAtMs = Number.NEGATIVE_INFINITY;
    this.credentials.invalidate();
  }

  private tidy(): void {
    for (const [upstreamId, { upstream }] of this.known) {
      // One that was discovered and then not registered is found out here.
      if (upstream.watchesLists) void Promise.resolve(this.upstream(upstreamId)).catch(() => {});
      upstream.evictIdle(this.settings.sessions.idleMs);
      void this.lookAt(upstream, 'due');
      if (upstream.kind === 'http' && upstream.dialer.spoken.isDue(this.settings.eraRecheckMs))
        void this.recheckEra(upstream);
    }
  }

  /** Never rejects. */
  private async lookAt({ profile, dialer }: Upstream, which: 'all' | 'due'): Promise<void> {
    const { addresses } = dialer;
    if (addresses === undefined || (which === 'due' && addresses.book.due().length === 0)) return;
    const access = await this.credentials.accessOrNone(profile.id);
    await addresses[which](access, this.settings.connections.connectTimeoutMs);
  }

  private async recheckEra(upstream: Upstream): Promise<void> {
    try {
      await upstream.dialer.recheck(await this.credentials.access(upstream.profile.id, ''));
    } catch (error) {
      this.logger.debug({ err: error, upstreamId: upstream.profile.id }, 'the era of an upstream could not be checked');
    }
  }
}

const figuresOf = (upstream: Upstream): UpstreamFigures => ({
  upstreamId: upstream.profile.id,
  name: upstream.profile.name,
  conversations: upstream.conversations,
  running: upstream.limiter.running,
  waiting: upstream.limiter.waiting,
  breakerOpen: upstream.health.breaker.isOpen,
  ...(upstream.dialer.addresses && { addresses: upstream.dialer.addresses.book.standings() }),
});

const isSame = (one: UpstreamProfile, other: UpstreamProfile): boolean =>
  one.version === other.version &&
  one.transport === other.transport &&
  one.url === other.url &&
  one.command === other.command;
