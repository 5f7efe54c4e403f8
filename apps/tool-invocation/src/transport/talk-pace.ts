import type { Source } from './intake-gate.js';
import type { TalkGauge } from './talk-gauge.js';

/** What reading may take, of all the time there is, of those who say much beside their answers; all of them together. */
const TIME_SHARE = 0.05;
/** Shorter rests are not worth a timer: they are added to the next one. */
const REST_MS_MIN = 2;
/** Longer readings are not reading: the process was suspended meanwhile. */
const READING_MS_MAX = 50;

/** Since the streams of a process share one event loop, they also share its turns. */
export class TalkTurns {
  private freeAtMs = 0;
  /** When the streams that rest go on. */
  private ends: number[] = [];

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /**
   * How long a stream has to rest of which something was read for so long; the next one of them rests longer. What was read
   * of it alone sets the bound: who says little does not wait for those who say much.
   */
  restMs(readingMs: number): number {
    const nowMs = this.nowMs();
    const ownMs = Math.min(readingMs, READING_MS_MAX) * (1 / TIME_SHARE - 1);
    this.ends = this.ends.filter((endMs) => endMs > nowMs);
    this.freeAtMs = Math.max(this.freeAtMs, nowMs) + ownMs;
    // Were all of them read for as long, half of that would do.
    const restMs = Math.min(this.freeAtMs - nowMs, 2 * ownMs * (this.ends.length + 1));
    this.ends.push(nowMs + restMs);
    return restMs;
  }
}

const turns = new TalkTurns();

/**
 * Reads a stream that says much beside its answers no faster than others are left their time. It is not read while it rests,
 * so that its own connection holds the upstream back; answers are neither counted nor slowed down.
 */
export class TalkPace {
  private pendingBytes = 0;
  /** Since the last rest began. */
  private readingMs = 0;
  private isDue = false;

  constructor(
    private readonly talk: TalkGauge,
    private readonly source: Source,
  ) {}

  /**
   * `read` takes a chunk that was counted as talk, and tells how many bytes it keeps of what is not complete yet, or
   * `undefined` where the chunk was the end of an answer.
   */
  take(chunk: Buffer, read: () => number | undefined): void {
    const { talk } = this;
    const before = talk.bytes;
    const startedAtMs = performance.now();
    talk.take(chunk.length, 0);
    const pendingBytes = read();
    if (pendingBytes === undefined) return;
    const beside = talk.bytes - before - (pendingBytes - this.pendingBytes);
    this.pendingBytes = pendingBytes;
    if (!talk.isMuch || beside <= 0) return;
    this.readingMs += (performance.now() - startedAtMs) * Math.min(1, beside / chunk.length);
    if (this.isDue) return;
    this.isDue = true;
    // After the chunks that have come with this one.
    process.nextTick(() => this.rest());
  }

  private rest(): void {
    const restMs = turns.restMs(this.readingMs);
    this.readingMs = 0;
    if (restMs < REST_MS_MIN) {
      this.isDue = false;
      return;
    }
    this.source.pause();
    setTimeout(() => {
      this.isDue = false;
      this.source.resume();
    }, restMs).unref();
  }
}
