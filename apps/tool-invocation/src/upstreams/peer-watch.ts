import { NOTHING_WATCHED, type Peer } from '../conversation/peer.js';

type Notify = (uri: string) => void;

/** What is followed over one conversation. The upstream has one subscription for each resource, however many follow it. */
export class PeerWatch {
  lists = false;
  private readonly followers = new Map<string, Set<Notify>>();
  /** Called when the conversation ends; followers then open another. */
  readonly onLost = new Set<() => void>();

  constructor(private readonly peer: Peer) {}

  watchLists(): void {
    if (this.lists) return;
    this.lists = true;
    this.apply();
  }

  add(uri: string, notify: Notify): () => void {
    const followers = this.followers.get(uri) ?? new Set();
    this.followers.set(uri, followers);
    followers.add(notify);
    if (followers.size === 1) this.apply();
    return () => {
      followers.delete(notify);
      if (followers.size > 0 || this.followers.get(uri) !== followers) return;
      this.followers.delete(uri);
      this.apply();
    };
  }

  updated(uri: string): void {
    for (const notify of this.followers.get(uri) ?? []) notify(uri);
  }

  /** Changes may have been missed: everything counts as changed. */
  invalidated(): void {
    for (const uri of this.followers.keys()) this.updated(uri);
  }

  lost(): void {
    for (const notify of this.onLost) notify();
  }

  end(): void {
    this.followers.clear();
    this.peer.watch(NOTHING_WATCHED);
  }

  private apply(): void {
    if (!this.peer.closed) this.peer.watch({ lists: this.lists, uris: [...this.followers.keys()] });
  }
}
