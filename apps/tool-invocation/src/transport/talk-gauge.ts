import { type GatewayError, fail } from '#libs/errors';
import type { Settings } from '../tool-invocation.settings.js';

export type TalkLimits = Settings['notifications'];

const REFILL_MS = 60_000;
/** As much as calls say within `LATELY_MS` that tell how they get on. */
const MUCH = { bytes: 262_144, count: 256 };
/** How long ago is lately: what is twice as old has been forgotten. */
const LATELY_MS = 10_000;

/** Why a call ended: not for its answer. */
class Flood extends Error {}

/** Whether a call ended because of what its upstream sent beside the answer, which costs every other upstream. */
export const isFlood = ({ cause }: GatewayError): boolean => cause instanceof Flood;

/**
 * How much an upstream has said beside its answers, on the stream of one call or on a connection that is for all. It may say
 * as much again each minute, so what goes on for hours is not counted against it.
 */
export class TalkGauge {
  /** Taken, less what was given back and what a minute has forgotten. */
  bytes = 0;
  private count = 0;
  private sinceMs: number;
  /** Taken less what was given back, since `latelySinceMs`; and in the `LATELY_MS` before it. */
  private lately = { bytes: 0, count: 0 };
  private before = { bytes: 0, count: 0 };
  private latelySinceMs: number;

  /** `answerBytesMax`: what an answer that is under way, and not known as one yet, may add. */
  constructor(
    private readonly limits: TalkLimits,
    private readonly answerBytesMax: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.sinceMs = this.latelySinceMs = this.nowMs();
  }

  /** Throws `upstream.too_large` when that was too much. */
  take(bytes: number, count: number): void {
    this.bytes += bytes;
    this.count += count;
    const nowMs = this.nowMs();
    this.note(bytes, count, nowMs);
    if (this.isWithin) return;
    const refills = (nowMs - this.sinceMs) / REFILL_MS;
    this.sinceMs = nowMs;
    this.bytes = Math.max(0, this.bytes - refills * this.limits.bytesMax);
    this.count = Math.max(0, this.count - refills * this.limits.countMax);
    if (this.isWithin) return;
    throw fail('upstream.too_large', { message: 'The upstream sent too much beside its answer', cause: new Flood() });
  }

  /** What was taken was an answer. */
  giveBack(bytes: number): void {
    this.bytes = Math.max(0, this.bytes - bytes);
    this.count = Math.max(0, this.count - 1);
    this.lately.bytes = Math.max(-this.before.bytes, this.lately.bytes - bytes);
    this.lately.count = Math.max(-this.before.count, this.lately.count - 1);
  }

  /** More, lately, than most calls ever say: a connection that is for all may last for days. */
  get isMuch(): boolean {
    const { lately, before } = this;
    return lately.bytes + before.bytes > MUCH.bytes || lately.count + before.count > MUCH.count;
  }

  private note(bytes: number, count: number, nowMs: number): void {
    const sinceMs = nowMs - this.latelySinceMs;
    if (sinceMs >= LATELY_MS) {
      const { lately } = this;
      const isOld = sinceMs >= 2 * LATELY_MS;
      this.before = isOld
        ? { bytes: 0, count: 0 }
        : { bytes: Math.max(0, lately.bytes), count: Math.max(0, lately.count) };
      this.lately = { bytes: 0, count: 0 };
      this.latelySinceMs = nowMs;
    }
    this.lately.bytes += bytes;
    this.lately.count += count;
  }

  private get isWithin(): boolean {
    return this.bytes <= this.limits.bytesMax + this.answerBytesMax && this.count <= this.limits.countMax;
  }
}
