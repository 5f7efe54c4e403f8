import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import type { Era } from '#contracts/registry/catalog';
import { WatchUpstream } from '#contracts/tool-invocation/watch-upstream.request';
import { backoffMs, type BackoffSettings } from '#libs/resilience';
import { type SessionAffinity, clientKeyOf, dedicatedSessionOf } from '../session-affinity.js';
import { type ScopedCall, type Session, passedHeadersOf, subjectTokenOf } from '../../call/index.js';
import type { Catalogs, EndpointCatalog, ResourcePlace } from '../../catalog/index.js';

/** Spread widely, so that all streams do not come back at once. */
const RETRY: BackoffSettings = { firstMs: 1_000, maxMs: 30_000, spread: 0.5 };
/** How long a subscriber waits for its upstreams to confirm. */
export const CONFIRM_MS = 2_000;

/** A subscriber, described as in its calls: that decides which session at an upstream belongs to it. */
export interface Listener {
  readonly session: Session | null;
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** A session as the listener for what its client subscribes to. */
export const listenerOf = (session: Session): Listener => ({ session, capabilities: session.client.capabilities });

export interface WatchScope {
  readonly serverId: string | null;
  readonly era: Era;
  /** What opened the stream: what goes on of its headers, as of those of a call. */
  readonly carrier: ScopedCall['carrier'];
  readonly principal: () => Principal;
  readonly updated: (place: ResourcePlace, uri: string) => void;
}

interface Found {
  /** As the client knows it. */
  readonly uri: string;
  readonly place: ResourcePlace;
}

/**
 * Follows a set of resources, each at the upstream that has it, for as long as somebody subscribes to them. What is
 * followed stands once its upstream has confirmed; from then on no change is missed. A resource whose subscriber was told
 * that it stands before it did counts as changed when it does.
 */
export class ResourceWatch {
  private current: AbortController | null = null;
  private uris: ReadonlySet<string> = new Set();
  private readonly standing = new Set<string>();
  /** Do not stand, though their subscriber relies on it. */
  private readonly reliedOn = new Set<string>();
  private waiting: (() => void)[] = [];
  /** What is followed, by the upstream's id and its own URI. */
  private readonly followed = new Map<string, Found>();

  constructor(
    private readonly bus: Bus,
    private readonly catalogs: Catalogs,
    private readonly affinity: SessionAffinity,
    private readonly scope: WatchScope,
  ) {}

  /** The old set is let go once the new one stands, so nothing falls between. */
  follow(uris: readonly string[], listener: Listener): void {
    const wanted = new Set(uris);
    if (wanted.size === this.uris.size && isWithin(wanted, this.uris)) return;
    this.uris = wanted;
    for (const uris of [this.standing, this.reliedOn]) for (const uri of uris) if (!wanted.has(uri)) uris.delete(uri);
    for (const [key, { uri }] of this.followed) if (!wanted.has(uri)) this.followed.delete(key);
    const previous = this.current;
    this.current = wanted.size === 0 ? null : new AbortController();
    if (this.current === null) return previous?.abort();
    void this.start([...wanted], listener, this.current.signal);
    if (previous !== null) void this.confirmed().then(() => previous.abort());
  }

  /** Resolves once all of it stands, or has had some time; then its subscriber may rely on it. */
  async confirmed(): Promise<void> {
    if (!isWithin(this.uris, this.standing)) {
      const late = new AbortController();
      const stands = new Promise<void>((resolve) => this.waiting.push(resolve));
      await Promise.race([stands, sleep(CONFIRM_MS, undefined, { signal: late.signal, ref: false }).catch(() => {})]);
      late.abort();
    }
    this.relyOn();
  }

  /** Its subscriber has been told already that it stands. */
  relyOn(): void {
    for (const uri of this.uris) if (!this.standing.has(uri)) this.reliedOn.add(uri);
  }

  /** Something was said of a resource that may be followed here. */
  hinted(upstreamId: string, upstreamUri: string): void {
    const found = this.followed.get(`${upstreamId} ${upstreamUri}`);
    if (found !== undefined) this.scope.updated(found.place, found.uri);
  }

