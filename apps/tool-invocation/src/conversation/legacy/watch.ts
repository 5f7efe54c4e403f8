import type { Channel } from '../../transport/channel.js';
import { NOTHING_WATCHED, type PeerIdentity, type Watched } from '../peer.js';

/** How long a call may wait for the stream. What comes earlier is lost: a hint where nothing can be asked, else a call. */
const HINTS_WAIT_MS = 250;
const QUESTIONS_WAIT_MS = 2_000;

/** What a session does for what is watched. */
export interface WatchSession {
  readonly identity: PeerIdentity;
  readonly channel: Channel;
  /** Sends a request and ignores what it is answered; resolves when it is. */
  fireAndForget(method: string, params: object): Promise<void>;
}

/** What a session hears outside its calls: the stream that belongs to no request, and subscriptions to resources. */
export class LegacyWatch {
  watched: Watched = NOTHING_WATCHED;
  /** While the stream is being opened. */
  opening: Promise<void> | undefined;
  private isListening = false;
  /** Until the upstream has answered, by URI. */
  private readonly subscribing = new Map<string, Promise<void>>();

  constructor(
    private readonly session: WatchSession,
    private readonly mayBeAsked: boolean,
  ) {}

  /** Replaces what was watched before. */
  set(watched: Watched): void {
    const before = new Set(this.watched.uris);
    const after = new Set(watched.uris);
    this.watched = watched;
    this.listen();
    const resources = this.session.identity.capabilities.resources as { subscribe?: unknown } | undefined;
    if (!resources?.subscribe) return;
    for (const uri of after) if (!before.has(uri)) this.subscribe(uri);
    for (const uri of before) if (!after.has(uri)) void this.session.fireAndForget('resources/unsubscribe', { uri });
  }

  /** Resolves once nothing is under way any more. */
  async standing(): Promise<void> {
    await Promise.all([this.opening, ...this.subscribing.values()]);
  }

  private subscribe(uri: string): void {
    const answered = this.session.fireAndForget('resources/subscribe', { uri }).finally(() => {
      if (this.subscribing.get(uri) === answered) this.subscribing.delete(uri);
    });
    this.subscribing.set(uri, answered);
  }

  /** Opens the stream. Lazily: many servers offer none, and many sessions never need it. */
  listen(): void {
    const { channel } = this.session;
    if (this.isListening || !channel.sessionful) return;
    this.isListening = true;
    this.opening = channel.listen(this.mayBeAsked ? QUESTIONS_WAIT_MS : HINTS_WAIT_MS).finally(() => {
      this.opening = undefined;
    });
  }
}
