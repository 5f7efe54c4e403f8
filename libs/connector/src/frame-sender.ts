/** What of a WebSocket of `ws` frames are sent over. */
export interface FrameSocket {
  readonly readyState: number;
  /** Bytes that have been given to it and have not left this process. */
  readonly bufferedAmount: number;
  send(data: Buffer, options: { readonly binary: true }, done: (error?: Error | null) => void): void;
}

const OPEN = 1;
/** With more than that waiting to leave, nothing new is begun over the connection. */
export const SEND_BUFFER_BYTES_MAX = 8 * 1_048_576;
/** With more than that, bytes of bodies wait for their turn. */
const BODIES_WAIT_ABOVE_BYTES = 1_048_576;

/**
 * Sends frames over one WebSocket without an end to what waits in this process: bodies are held back while much does, and
 * whoever sees that nothing leaves any more can end the connection.
 */
export class FrameSender {
  private readonly waiting = new Set<{ readonly resolve: () => void; readonly reject: (error: Error) => void }>();
  private givenBytes = 0;
  private leftBytes = 0;
  private movedAtMs = 0;
  private failure: Error | undefined;

  constructor(
    private readonly socket: FrameSocket,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.movedAtMs = nowMs();
  }

  /** Nothing new may be begun: too much waits to leave. */
  get isFull(): boolean {
    return this.socket.bufferedAmount > SEND_BUFFER_BYTES_MAX;
  }

  /** Milliseconds for which something waits to leave, and nothing has. */
  get stalledMs(): number {
    const { bufferedAmount } = this.socket;
    const leftBytes = this.givenBytes - bufferedAmount;
    if (bufferedAmount === 0 || leftBytes > this.leftBytes) {
      this.leftBytes = leftBytes;
      this.movedAtMs = this.nowMs();
    }
    return this.nowMs() - this.movedAtMs;
  }

  /** Resolves when the frame has left this process. Rejects where the connection is closed, or breaks. */
  send(message: Buffer): Promise<void> {
    // Where nothing waited, whatever follows cannot have stood still before.
    if (this.socket.bufferedAmount === 0) this.movedAtMs = this.nowMs();
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined || this.socket.readyState !== OPEN)
        return reject(this.failure ?? new Error('the connection is gone'));
      this.givenBytes += message.length;
      this.socket.send(message, { binary: true }, (error) => {
        this.wake();
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  }

  /** The same for bytes of a body, which wait for their turn first. Rejects with what `close` is given. */
  async sendBody(message: Buffer): Promise<void> {
    while (this.failure === undefined && this.socket.bufferedAmount > BODIES_WAIT_ABOVE_BYTES)
      await new Promise<void>((resolve, reject) => this.waiting.add({ resolve, reject }));
    // In the same turn: who has waited too looks again at what waits now.
    return this.send(message);
  }

  /** Nothing leaves any more. */
  close(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting) reject(this.failure);
    this.waiting.clear();
  }

  private wake(): void {
    if (this.socket.bufferedAmount > BODIES_WAIT_ABOVE_BYTES) return;
    for (const { resolve } of this.waiting) resolve();
    this.waiting.clear();
  }
}
