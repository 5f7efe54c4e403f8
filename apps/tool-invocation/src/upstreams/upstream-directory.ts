import { createHash } from 'node:crypto';
import type { Bus } from '#libs/bus';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { PresentUpstreamCredential, type UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { ResolveUpstream, type UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { UpstreamListChanged } from '#contracts/tool-invocation/upstream-list-changed.event';
import { fail, GatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { LRUCache } from 'lru-cache';
import { Dialer, type TransportKind } from '../conversation/dialer.js';
import type { Settings } from '../tool-invocation.settings.js';
import { accessOf } from './access.js';
import { asObject } from '../conversation/as-object.js';
import type { Access, Transport } from '../transport/channel.js';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { HttpTransport } from '../transport/streamable-http/transport.js';
import { SseTransport } from '../transport/sse/transport.js';
import { ProcessQuota, StdioTransport } from '../transport/stdio/transport.js';
import type { Peer } from '../conversation/peer.js';
import { Upstream, type UpstreamHost } from './upstream.js';

/** Cached answers are asked for again after this, in the background; events make them new at once. */
const FRESH_MS = 60_000;
const ACCESSES_MAX = 10_000;
const HOUSEKEEPING_MS = 10_000;
const COALESCE_MS = 1_000;
const REWATCH_MS = 1_000;
/** After the first call, so that the calls at the start come first. */
const CALLED_WATCH_MS = 2_000;
const REWATCH_MS_MAX = 60_000;
const LISTS: readonly CatalogList[] = ['tools', 'prompts', 'resources'];

interface Known<Value> {
  readonly value: Value;
  askedAtMs: number;
}

/** The upstreams this instance speaks to: how they are reached (asked of registry), what they are shown (asked of auth). */
export class UpstreamDirectory implements UpstreamHost {
  private readonly upstreams = new Map<string, Known<Upstream>>();
  private readonly resolving = new Map<string, Promise<Upstream>>();
  private readonly accesses = new LRUCache<string, Known<Access>>({ max: ACCESSES_MAX });
  private readonly presenting = new Map<string, Promise<Access>>();
  private readonly announced = new Map<string, { lastMs: number; timer: NodeJS.Timeout | undefined }>();
  private readonly egress: EgressPolicy;
  private readonly quota: ProcessQuota;
  private readonly retiring = new Set<Promise<void>>();
  private readonly housekeeping: NodeJS.Timeout;
  private closed = false;

  constructor(
    private readonly bus: Bus,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {
    this.egress = new EgressPolicy(settings.egress);
    this.quota = new ProcessQuota(settings.stdio.processesMax);
    this.housekeeping = setInterval(() => this.tidy(), Math.min(HOUSEKEEPING_MS, settings.sessions.idleMs)).unref();
    bus.onReconnect(() => this.doubtAll());
  }

  /** The upstream by its id. Failure: `upstream.unknown`. */
  upstream(upstreamId: string): Upstream | Promise<Upstream> {
    const known = this.upstreams.get(upstreamId);
    if (known === undefined) return this.resolve(upstreamId);
    if (performance.now() - known.askedAtMs > FRESH_MS) {
      known.askedAtMs = performance.now();
      void this.resolve(upstreamId).catch((error: unknown) => {
        if (error instanceof GatewayError && error.code === 'upstream.unknown') this.remove(upstreamId);
      });
    }
    return known.value;
  }

  /** What to show this upstream for this principal. */
  access(upstreamId: string, principalId: string): Access | Promise<Access> {
    const key = `${upstreamId}\n${principalId}`;
    const known = this.accesses.get(key);
    if (known === undefined) return this.present(key, upstreamId, principalId);
    if (performance.now() - known.askedAtMs > FRESH_MS) {
      known.askedAtMs = performance.now();
      void this.present(key, upstreamId, principalId).catch(() => {});
    }
    return known.value;
  }

  /** An upstream by a profile that registry may not have stored yet. */
  adopt(profile: UpstreamProfile): Upstream {
    const known = this.upstreams.get(profile.id);
    if (known !== undefined && isSame(known.value.profile, profile)) return known.value;
    const upstream = this.build(profile);
    this.upstreams.set(profile.id, { value: upstream, askedAtMs: performance.now() });
    if (known !== undefined) this.replace(known.value, upstream);
    return upstream;
  }

  accessFor(credential: UpstreamCredential | null): Access {
    return accessOf(credential, `given ${createHash('sha256').update(JSON.stringify(credential)).digest('base64url')}`);
  }

  upstreamChanged(upstreamId: string, change: 'updated' | 'removed'): void {
    if (change === 'removed') return this.remove(upstreamId);
    const known = this.upstreams.get(upstreamId);
    if (known !== undefined) void this.resolve(upstreamId).catch(() => this.remove(upstreamId));
  }

  credentialChanged(upstreamId: string): void {
    for (const key of this.accesses.keys()) if (key.startsWith(`${upstreamId}\n`)) this.accesses.delete(key);
    // Conversations opened with the old credential end once their calls have.
    const known = this.upstreams.get(upstreamId);
    if (known === undefined) return;
    const upstream = this.build(known.value.profile);
    this.upstreams.set(upstreamId, { value: upstream, askedAtMs: known.askedAtMs });
    this.replace(known.value, upstream);
  }

  unwatched(upstream: Upstream): void {
    void this.watch(upstream, REWATCH_MS, true);
  }

  listsDoubted(upstreamId: string): void {
    for (const list of LISTS) this.listChanged(upstreamId, list);
  }

  listChanged(upstreamId: string, list: CatalogList): void {
    const key = `${list} ${upstreamId}`;
    const state = this.announced.get(key) ?? { lastMs: Number.NEGATIVE_INFINITY, timer: undefined };
    this.announced.set(key, state);
    if (state.timer !== undefined) return;
    const tell = () => {
      state.timer = undefined;
      state.lastMs = performance.now();
      this.bus.publish(UpstreamListChanged, { upstreamId, list });
    };
    const waitMs = state.lastMs + COALESCE_MS - performance.now();
    if (waitMs <= 0) tell();
    else state.timer = setTimeout(tell, waitMs).unref();
  }

  makeRoom(kind: TransportKind): void | Promise<void> {
    this.makeRoomForConversation();
    if (kind === 'stdio' && this.quota.running >= this.quota.max)
      return this.longestIdle((upstream) => upstream.kind === 'stdio')?.evict();
  }

  private makeRoomForConversation(): void {
    let conversations = 0;
    for (const { value: upstream } of this.upstreams.values()) conversations += upstream.conversations;
    if (conversations < this.settings.sessions.max) return;
    const idle = this.longestIdle(() => true);
    if (idle === null)
      throw fail('upstream.busy', { message: 'The gateway has as many upstream sessions as it may', executed: 'no' });
    void idle.evict();
  }

  private longestIdle(isMeant: (upstream: Upstream) => boolean): { evict: () => Promise<void> } | null {
    let longest: { usedAtMs: number; evict: () => Promise<void> } | null = null;
    for (const { value: upstream } of this.upstreams.values()) {
      if (!isMeant(upstream)) continue;
      for (const peer of upstream.openPeers()) {
        if (peer.uses > 0 || (longest !== null && longest.usedAtMs <= peer.usedAtMs)) continue;
        longest = { usedAtMs: peer.usedAtMs, evict: () => upstream.evict(peer) };
      }
    }
    return longest;
  }

  figures(): {
    upstreamId: string;
    name: string;
    conversations: number;
    running: number;
    waiting: number;
    breakerOpen: boolean;
  }[] {
    return [...this.upstreams.values()].map(({ value }) => ({
      upstreamId: value.profile.id,
      name: value.profile.name,
      conversations: value.conversations,
      running: value.turnstile.running,
      waiting: value.turnstile.waiting,
      breakerOpen: value.breaker.isOpen,
    }));
  }

  get processes(): number {
    return this.quota.running;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.housekeeping);
    for (const { timer } of this.announced.values()) clearTimeout(timer);
    await Promise.allSettled([...[...this.upstreams.values()].map(({ value }) => value.close()), ...this.retiring]);
    this.upstreams.clear();
  }

  private resolve(upstreamId: string): Promise<Upstream> {
    let asking = this.resolving.get(upstreamId);
    if (asking === undefined) {
      asking = this.bus
        .ask(ResolveUpstream, { upstreamId })
        .then(({ head }) => {
          const isNew = !this.upstreams.has(upstreamId);
          const upstream = this.adopt(head);
          // The instance that looked it over hears of its lists as well; but that may end.
          if (isNew && upstream.kind !== 'stdio') void this.watch(upstream, CALLED_WATCH_MS, false);
          const known = this.upstreams.get(upstreamId);
          if (known !== undefined) known.askedAtMs = performance.now();
          return upstream;
        }, rethrowAs('registry.unavailable'))
        .finally(() => this.resolving.delete(upstreamId));
      this.resolving.set(upstreamId, asking);
    }
    return asking;
  }

  private present(key: string, upstreamId: string, principalId: string): Promise<Access> {
    let asking = this.presenting.get(key);
    if (asking === undefined) {
      asking = this.bus
        .ask(PresentUpstreamCredential, { upstreamId, principalId })
        .then(({ head }) => {
          const access = accessOf(head.credential, head.version);
          this.accesses.set(key, { value: access, askedAtMs: performance.now() });
          return access;
        }, rethrowAs('auth.unavailable'))
        .finally(() => this.presenting.delete(key));
      this.presenting.set(key, asking);
    }
    return asking;
  }

  private build(profile: UpstreamProfile): Upstream {
    const kind = KINDS[profile.transport];
    const transport = this.transport(profile, kind);
    return new Upstream(
      profile,
      kind,
      transport,
      new Dialer(transport, kind, this.settings.sessions.openTimeoutMs),
      this.settings,
      this,
    );
  }

  private transport(profile: UpstreamProfile, kind: TransportKind): Transport {
    if (kind === 'stdio') {
      const command = { upstreamId: profile.id, command: profile.command ?? '', args: profile.args };
      return new StdioTransport(command, this.settings, this.quota, this.logger);
    }
    const url = this.egress.parse(profile.url);
    return kind === 'http'
      ? new HttpTransport(url, this.settings, this.egress)
      : new SseTransport(url, this.settings, this.egress);
  }

  private remove(upstreamId: string): void {
    const known = this.upstreams.get(upstreamId);
    this.upstreams.delete(upstreamId);
    for (const list of LISTS) {
      clearTimeout(this.announced.get(`${list} ${upstreamId}`)?.timer);
      this.announced.delete(`${list} ${upstreamId}`);
    }
    for (const key of this.accesses.keys()) if (key.startsWith(`${upstreamId}\n`)) this.accesses.delete(key);
    if (known !== undefined) this.retire(known.value);
  }

  private replace(old: Upstream, by: Upstream): void {
    if (old.watchesLists) void this.watch(by, 0, true);
    this.retire(old);
  }

  /** Hears of changed lists; again: what changed in between was not heard, so everything may have. */
  private async watch(upstream: Upstream, waitMs: number, again: boolean): Promise<void> {
    for (
      let nextMs = waitMs;
      !upstream.retired && !this.closed;
      nextMs = Math.min(Math.max(nextMs, REWATCH_MS) * 2, REWATCH_MS_MAX)
    ) {
      await new Promise((resolve) => setTimeout(resolve, nextMs * (0.75 + Math.random() / 2)).unref());
      if (upstream.retired || this.closed || upstream.watchesLists) return;
      try {
        const peer = await upstream.overview(await this.access(upstream.profile.id, ''));
        if (!again && !tellsOfLists(peer)) return;
        upstream.watchLists(peer);
        if (again) this.listsDoubted(upstream.profile.id);
        return;
      } catch (error) {
        this.logger.debug({ err: error, upstreamId: upstream.profile.id }, 'an upstream cannot be watched');
      }
    }
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

  private doubtAll(): void {
    for (const known of this.upstreams.values()) known.askedAtMs = Number.NEGATIVE_INFINITY;
    for (const known of this.accesses.values()) known.askedAtMs = Number.NEGATIVE_INFINITY;
  }

  private tidy(): void {
    for (const [upstreamId, { value: upstream }] of this.upstreams) {
      // One that was looked over and then not registered is found out here.
      if (upstream.watchesLists) void Promise.resolve(this.upstream(upstreamId)).catch(() => {});
      upstream.evictIdle(this.settings.sessions.idleMs);
      if (upstream.kind !== 'http' || upstream.dialer.verdict?.era !== 'legacy') continue;
      if (upstream.dialer.judgementAgeMs > this.settings.eraRecheckMs) void this.recheck(upstream);
    }
  }

  private async recheck(upstream: Upstream): Promise<void> {
    try {
      const access = await this.access(upstream.profile.id, '');
      await upstream.dialer.recheck(access, {
        listChanged: () => {},
        resourceUpdated: () => {},
        doubted: () => {},
        closed: () => {},
      });
    } catch (error) {
      this.logger.debug({ err: error, upstreamId: upstream.profile.id }, 'the era of an upstream could not be checked');
    }
  }
}

const tellsOfLists = ({ identity: { capabilities } }: Peer): boolean =>
  LISTS.some((list) => asObject(capabilities[list]).listChanged === true);

const KINDS: Readonly<Record<UpstreamProfile['transport'], TransportKind>> = {
  STREAMABLEHTTP: 'http',
  SSE: 'sse',
  STDIO: 'stdio',
};

const isSame = (one: UpstreamProfile, other: UpstreamProfile): boolean =>
  one.version === other.version &&
  one.transport === other.transport &&
  one.url === other.url &&
  one.command === other.command;

/** A service that cannot be asked is named as such; what it answered stands. */
const rethrowAs =
  (code: 'registry.unavailable' | 'auth.unavailable') =>
  (error: unknown): never => {
    if (error instanceof GatewayError && !error.code.startsWith('bus.')) {
      throw new GatewayError(error.code, {
        message: error.message,
        ...(error.data && { data: error.data }),
        executed: 'no',
      });
    }
    throw fail(code, { executed: 'no', cause: error });
  };
