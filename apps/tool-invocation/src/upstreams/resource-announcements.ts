import { UpstreamResourceChanged } from '#contracts/tool-invocation/upstream-resource-changed.event';
import type { Bus } from '#libs/bus';

const COALESCE_MS = 1_000;
const URI_CHARS_MAX = 2_048;
/** Of all upstreams together; what is beyond them within a second is not told. */
const URIS_MAX = 1_000;

/** Publishes changes of resources that upstreams hint at; those of one resource no more often than once a second. */
export class ResourceAnnouncements {
  /** Announced within the last second; `true`: again since. */
  private readonly recent = new Map<string, { again: boolean; readonly timer: NodeJS.Timeout }>();

  constructor(private readonly bus: Bus) {}

  announce(upstreamId: string, uri: string): void {
    if (uri.length > URI_CHARS_MAX) return;
    const key = `${upstreamId} ${uri}`;
    const known = this.recent.get(key);
    if (known !== undefined) {
      known.again = true;
      return;
    }
    if (this.recent.size >= URIS_MAX) return;
    this.bus.publish(UpstreamResourceChanged, { upstreamId, uri });
    const timer = setTimeout(() => {
      const again = this.recent.get(key)?.again === true;
      this.recent.delete(key);
      if (again) this.announce(upstreamId, uri);
    }, COALESCE_MS);
    this.recent.set(key, { again: false, timer: timer.unref() });
  }

  close(): void {
    for (const { timer } of this.recent.values()) clearTimeout(timer);
    this.recent.clear();
  }
}
