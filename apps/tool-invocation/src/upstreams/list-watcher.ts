import { asObject, CATALOG_LISTS } from '#libs/mcp';
import { Backoff, jittered } from '#libs/resilience';
import type { Logger } from '#libs/telemetry';
import type { Peer } from '../conversation/peer.js';
import { type ListAnnouncements } from './list-announcements.js';
import type { Upstream } from './upstream.js';
import type { UpstreamCredentials } from './upstream-credentials.js';

const LOST_MS = 1_000;
const RETRY = { firstMs: 2_000, maxMs: 60_000 };
/** After the first call, so that the calls at the start come first. */
const FIRST_WATCH_MS = 2_000;

/** Keeps a conversation open with each upstream that tells when its lists change, through losses and replacements. */
export class ListWatcher {
  private closed = false;

  constructor(
    private readonly credentials: UpstreamCredentials,
    private readonly announcements: ListAnnouncements,
    private readonly logger: Logger,
  ) {}

  /** An upstream that has just become known; watched if it tells of its lists at all. */
  watchNew(upstream: Upstream): void {
    void this.watch(upstream, FIRST_WATCH_MS, false);
  }

  /** One that replaces another which was watched. */
  watchSuccessor(upstream: Upstream): void {
    void this.watch(upstream, 0, true);
  }

  /** One whose watched conversation is gone. */
  watchAgain(upstream: Upstream): void {
    void this.watch(upstream, LOST_MS, true);
  }

  close(): void {
    this.closed = true;
  }

  /** `again`: what changed in between was not heard, so every list may have. */
  private async watch(upstream: Upstream, waitMs: number, again: boolean): Promise<void> {
    const { id } = upstream.profile;
    const backoff = new Backoff(RETRY);
    for (let nextMs = jittered(waitMs); !upstream.retired && !this.closed; nextMs = backoff.failed()) {
      await new Promise((resolve) => setTimeout(resolve, nextMs).unref());
      if (upstream.retired || this.closed || (!again && upstream.watchesLists)) return;
      try {
        const access = await this.credentials.access(id, '');
        const peer = await upstream.overview(access);
        const session = await upstream.sessionOverview(access);
        if (again || announcesLists(peer)) upstream.watchLists(peer);
        if (session !== null && announcesLists(session)) upstream.watchLists(session);
        if (again) this.announcements.announceAll(id);
        return;
      } catch (error) {
        this.logger.debug({ err: error, upstreamId: id }, 'an upstream cannot be watched');
      }
    }
  }
}

export const announcesLists = ({ identity: { capabilities } }: Peer): boolean =>
  CATALOG_LISTS.some((list) => asObject(capabilities[list]).listChanged === true);
