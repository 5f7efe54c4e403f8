import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIRM_AFTER_MS, LICENCE_MS } from '../../limits.js';
import type { ClockSkew } from '../clock-skew.js';
import type { Link } from '../link.js';
import { type CallKey, encodeAbsent, encodeQuestion, keyOf, readClock } from '../notices.js';
import { clockReply, peerOf } from '../subjects.js';

/** How long a question may be without an answer before it is asked again. */
const ASK_AGAIN_MS = 500;
/** Requests of one asker that wait for its clock. */
const HELD_MAX = 10_000;
/** An asker that has been quiet for so long is forgotten. */
const FORGET_MS = 5 * 60_000;
/** How long a process that stops waits for askers to say what they still want. */
const SETTLE_MS = 500;
const SETTLE_CHECK_MS = 10;

/** When a request was sent by the clock of its asker, and how long it had from then on. */
export interface Timing extends CallKey {
  readonly sentAtMs: number;
  readonly leftMs: number;
}

/** A request that is not begun before its asker has said that it waits for it. */
interface Held {
  readonly timing: Timing;
  readonly receivedAtMs: number;
  /** `deadlineAtMs` by the clock here. */
  readonly begin: (deadlineAtMs: number) => void;
}

interface Asked {
  readonly atMs: number;
  readonly held: ReadonlyMap<number, Held>;
}

/** What is known of the clock of a process that asks, and the requests that wait to know it. */
export class AskerClock {
  readonly held = new Map<number, Held>();
  /** Calls of it that are in hand here. */
  inHand = 0;
  usedAtMs = 0;
  asked: Asked | undefined;
  /** Its time less the time here, at the most: so no request seems younger than it is. */
  private aheadMs = 0;
  private learnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly inbox: string,
    /** Stands for the asker where a number is handier. */
    readonly number: number,
  ) {}

  /** By the clock here. Undefined when the request must not be begun before its asker has been asked. */
  deadlineOf({ sentAtMs, leftMs }: Timing, nowMs: number): number | undefined {
    this.usedAtMs = nowMs;
    const ageMs = nowMs + this.aheadMs - sentAtMs;
    if (nowMs - this.learnedAtMs >= LICENCE_MS || ageMs >= CONFIRM_AFTER_MS) return undefined;
    return nowMs + leftMs - Math.max(0, ageMs);
  }

  /** It is about to be unknown, and has been of use of late. */
  isDue(nowMs: number): boolean {
    return nowMs - this.learnedAtMs > LICENCE_MS / 2 && nowMs - this.usedAtMs < LICENCE_MS;
  }

  learn(itsNowMs: number, askedAtMs: number): void {
    this.aheadMs = itsNowMs - askedAtMs;
    this.learnedAtMs = askedAtMs;
  }

  forget(): void {
    this.learnedAtMs = Number.NEGATIVE_INFINITY;
  }

  leftMs({ sentAtMs, leftMs }: Timing, nowMs: number): number {
    return leftMs - Math.max(0, nowMs + this.aheadMs - sentAtMs);
  }
}

/**
 * The clocks of all who ask this process. A deadline travels as the time that was left when the request was sent, and
 * when that was by the clock of its asker, so it counts also for what has lain about on its way. The clock is asked for
 * before the first request is begun and every second while there are more; whoever is asked knows by that who may have begun
 * something.
 */
export class AskerClocks {
  private readonly byInbox = new Map<string, AskerClock>();
  private count = 0;
  private isClosed = false;

  constructor(
    private readonly link: Link,
    private readonly inbox: string,
    private readonly instance: string,
    private readonly owners: ReadonlySet<string>,
    private readonly skew: ClockSkew,
  ) {}

  of(inbox: string): AskerClock {
    let clock = this.byInbox.get(inbox);
    if (clock === undefined) {
      this.count += 1;
      clock = new AskerClock(inbox, this.count);
      this.byInbox.set(inbox, clock);
    }
    return clock;
  }

  /** Only if it has asked something. */
  find(inbox: string): AskerClock | undefined {
    return this.byInbox.get(inbox);
  }

