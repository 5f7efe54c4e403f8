import { fail } from '#libs/errors';
import type { TransportKind } from '../transport/channel.js';
import type { Upstream } from './upstream.js';

/** Child processes: how many this instance runs and may run. */
interface ProcessQuota {
  readonly running: number;
  readonly max: number;
}

/** How many conversations and processes this instance may have. For a new one the longest idle gives way. */
export class SessionCapacity {
  constructor(
    private readonly sessionsMax: number,
    private readonly processes: ProcessQuota,
    private readonly upstreams: () => Iterable<Upstream>,
  ) {}

  /** Throws `upstream.busy` when every conversation is in use. */
  makeRoom(kind: TransportKind): void | Promise<void> {
    this.makeRoomForConversation();
    if (kind === 'stdio' && this.processes.running >= this.processes.max)
      return this.longestIdle((upstream) => upstream.kind === 'stdio')?.evict();
  }

  private makeRoomForConversation(): void {
    let conversations = 0;
    for (const upstream of this.upstreams()) conversations += upstream.conversations;
    if (conversations < this.sessionsMax) return;
    const idle = this.longestIdle(() => true);
    if (idle === null)
      throw fail('upstream.busy', { message: 'The gateway has as many upstream sessions as it may', executed: 'no' });
    void idle.evict();
  }

  private longestIdle(isMeant: (upstream: Upstream) => boolean): { evict: () => Promise<void> } | null {
    let longest: { usedAtMs: number; evict: () => Promise<void> } | null = null;
    for (const upstream of this.upstreams()) {
      if (!isMeant(upstream)) continue;
      for (const peer of upstream.openPeers()) {
        if (peer.uses > 0 || (longest !== null && longest.usedAtMs <= peer.usedAtMs)) continue;
        longest = { usedAtMs: peer.usedAtMs, evict: () => upstream.evict(peer) };
      }
    }
    return longest;
  }
}
