import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { UpstreamListChanged } from '#contracts/tool-invocation/upstream-list-changed.event';
import type { Bus } from '#libs/bus';
import { CATALOG_LISTS } from '#libs/mcp';

const COALESCE_MS = 1_000;

/** Publishes changes of upstreams' lists; those of one list no more often than once a second. */
export class ListAnnouncements {
  private readonly announced = new Map<string, { lastMs: number; timer: NodeJS.Timeout | undefined }>();

  constructor(private readonly bus: Bus) {}

  announce(upstreamId: string, list: CatalogList): void {
    const key = `${list} ${upstreamId}`;
    const state = this.announced.get(key) ?? { lastMs: Number.NEGATIVE_INFINITY, timer: undefined };
    this.announced.set(key, state);
    if (state.timer !== undefined) return;
    const publish = () => {
      state.timer = undefined;
      state.lastMs = performance.now();
      this.bus.publish(UpstreamListChanged, { upstreamId, list });
    };
    const waitMs = state.lastMs + COALESCE_MS - performance.now();
    if (waitMs <= 0) publish();
    else state.timer = setTimeout(publish, waitMs).unref();
  }

  announceAll(upstreamId: string): void {
    for (const list of CATALOG_LISTS) this.announce(upstreamId, list);
  }

  forget(upstreamId: string): void {
    for (const list of CATALOG_LISTS) {
      clearTimeout(this.announced.get(`${list} ${upstreamId}`)?.timer);
      this.announced.delete(`${list} ${upstreamId}`);
    }
  }

  close(): void {
    for (const { timer } of this.announced.values()) clearTimeout(timer);
  }
}
