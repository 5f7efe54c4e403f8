import { MalformedFrame } from './frames.js';

/** Bytes of one body that may be on their way, or wait to be read, at the other end. */
export const WINDOW_BYTES = 262_144;

/** The sender's end of the credit of one body: it waits while the reader has not taken what it was sent. */
export class SendWindow {
  private leftBytes = WINDOW_BYTES;
  private waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  private failure: Error | undefined;

  /** Resolves when so many may be sent. One at a time waits. Rejects with what `close` was given. */
  async take(bytes: number): Promise<void> {
    while (this.failure === undefined && this.leftBytes < bytes)
      await new Promise<void>((resolve, reject) => {
        this.waiting = { resolve, reject };
      });
    if (this.failure !== undefined) throw this.failure;
    this.leftBytes -= bytes;
  }

  /** The reader has taken so many. Throws `MalformedFrame` for more than it was sent. */
  credit(bytes: number): void {
    if (this.leftBytes + bytes > WINDOW_BYTES) throw new MalformedFrame('more credit was given than was used');
    this.leftBytes += bytes;
    this.waiting?.resolve();
    this.waiting = undefined;
  }

  /** Nobody reads any more. */
  close(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(error);
    this.waiting = undefined;
  }
}

/** The reader's end: notices who sends more than was allowed, and gives credit back in larger pieces. */
export class ReceiveWindow {
  private heldBytes = 0;
  private owedBytes = 0;

  /** Throws `MalformedFrame` where the sender had no credit for it. */
  received(bytes: number): void {
    this.heldBytes += bytes;
    if (this.heldBytes > WINDOW_BYTES) throw new MalformedFrame('more was sent than there was credit for');
  }

  /** The reader has taken so many: the credit that is to be given now. 0: none yet. */
  taken(bytes: number): number {
    this.owedBytes += bytes;
    if (this.owedBytes < WINDOW_BYTES / 4) return 0;
    const credit = this.owedBytes;
    this.heldBytes -= credit;
    this.owedBytes = 0;
    return credit;
  }
}
