import { type ConnectorFrame, MalformedFrame } from '#libs/connector';

/** An answer that long after nobody waits for it is not on its way any more. */
const KEPT_MAX = 16_384;

/**
 * Requests that nobody here waits for any more, though the connector may not have heard of it: what still comes of them is
 * let pass. Whatever else comes of no request that is open has no place.
 */
export class GivenUpRequests {
  private readonly ids = new Set<number>();

  add(id: number): void {
    this.ids.add(id);
    if (this.ids.size > KEPT_MAX) this.ids.delete(this.ids.values().next().value ?? 0);
  }

  /** Throws `MalformedFrame` for a frame of a response that has ended. */
  pass(frame: Exclude<ConnectorFrame, { type: 'leave' }>): void {
    // The body that it was given for may have been read to its end after the response.
    if (frame.type === 'credit') return;
    if (!this.ids.has(frame.id)) throw new MalformedFrame('a frame is of a response that has ended');
    if (frame.type === 'failed' || frame.ends) this.ids.delete(frame.id);
  }
}
