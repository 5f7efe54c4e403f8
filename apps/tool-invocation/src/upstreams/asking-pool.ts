import type { Peer } from '../conversation/peer.js';

/** A client's place: one conversation, open or about to be. */
export interface Seat {
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
  readonly seatsMax: number;
  readonly peerOf: (key: string) => Peer | Promise<Peer> | undefined;
  /** Sends away who listens there. */
  readonly dismiss: (peer: Peer) => void;
  /** Ends a conversation that nobody uses. */
  readonly evict: (peer: Peer) => void;
}

/** A seat that was free for so long gives way to another client when there are as many as may be. */
const GIVE_WAY_MS = 30_000;

/**
 * The conversations of one principal with one legacy upstream, for clients that can be asked. Such an upstream does not
 * always say whose question it asks, so calls of different clients do not share one: a session has its own, and calls of
 * clients without a session take one in turn. Beyond the limit they are shared, and doubtful questions refused.
 */
export class AskingPool {
  private readonly seats: Seat[] = [];
  private seatCount = 0;

  constructor(private readonly terms: PoolTerms) {}

  /** The seat for a call, which has it until it is given back; or, without one, for whoever listens to the client's. */
  take(client: string | undefined, callId: string | undefined): Seat {
    this.dropVacated();
    const seat = this.find(client, callId) ?? (this.hasRoom() ? this.add(client) : this.leastBusy());
    if (callId !== undefined) seat.calls.add(callId);
    return seat;
  }

  /** The conversation that keeps the task, or else the first. */
  seatOfTask(taskId: string, client: string | undefined): Seat {
    this.dropVacated();
    const keeps = ({ key }: Seat) => openPeer(this.terms.peerOf(key))?.asking?.keepsTask(taskId);
    return this.seats.find(keeps) ?? this.take(client, undefined);
  }

  giveBack(seat: Seat, callId: string): void {
    seat.calls.delete(callId);
    if (seat.retired) this.evict(seat);
  }

  /** Another open seat for a call that found no room for its own. */
  shareInstead(seat: Seat, callId: string | undefined): Seat | undefined {
    const others = this.seats.filter((other) => other !== seat && openPeer(this.terms.peerOf(other.key)) !== undefined);
    const other = leastBusyOf(others);
    if (other === undefined || callId === undefined) return other;
    seat.calls.delete(callId);
    other.calls.add(callId);
    return other;
  }

  /** Where what the first conversation remembered must not be lost unnoticed, those that ran beside it do not take its place. */
  lost(key: string): void {
    if (this.terms.remembers?.renewable === false && this.isFirst(key))
      for (const seat of this.seats) this.retire(seat);
  }

  /** The conversation of a session, or the first that calls without one take. */
  keyOf(client: string | undefined): string | undefined {
    return this.seats.find((seat) => !seat.retired && seat.client === client)?.key;
  }

  isVacant(): boolean {
    this.dropVacated();
    return this.seats.length === 0;
  }

  /** Whether it is the one that clients without a session rely on to remember. */
  isFirst(key: string): boolean {
    return this.seats.find(({ retired }) => !retired)?.key === key;
  }

  private find(client: string | undefined, callId: string | undefined): Seat | undefined {
    for (const seat of this.seats) {
      if (seat.retired) continue;
      const peer = openPeer(this.terms.peerOf(seat.key));
      // Each question comes with its call: nothing is in doubt.
      if (peer?.asking?.hasCommonStream === false) return seat;
      if (seat.client !== client) continue;
      if (client !== undefined || callId === undefined) return seat;
      if (seat.calls.size > 0) continue;
      if (this.isFit(peer)) return seat;
      this.retire(seat);
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
    if (this.seats.length < this.terms.seatsMax) return true;
    const beforeMs = performance.now() - GIVE_WAY_MS;
    let longest: { readonly seat: Seat; readonly usedAtMs: number } | undefined;
    for (const seat of this.seats) {
      const peer = openPeer(this.terms.peerOf(seat.key));
      const isKept = this.terms.remembers?.renewable === false && this.isFirst(seat.key);
      if (peer === undefined || peer.uses > 0 || seat.calls.size > 0 || isKept) continue;
      if (peer.usedAtMs < (longest?.usedAtMs ?? beforeMs)) longest = { seat, usedAtMs: peer.usedAtMs };
    }
    if (longest !== undefined) this.retire(longest.seat);
    return longest !== undefined;
  }

  private add(client: string | undefined): Seat {
    const key = `${this.terms.key} #${this.seatCount++}`;
    const seat: Seat = { key, client, calls: new Set(), retired: false };
    this.seats.push(seat);
    return seat;
  }

  private leastBusy(): Seat {
    return leastBusyOf(this.seats.filter(({ retired }) => !retired)) ?? this.add(undefined);
  }

  private retire(seat: Seat): void {
    if (seat.retired) return;
    seat.retired = true;
    const peer = openPeer(this.terms.peerOf(seat.key));
    if (peer !== undefined) this.terms.dismiss(peer);
    this.evict(seat);
  }

  private evict(seat: Seat): void {
    const peer = openPeer(this.terms.peerOf(seat.key));
    if (peer !== undefined && seat.calls.size === 0 && peer.uses === 0) this.terms.evict(peer);
  }

  /** Those whose conversation is gone. */
  private dropVacated(): void {
    for (let index = this.seats.length - 1; index >= 0; index--) {
      const { key, calls } = this.seats[index] as Seat;
      if (calls.size === 0 && this.terms.peerOf(key) === undefined) this.seats.splice(index, 1);
    }
  }
}

const openPeer = (peer: Peer | Promise<Peer> | undefined): Peer | undefined =>
  peer === undefined || peer instanceof Promise || peer.closed ? undefined : peer;

const leastBusyOf = (seats: readonly Seat[]): Seat | undefined => {
  let least: Seat | undefined;
  for (const seat of seats) if (least === undefined || seat.calls.size < least.calls.size) least = seat;
  return least;
};
