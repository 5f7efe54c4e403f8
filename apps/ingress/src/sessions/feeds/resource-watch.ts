import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import type { Era } from '#contracts/registry/catalog';
import { WatchUpstream } from '#contracts/tool-invocation/watch-upstream.request';
import { backoffMs, type BackoffSettings } from '#libs/resilience';
import { type SessionAffinity, clientKeyOf, dedicatedSessionOf } from '../session-affinity.js';
import type { Session } from '../../call/index.js';
import type { Catalogs, EndpointCatalog, ResourcePlace } from '../../catalog/index.js';

/** Spread widely, so that all streams do not come back at once. */
const RETRY: BackoffSettings = { firstMs: 1_000, maxMs: 30_000, spread: 0.5 };

/** A subscriber, described as in its calls: that decides which session at an upstream belongs to it. */
export interface Listener {
  readonly session: Session | null;
  readonly capabilities: Readonly<Record<string, unknown>>;
}

export const listenerOf = (session: Session): Listener => ({ session, capabilities: session.client.capabilities });

export interface WatchScope {
  readonly serverId: string | null;
  readonly era: Era;
  readonly principal: () => Principal;
  readonly updated: (place: ResourcePlace, uri: string) => void;
}

/** The URI that clients have for it, by the upstream's own. */
type ClientUris = ReadonlyMap<string, string>;

/** Follows a set of resources, each at the upstream that has it, for as long as somebody subscribes to them. */
export class ResourceWatch {
  private current: AbortController | null = null;
  private uris = '';

  constructor(
    private readonly bus: Bus,
    private readonly catalogs: Catalogs,
    private readonly affinity: SessionAffinity,
    private readonly scope: WatchScope,
  ) {}

  /** The new set is asked for before the old one is let go, so nothing falls between. */
  follow(uris: readonly string[], listener: Listener): void {
    const wanted = [...uris].sort().join('\n');
    if (wanted === this.uris) return;
    this.uris = wanted;
    const previous = this.current;
    this.current = uris.length === 0 ? null : new AbortController();
    if (this.current !== null) void this.start(uris, listener, this.current.signal);
    previous?.abort();
  }

  close(): void {
    this.uris = '';
    this.current?.abort();
    this.current = null;
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
    const found = uris.map((uri) => ({ uri, place: catalog.resource(uri, this.scope.principal()) }));
    // Each upstream for itself: one that is away is asked again while the others go on.
    for (const [upstreamId, some] of Map.groupBy(found, ({ place }) => place?.upstreamId)) {
      const startedAtMs = Date.now();
      const clientUris: ClientUris = new Map(some.map(({ uri, place }) => [place?.upstreamUri ?? uri, uri]));
      const watching =
        upstreamId === undefined ? Promise.resolve() : this.watch(catalog, upstreamId, clientUris, listener, signal);
      void watching
        .catch(() => {})
        .then(() =>
          again(
            some.map(({ uri }) => uri),
            Date.now() - startedAtMs > RETRY.maxMs ? 1 : failures + 1,
          ),
        );
    }
  }

  private async watch(
    catalog: EndpointCatalog,
    upstreamId: string,
    clientUris: ClientUris,
    { session, capabilities }: Listener,
    signal: AbortSignal,
  ): Promise<void> {
    const uris = [...clientUris.keys()];
    const principal = this.scope.principal();
    const dedicatedSession = dedicatedSessionOf({ catalog, principal, session }, upstreamId);
    const clientKey = clientKeyOf(session);
    const request = {
      upstreamId,
      principalId: principal.id,
      uris,
      ...(session !== null && { revision: session.revision }),
      ...(dedicatedSession && { dedicatedSession, capabilities }),
      ...(dedicatedSession && clientKey !== undefined && { clientKey }),
    };
    const ask = (instance?: string) =>
      this.bus.ask(WatchUpstream, request, {
        signal,
        instance,
        onFrame: ({ head: { uri: upstreamUri } }) => {
          const uri = clientUris.get(upstreamUri);
          if (!signal.aborted && uri !== undefined) this.scope.updated({ upstreamId, upstreamUri }, uri);
        },
      });
    await (dedicatedSession === undefined ? ask() : this.affinity.listen(upstreamId, dedicatedSession, ask));
  }
}
