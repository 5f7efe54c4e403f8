import type { CallFrame } from '#contracts/tool-invocation/execute-call.request';

/** Where frames go: the bus request that waits for the call at the moment. */
export interface FrameSink {
  send(frame: CallFrame): Promise<void>;
}

const WAITING_MAX = 256;
/** A burst this long reaches the client whole. */
const PROGRESS_WAITING_MAX = 32;

/**
 * Hands frames to the sink, at the pace the sink takes them. When too many wait, progress is overwritten by newer
 * progress and the oldest log messages give way, so an upstream cannot fill the memory by talking.
 */
export class FramePump {
  dropped = 0;
  private sink: FrameSink | undefined;
  private readonly waiting: CallFrame[] = [];
  private sending = false;
  private sent: Promise<void> | undefined;
  private lastProgress = Number.NEGATIVE_INFINITY;

  /** Frames go to this sink from now on; without one, they wait. */
  attach(sink: FrameSink | undefined): void {
    this.sink = sink;
    this.sending = false;
    this.next();
  }

  /** Something that was offered has not been taken yet. */
  get busy(): boolean {
    return this.sink !== undefined && (this.sending || this.waiting.length > 0);
  }

  offer(frame: CallFrame): void {
    if (frame.kind === 'progress') {
      // "The progress value MUST increase": what does not is an upstream's mistake and ends here.
      if (!(frame.progress > this.lastProgress)) return this.drop();
      this.lastProgress = frame.progress;
    }
    if (
      this.waiting.length >= PROGRESS_WAITING_MAX &&
      frame.kind === 'progress' &&
      this.waiting.at(-1)?.kind === 'progress'
    ) {
      this.waiting[this.waiting.length - 1] = frame;
      this.drop();
    } else {
      if (this.waiting.length >= WAITING_MAX) {
        this.waiting.shift();
        this.drop();
      }
      this.waiting.push(frame);
    }
    this.next();
  }

  /** Resolves when everything offered so far has been taken. */
  async drained(): Promise<void> {
    while (this.busy) await this.sent;
  }

  private next(): void {
    const { sink } = this;
    if (this.sending || sink === undefined) return;
    const frame = this.waiting.shift();
    if (frame === undefined) return;
    this.sending = true;
    const taken = () => {
      if (this.sink !== sink) return;
      this.sending = false;
      this.next();
    };
    this.sent = sink.send(frame).then(taken, () => {
      if (this.sink === sink) this.sink = undefined;
    });
  }

  private drop(): void {
    this.dropped++;
  }
}
