import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import { WatchUpstream } from '#contracts/tool-invocation/watch-upstream.request';
import type { Catalogs } from '../routing/catalogs.js';

const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

export interface WatchScope {
  readonly serverId: string | null;
  readonly principal: () => Principal;
  readonly updated: (upstreamId: string, uri: string) => void;
}

/** Follows a set of resources, each at the upstream that has it, for as long as somebody wants to hear of them. */
export class ResourceWatch {
  private current: AbortController | null = null;
  private uris = '';

  constructor(
    private readonly bus: Bus,
    private readonly catalogs: Catalogs,
    private readonly scope: WatchScope,
  ) {}

  /** The new set is asked for before the old one is let go, so nothing falls between. */
  follow(uris: readonly string[]): void {
    const wanted = [...uris].sort().join('\n');
    if (wanted === this.uris) return;
    this.uris = wanted;
    const previous = this.current;
    this.current = uris.length === 0 ? null : new AbortController();
    if (this.current !== null) void this.start(uris, this.current);
    previous?.abort();
  }

  close(): void {
    this.uris = '';
    this.current?.abort();
    this.current = null;
  }

  private async start(uris: readonly string[], control: AbortController): Promise<void> {
    for (let pauseMs = PAUSE_MS; !control.signal.aborted; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        const byUpstream = await this.owners(uris);
        const startedAtMs = Date.now();
        await Promise.all([...byUpstream].map(([upstreamId, owned]) => this.watch(upstreamId, owned, control.signal)));
        if (Date.now() - startedAtMs > PAUSE_MAX_MS) pauseMs = PAUSE_MS;
      } catch {
        // The upstream or who watches it is away for the moment.
      }
      // Spread, so that all streams do not come back at once.
      await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal: control.signal, ref: false }).catch(() => {});
    }
  }

  private async owners(uris: readonly string[]): Promise<Map<string, string[]>> {
    const catalog = await this.catalogs.of(this.scope.serverId);
    const owners = new Map<string, string[]>();
    for (const uri of uris) {
      const upstreamId = catalog.resource(uri, this.scope.principal())?.upstreamId;
      if (upstreamId === undefined) continue;
      const owned = owners.get(upstreamId);
      if (owned === undefined) owners.set(upstreamId, [uri]);
      else owned.push(uri);
    }
    return owners;
  }

  private async watch(upstreamId: string, uris: readonly string[], signal: AbortSignal): Promise<void> {
    const wanted = new Set(uris);
    await this.bus.ask(
      WatchUpstream,
      { upstreamId, principalId: this.scope.principal().id, uris },
      {
        signal,
        onFrame: ({ head }) => {
          if (!signal.aborted && wanted.has(head.uri)) this.scope.updated(upstreamId, head.uri);
        },
      },
    );
  }
}
