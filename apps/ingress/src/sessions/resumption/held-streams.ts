import { StreamResumed } from '#contracts/ingress/stream.signal';
import type { Bus, Subscription } from '#libs/bus';

/** Who has the connection of a stream. */
export interface StreamHolder {
  /** Ends the connection: the client resumes the stream on another. */
  release(): void;
}

/**
 * Streams of sessions whose connection is here. A client that comes back for a stream has given its old connection up,
 * even if nothing has said so yet: what is sent from then on goes on the new one alone.
 */
export class HeldStreams {
  private readonly held = new Map<string, StreamHolder>();
  private readonly subscription: Subscription;

  constructor(private readonly bus: Bus) {
    this.subscription = bus.subscribe(StreamResumed, ({ stream, by }) => {
      if (by !== bus.instance) this.leave(stream);
    });
  }

  /** A stream that begins here. */
  hold(stream: string, holder: StreamHolder): void {
    this.held.set(stream, holder);
  }

  /** A stream that goes on here. */
  take(stream: string, holder: StreamHolder): void {
    this.leave(stream);
    this.held.set(stream, holder);
    this.bus.signal(StreamResumed, { stream, by: this.bus.instance });
  }

  /** No matter when somebody else holds it by now. */
  release(stream: string, holder: StreamHolder): void {
    if (this.held.get(stream) === holder) this.held.delete(stream);
  }

  close(): void {
    this.subscription.close();
  }

  private leave(stream: string): void {
    const holder = this.held.get(stream);
    this.held.delete(stream);
    holder?.release();
  }
}
