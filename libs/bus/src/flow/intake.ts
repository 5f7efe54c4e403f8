import type { Message } from '../port.js';

export type OnFrame = (frame: Message<unknown>) => void | Promise<void>;

/** A frame, or (without a message) a part of one that is still being put together. */
export interface Arrival {
  readonly seq: number;
  readonly message?: Message<unknown>;
}

/** The asker's end of an outflow: hands frames to `onFrame` one after the other, then settles the ask. */
export class Intake {
  private readonly queue: Arrival[] = [];
  private busy = false;
  private settle: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly onFrame: OnFrame | undefined,
    private readonly consumed: (seq: number) => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  get idle(): boolean {
    return !this.busy && this.queue.length === 0;
  }

  push(arrival: Arrival): void {
    this.queue.push(arrival);
    this.run();
  }

  /** `settle` runs when every frame before it has been taken. */
  finish(settle: () => void): void {
    this.settle = settle;
    this.run();
  }

  /** The ask has ended: what still waits here is nobody's any more. */
  stop(): void {
    this.stopped = true;
    this.queue.length = 0;
    this.settle = undefined;
  }

  private run(): void {
    while (!this.busy) {
      const arrival = this.queue.shift();
      if (arrival === undefined) break;
      this.deliver(arrival);
    }
    if (!this.busy) this.settle?.();
  }

  private deliver({ seq, message }: Arrival): void {
    try {
      const taking = message && this.onFrame?.(message);
      if (taking === undefined) {
        this.consumed(seq);
        return;
      }
      this.busy = true;
      taking.then(() => {
        this.busy = false;
        if (this.stopped) return;
        this.consumed(seq);
        this.run();
      }, this.failed);
    } catch (error) {
      this.failed(error);
    }
  }
}