  close(): void {
    this.uris = new Set();
    this.followed.clear();
    this.current?.abort();
    this.current = null;
    this.wake();
  }

  private async start(uris: readonly string[], listener: Listener, signal: AbortSignal, failures = 0): Promise<void> {
    const again = async (some: readonly string[], failed: number): Promise<void> => {
      await sleep(backoffMs(failed, RETRY), undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) void this.start(some, listener, signal, failed);
    };
    let catalog: EndpointCatalog;
    try {
      catalog = (await this.catalogs.of(this.scope.serverId)).inEra(this.scope.era);
    } catch {
      return again(uris, failures + 1);
    }
    const places = uris.map((uri) => ({ uri, place: catalog.resource(uri, this.scope.principal()) }));
    // Each upstream for itself: one that is away is asked again while the others go on.
    for (const [upstreamId, some] of Map.groupBy(places, ({ place }) => place?.upstreamId)) {
      const startedAtMs = Date.now();
      const found = some.filter((each): each is Found => each.place !== undefined);
      if (upstreamId === undefined) for (const { uri } of some) this.stands(uri, null, signal);
      const watching =
        upstreamId === undefined ? Promise.resolve() : this.watch(catalog, upstreamId, found, listener, signal);
      void watching
        .catch(() => {})
        .then(() => {
          if (!signal.aborted && upstreamId !== undefined) this.lost(found);
          return again(
            some.map(({ uri }) => uri),
            Date.now() - startedAtMs > RETRY.maxMs ? 1 : failures + 1,
          );
        });
    }
  }

  private async watch(
    catalog: EndpointCatalog,
    upstreamId: string,
    found: readonly Found[],
    { session, capabilities }: Listener,
    signal: AbortSignal,
  ): Promise<void> {
    const byUpstreamUri = new Map(found.map((each) => [each.place.upstreamUri, each]));
    for (const each of found) if (!signal.aborted) this.followed.set(`${upstreamId} ${each.place.upstreamUri}`, each);
    const uris = [...byUpstreamUri.keys()];
    const principal = this.scope.principal();
    const dedicatedSession = dedicatedSessionOf({ catalog, principal, session }, upstreamId);
    const clientKey = clientKeyOf(session);
    const passedHeaders = dedicatedSession && passedHeadersOf({ catalog, carrier: this.scope.carrier }, upstreamId);
    const subjectToken = subjectTokenOf({ catalog, principal }, upstreamId);
    const request = {
      upstreamId,
      principalId: principal.id,
      ...(subjectToken !== undefined && { subjectToken }),
      uris,
      ...(session !== null && { revision: session.revision }),
      ...(dedicatedSession && { dedicatedSession, capabilities }),
      ...(passedHeaders && { passedHeaders }),
      ...(dedicatedSession && clientKey !== undefined && { clientKey }),
    };
    const ask = (instance?: string) =>
      this.bus.ask(WatchUpstream, request, {
        signal,
        instance,
        onFrame: ({ head }) => {
          if (signal.aborted) return;
          if (head.kind === 'standing') {
            for (const { uri, place } of found) this.stands(uri, place, signal);
            return;
          }
          const changed = byUpstreamUri.get(head.uri);
          if (changed !== undefined) this.scope.updated(changed.place, changed.uri);
        },
      });
    await (dedicatedSession === undefined ? ask() : this.affinity.listen(upstreamId, dedicatedSession, ask));
  }

  private stands(uri: string, place: ResourcePlace | null, signal: AbortSignal): void {
    if (signal.aborted || !this.uris.has(uri)) return;
    this.standing.add(uri);
    if (this.reliedOn.delete(uri) && place !== null) this.scope.updated(place, uri);
    if (isWithin(this.uris, this.standing)) this.wake();
  }

  /** What changes until it stands again is not heard. */
  private lost(found: readonly Found[]): void {
    for (const { uri } of found) if (this.standing.delete(uri)) this.reliedOn.add(uri);
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

const isWithin = (some: ReadonlySet<string>, others: ReadonlySet<string>): boolean =>
  [...some].every((each) => others.has(each));
