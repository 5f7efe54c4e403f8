import type { DedicatedSession } from '#contracts/tool-invocation/execute-call.request';
import { fail } from '#libs/errors';
import type { Peer } from '../../conversation/peer.js';

interface Claim {
  usedAtMs: number;
  /** The version of the headers of its client that its conversations show; absent: none is open or being opened. */
  passed?: string;
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

  /**
   * `passed`: the version of what goes on of the headers of its client. Throws `upstream.session_lost` where a new session
   * would be mistaken for the old one, and `http.malformed` where other headers would open one beside it.
   */
  use({ key, renewable }: DedicatedSession, passed: string): void {
    if (!renewable && !this.claimed.has(key)) {
      const message = 'The session at the upstream is gone, with what it remembered';
      throw fail('upstream.session_lost', { message, executed: 'no' });
    }
    this.claim(key);
    if (renewable) return;
    const claim = this.claimed.get(key) as Claim;
    claim.passed ??= passed;
    if (claim.passed === passed) return;
    const message =
      'The headers that are passed on are not those that the session at the upstream began with: they must stay the same for as long as it lasts';
    throw fail('http.malformed', { message, executed: 'no' });
  }

  /** There is no session after all: the next call may begin one with other headers. */
  notOpened(key: string): void {
    const claim = this.claimed.get(key);
    if (claim?.peers.size === 0) delete claim.passed;
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