  inboxes(): Iterable<string> {
    return this.byInbox.keys();
  }

  /** Lets a request wait until its asker has said that it wants it. */
  hold(clock: AskerClock, timing: Timing, begin: (deadlineAtMs: number) => void, nowMs: number): void {
    if (this.isClosed || clock.held.size >= HELD_MAX) return;
    clock.held.set(keyOf(timing), { timing, receivedAtMs: nowMs, begin });
    this.ask(clock, nowMs);
  }

  /** An asker's answer. What has come since it was asked is asked about now. */
  told(askerInbox: string, bytes: Buffer): void {
    const clock = this.byInbox.get(askerInbox);
    const { askedAtMs, nowMs: itsNowMs, epochMs, calls } = readClock(bytes);
    if (clock?.asked === undefined || clock.asked.atMs !== askedAtMs) return;
    const nowMs = performance.now();
    const { held } = clock.asked;
    clock.asked = undefined;
    clock.learn(itsNowMs, askedAtMs);
    this.skew.note(askerInbox, epochMs, nowMs - askedAtMs);
    const wanted = new Set(calls.map(keyOf));
    for (const [key, { timing, begin }] of held) {
      // Not there any more: its asker has been told that it has not begun.
      if (!clock.held.delete(key) || !wanted.has(key)) continue;
      const leftMs = clock.leftMs(timing, nowMs);
      if (leftMs > 0) begin(nowMs + leftMs);
    }
    if (clock.held.size > 0) this.ask(clock, nowMs);
  }

  /** An asker is not there: nobody waits. */
  gone(askerInbox: string): void {
    this.byInbox.get(askerInbox)?.held.clear();
    this.skew.forget(askerInbox);
  }

  /** Asks again where no answer came, and lets go of what is too late whatever the answer would be. */
  tick(nowMs: number): void {
    for (const clock of this.byInbox.values()) {
      const { held, inHand, usedAtMs, inbox } = clock;
      for (const [key, { timing, receivedAtMs }] of held) if (nowMs - receivedAtMs > timing.leftMs) held.delete(key);
      if (held.size > 0 || clock.isDue(nowMs)) this.ask(clock, nowMs);
      else if (inHand === 0 && nowMs - usedAtMs > FORGET_MS) this.forget(inbox);
    }
  }

  /** From now on every request waits until its asker's clock has been asked anew. */
  forgetAll(): void {
    for (const clock of this.byInbox.values()) clock.forget();
  }

  /** Resolves when no request waits any more to be begun, or soon. */
  async settle(): Promise<void> {
    const untilMs = performance.now() + SETTLE_MS;
    while (this.isHolding && performance.now() < untilMs) await sleep(SETTLE_CHECK_MS);
  }

  /** What still waits is not begun, and its askers are told so. */
  close(): void {
    this.isClosed = true;
    for (const { inbox, held } of this.byInbox.values()) {
      if (held.size === 0) continue;
      const calls = [...held.values()].map(({ timing }) => timing);
      this.link.send(`${inbox}.absent`, encodeAbsent(this.instance, calls));
      held.clear();
    }
  }

  private forget(inbox: string): void {
    this.byInbox.delete(inbox);
    this.skew.forget(inbox);
  }

  private get isHolding(): boolean {
    for (const { held } of this.byInbox.values()) if (held.size > 0) return true;
    return false;
  }

  private ask(clock: AskerClock, nowMs: number): void {
    if (clock.asked !== undefined && nowMs - clock.asked.atMs < ASK_AGAIN_MS) return;
    const held = new Map(clock.held);
    const calls = [...held.values()].map(({ timing }) => timing);
    const question = encodeQuestion({
      instance: this.instance,
      owners: [...this.owners],
      askedAtMs: nowMs,
      calls,
    });
    if (this.link.send(`${clock.inbox}.clock`, question, clockReply(this.inbox, peerOf(clock.inbox))))
      clock.asked = { atMs: nowMs, held };
  }
}
