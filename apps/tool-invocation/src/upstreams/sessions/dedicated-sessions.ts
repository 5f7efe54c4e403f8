import type { DedicatedSession } from '#contracts/tool-invocation/execute-call.request';
import { fail } from '#libs/errors';
import type { Peer } from '../../conversation/peer.js';

interface Claim {
  usedAtMs: number;
  /** One for each set of capabilities that its client has declared. */
  readonly peers: Set<Peer>;
}

/** Sessions of one client or one principal each, of which this instance is the owner. What is not here is lost. */
export class DedicatedSessions {
  private readonly claimed = new Map<string, Claim>();

  claim(key: string): void {
    const known = this.claimed.get(key);
    if (known === undefined) this.claimed.set(key, { usedAtMs: performance.now(), peers: new Set() });
    else known.usedAtMs = performance.now();
  }

  /** Throws `upstream.session_lost` where a new session would be mistaken for the old one. */
  use({ key, renewable }: DedicatedSession): void {
    if (!renewable && !this.claimed.has(key)) {
      const message = 'The session at the upstream is gone, with what it remembered';
      throw fail('upstream.session_lost', { message, executed: 'no' });
    }
    this.claim(key);
  }

  opened(key: string, peer: Peer): void {
    this.claim(key);
    this.claimed.get(key)?.peers.add(peer);
  }

  /** The whole session is lost when one of its conversations is. */
  lost(peer: Peer): void {
    for (const [key, { peers }] of this.claimed) if (peers.has(peer)) this.claimed.delete(key);
  }

  /** Gives the session up. Returns its conversations, to be closed. */
  release(key: string): readonly Peer[] {
    const peers = [...(this.claimed.get(key)?.peers ?? [])];
    this.claimed.delete(key);
    return peers;
  }

  /** Drops claims without a conversation; the others end with their conversations. */
  forgetUnused(idleMs: number): void {
    const beforeMs = performance.now() - idleMs;
    for (const [key, { usedAtMs, peers }] of this.claimed)
      if (peers.size === 0 && usedAtMs < beforeMs) this.claimed.delete(key);
  }
}
