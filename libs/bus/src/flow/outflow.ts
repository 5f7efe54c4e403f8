import { WINDOW_BYTES, WINDOW_FRAMES } from '../limits.js';

const ROOM = Promise.resolve();
/** For what may fail while nobody looks: an answer kept aside, room that is not waited for. Whoever awaits it still sees. */
export const ignore = (): void => {};

/** Rejected, but handled: what nobody waits for just then must not end the process. */
export const refusal = (error: unknown): Promise<never> => {
  const refused = Promise.reject(error);
  refused.catch(ignore);
  return refused;
};

/**
 * What an answerer sends ahead of its answer, in order and no faster than the asker takes it. Sequence numbers count
 * what was sent; the asker acknowledges cumulatively, so a lost acknowledgement is made good by the next one.
 */
export class Outflow<Item extends { readonly bytes: number }> {
  private readonly queue: Item[] = [];
  private readonly inFlight: number[] = [];
  private inFlightBytes = 0;
  private acknowledgedSeq = 0;
  private waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private failure: Error | undefined;
  sentSeq = 0;

  /** `transmit` returns false when nothing can be sent just now; `pump` is then called again later. */
  constructor(private readonly transmit: (item: Item, seq: number) => boolean) {}

  get blocked(): boolean {
    return this.queue.length > 0 || !this.windowOpen;
  }

  /** Resolves when there is room for more. */
  push(item: Item): Promise<void> {
    if (this.failure !== undefined) return refusal(this.failure);
    this.queue.push(item);
    this.pump();
    if (!this.blocked) return ROOM;
    const room = new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
    room.catch(ignore);
    return room;
  }

  acknowledge(seq: number): void {
    while (this.acknowledgedSeq < seq && this.inFlight.length > 0) {
      this.inFlightBytes -= this.inFlight.shift() ?? 0;
      this.acknowledgedSeq += 1;
    }
    this.pump();
  }

  /** Forgets what was on its way: after a lost connection nobody will acknowledge it. */
  resume(): void {
    this.acknowledge(this.sentSeq);
  }

  pump(): void {
    while (this.windowOpen) {
      const item = this.queue[0];
      if (item === undefined || !this.transmit(item, this.sentSeq + 1)) break;
      this.queue.shift();
      this.sentSeq += 1;
      this.inFlight.push(item.bytes);
      this.inFlightBytes += item.bytes;
    }
    if (this.blocked || this.waiting.length === 0) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const { resolve } of waiting) resolve();
  }

  fail(error: Error): void {
    this.failure = error;
    this.queue.length = 0;
    const waiting = this.waiting;
    this.waiting = [];
    for (const { reject } of waiting) reject(error);
  }

  private get windowOpen(): boolean {
    return this.inFlight.length < WINDOW_FRAMES && this.inFlightBytes < WINDOW_BYTES;
  }
}
