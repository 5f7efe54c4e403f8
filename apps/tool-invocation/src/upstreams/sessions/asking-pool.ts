import type { Peer } from '../../conversation/peer.js';

/** A client's place: one conversation, open or about to be. */
export interface PoolSlot {
  /** Of the conversation. */
  readonly key: string;
  /** The session of a client whose alone it is; absent where calls without a session take it one after the other. */
  readonly client: string | undefined;
  /** The calls that have it now. */
  readonly calls: Set<string>;
  /** Nobody comes here any more. */
  retired: boolean;
}

export interface PoolTerms {
  /** What all its conversations have in common. */
  readonly key: string;
  /** Whose session at the upstream they are, where it promises to remember; `renewable` as in `DedicatedSession`. */
  readonly remembers: { readonly renewable: boolean } | undefined;
  readonly slotsMax: number;
  readonly peerOf: (key: string) => Peer | Promise<Peer> | undefined;
  /** Sends away who listens there. */
  readonly dismiss: (peer: Peer) => void;
  /** Ends a conversation that nobody uses. */
  readonly evict: (peer: Peer) => void;
}

/** A slot that was free for so long gives way to another client when there are as many as may be. */
const GIVE_WAY_MS = 30_000;

/**
 * The conversations of one principal with one legacy upstream, for clients that can be asked. Such an upstream does not
 * always say whose question it asks, so calls of different clients do not share one: a session has its own, and calls of
 * clients without a session take one in turn. Beyond the limit they are shared, and doubtful questions refused.
 */
export class AskingPool {
  private readonly slots: PoolSlot[] = [];
  private slotCount = 0;

  constructor(private readonly terms: PoolTerms) {}

  /** The slot for a call, which has it until it is given back; or, without one, for whoever listens to the client's. */
  take(client: string | undefined, callId: string | undefined): PoolSlot {
    this.dropVacated();
    const slot = this.find(client, callId) ?? (this.hasRoom() ? this.add(client) : this.leastBusy());
    if (callId !== undefined) slot.calls.add(callId);
    return slot;
  }

  /** The conversation that keeps the task, or else the first. */
  slotOfTask(taskId: string, client: string | undefined): PoolSlot {
    this.dropVacated();
    const keeps = ({ key }: PoolSlot) => openPeer(this.terms.peerOf(key))?.asking?.keepsTask(taskId);
    return this.slots.find(keeps) ?? this.take(client, undefined);
  }

  giveBack(slot: PoolSlot, callId: string): void {
    slot.calls.delete(callId);
    if (slot.retired) this.evict(slot);
  }

  /** Another open slot for a call that found no room for its own. */
  shareInstead(slot: PoolSlot, callId: string | undefined): PoolSlot | undefined {
    const others = this.slots.filter((other) => other !== slot && openPeer(this.terms.peerOf(other.key)) !== undefined);
    const other = leastBusyOf(others);
    if (other === undefined || callId === undefined) return other;
    slot.calls.delete(callId);
    other.calls.add(callId);
    return other;
  }

  /** Where what the first conversation remembered must not be lost unnoticed, those that ran beside it do not take its place. */
  lost(key: string): void {
    if (this.terms.remembers?.renewable === false && this.isFirst(key))
      for (const slot of this.slots) this.retire(slot);
  }

  /** The conversation of a session, or the first that calls without one take. */
  keyOf(client: string | undefined): string | undefined {
    return this.slots.find((slot) => !slot.retired && slot.client === client)?.key;
  }

  isVacant(): boolean {
    this.dropVacated();
    return this.slots.length === 0;
  }

  /** Whether it is the one that clients without a session rely on to remember. */
  isFirst(key: string): boolean {
    return this.slots.find(({ retired }) => !retired)?.key === key;
  }

  private find(client: string | undefined, callId: string | undefined): PoolSlot | undefined {
    for (const slot of this.slots) {
      if (slot.retired) continue;
      const peer = openPeer(this.terms.peerOf(slot.key));
      // Each question comes with its call: nothing is in doubt.
      if (peer?.asking?.hasCommonStream === false) return slot;
      if (slot.client !== client) continue;
      if (client !== undefined || callId === undefined) return slot;
      if (slot.calls.size > 0) continue;
      if (this.isFit(peer)) return slot;
      this.retire(slot);
    }
    return undefined;
  }

  /** A call that was left may go on and ask. What remembers is kept until it does, or for good where its loss would have to be told. */
  private isFit(peer: Peer | undefined): boolean {
    const doubt = peer?.asking?.doubt ?? 'none';
    if (doubt === 'none') return true;
    const { remembers } = this.terms;
    return remembers !== undefined && (doubt === 'possible' || !remembers.renewable);
  }

  private hasRoom(): boolean {
    if (this.slots.length < this.terms.slotsMax) return true;
    const beforeMs = performance.now() - GIVE_WAY_MS;
    let longest: { readonly slot: PoolSlot; readonly usedAtMs: number } | undefined;
    for (const slot of this.slots) {
      const peer = openPeer(this.terms.peerOf(slot.key));
      const isKept = this.terms.remembers?.renewable === false && this.isFirst(slot.key);
      if (peer === undefined || peer.uses > 0 || slot.calls.size > 0 || isKept) continue;
      if (peer.usedAtMs < (longest?.usedAtMs ?? beforeMs)) longest = { slot, usedAtMs: peer.usedAtMs };
    }
    if (longest !== undefined) this.retire(longest.slot);
    return longest !== undefined;
  }

  private add(client: string | undefined): PoolSlot {
    const key = `${this.terms.key} #${this.slotCount++}`;
    const slot: PoolSlot = { key, client, calls: new Set(), retired: false };
    this.slots.push(slot);
    return slot;
  }

  private leastBusy(): PoolSlot {
    return leastBusyOf(this.slots.filter(({ retired }) => !retired)) ?? this.add(undefined);
  }

  private retire(slot: PoolSlot): void {
    if (slot.retired) return;
    slot.retired = true;
    const peer = openPeer(this.terms.peerOf(slot.key));
    if (peer !== undefined) this.terms.dismiss(peer);
    this.evict(slot);
  }

  private evict(slot: PoolSlot): void {
    const peer = openPeer(this.terms.peerOf(slot.key));
    if (peer !== undefined && slot.calls.size === 0 && peer.uses === 0) this.terms.evict(peer);
  }

  /** Those whose conversation is gone. */
  private dropVacated(): void {
    for (let index = this.slots.length - 1; index >= 0; index--) {
      const { key, calls } = this.slots[index] as PoolSlot;
      if (calls.size === 0 && this.terms.peerOf(key) === undefined) this.slots.splice(index, 1);
    }
  }
}

const openPeer = (peer: Peer | Promise<Peer> | undefined): Peer | undefined =>
  peer === undefined || peer instanceof Promise || peer.closed ? undefined : peer;

const leastBusyOf = (slots: readonly PoolSlot[]): PoolSlot | undefined => {
  let least: PoolSlot | undefined;
  for (const slot of slots) if (least === undefined || slot.calls.size < least.calls.size) least = slot;
  return least;
};
