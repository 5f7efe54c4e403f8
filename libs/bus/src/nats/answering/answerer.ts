import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyRequest } from '#libs/contracts';
import { GatewayError, fail } from '#libs/errors';
import { DeadlineSweep } from '#libs/resilience';
import { tracedWithin, workTaken } from '#libs/telemetry';
import type { Msg } from '@nats-io/transport-node';
import { SlotMap } from '../../flow/slot-map.js';
import { BEAT_INTERVAL_MS, FIRST_BEAT_MS, FOLLOWING_DEADLINE_MS, SILENCE_MS } from '../../limits.js';
import type { Handler, Message } from '../../port.js';
import { type AskerClock, AskerClocks } from './asker-clocks.js';
import type { ClockSkew } from '../clock-skew.js';
import { type AnswererSide, Handling } from './handling.js';
import type { Link } from '../link.js';
import { LostRequests } from './lost-requests.js';
import { encodeBeat, encodeLeaving } from '../notices.js';
import { RecentAnswers } from './recent-answers.js';
import { askerOf, cancelSubject, creditSubject, inboxIn, peerOf, recallSubject } from '../subjects.js';
import { readMessage, readRequest } from '../wire.js';

const BEAT_ENTRIES_MAX = 4_096;
const REACH_INTERVAL_MS = 150;

/** Fetches a request that was too large to be sent, from the process that asked. */
export type Fetch = (name: string, instance: string, handle: string, handling: Handling) => Promise<Message<unknown>>;

/** Receives requests, runs their handlers, and keeps askers informed. */
export class Answerer implements AnswererSide {
  private readonly inHand = new SlotMap<Handling>();
  /** Those that have sent something ahead of their answer, by reply subject. */
  private readonly streaming = new Map<string, Handling>();
  /** Reply subjects whose askers have just cancelled. */
  private readonly cancelled = new Set<string>();
  private readonly owners = new Set<string>();
  private readonly unreached = new Set<string>();
  private readonly askersGone = new Map<string, { sinceMs: number; lastMs: number }>();
  private readonly deadlines = new DeadlineSweep<Handling>({
    items: () => this.unstopped(),
    onDue: (handling) => handling.stop(fail('bus.timed_out', { executed: 'unknown' })),
  });
  readonly clocks: AskerClocks;
  private readonly recent = new RecentAnswers();
  private readonly lost: LostRequests;
  private settled: (() => void) | undefined;

  constructor(
    readonly link: Link,
    private readonly inbox: string,
    readonly instance: string,
    readonly bytesMax: number,
    skew: ClockSkew,
    private readonly fetch: Fetch,
  ) {
    this.clocks = new AskerClocks(link, inbox, instance, this.owners, skew);
    this.lost = new LostRequests(link, instance, this.inHand, this.recent, this.clocks, (asker, handlings) =>
      this.sendBeat(asker, handlings),
    );
  }

  /** How many requests are being answered. */
  get handled(): number {
    return this.inHand.size;
  }

  /** `shared`: any instance of the owner may be asked; otherwise only this one, by name. */
  serve(contract: AnyRequest, handler: Handler<AnyRequest>, shared: boolean): () => void {
    this.listenFor(contract.owner);
    const receive = (bytes: Buffer, message: Msg): void => this.receive(contract, handler, bytes, message);
    const stops = [this.link.listen(`${contract.subject}.${this.instance}`, receive)];
    if (shared) stops.push(this.link.listen(contract.subject, receive, contract.owner));
    return () => {
      // Requests that are on their way already would have no answer.
      for (const stop of stops) stop(true);
    };
  }

  /** Tells every asker which of its calls are still at work, one message per asker. */
  tick(nowMs: number): void {
    this.clocks.tick(nowMs);
    if (this.inHand.size === 0 || !this.link.connected) return;
    const atWork = this.byAsker((handling) => handling.beatAtMs <= nowMs && !handling.stopped);
    for (const [asker, handlings] of atWork) {
      for (const handling of handlings) handling.beatAtMs = nowMs + BEAT_INTERVAL_MS;
      this.sendBeat(asker, handlings);
    }
  }

  /** A beat found nobody. An asker that only reconnects is back before its patience would have ended. */
  askerGone(asker: string): void {
    const nowMs = performance.now();
    const gone = this.askersGone.get(asker);
    if (gone === undefined || nowMs - gone.lastMs > 2.5 * BEAT_INTERVAL_MS) {
      this.askersGone.set(asker, { sinceMs: nowMs, lastMs: nowMs });
      return;
    }
    gone.lastMs = nowMs;
    if (nowMs - gone.sinceMs < SILENCE_MS - BEAT_INTERVAL_MS) return;
    this.askersGone.delete(asker);
    for (const handling of this.inHand) {
      if (inboxIn(handling.reply) === asker) handling.stop(fail('bus.cancelled'));
    }
  }

  /** The askers of what is in hand may take longer to come back: they are told nothing before they are there. */
  reconnected(): void {
    for (const [asker, handlings] of this.byAsker(() => true)) {
      this.unreached.add(asker);
      void this.reach(asker, handlings);
    }
  }

  reaches({ reply }: Handling): boolean {
    return this.unreached.size === 0 || !this.unreached.has(inboxIn(reply));
  }

  private async reach(asker: string, handlings: readonly Handling[]): Promise<void> {
    const giveUpAtMs = performance.now() + SILENCE_MS;
    do {
      this.askersGone.delete(asker);
      this.sendBeat(asker, handlings);
      try {
        // The broker says that nobody is there before it answers the flush.
        await this.link.flush();
      } catch {
        return;
      }
    } while (this.askersGone.has(asker) && performance.now() < giveUpAtMs && (await sleep(REACH_INTERVAL_MS, true)));
    this.unreached.delete(asker);
    // What was on its way when the connection was lost will never be acknowledged; what waited can go now.
    for (const handling of this.byAsker(() => true).get(asker) ?? []) handling.resume();
  }

  /** Resolves when nothing is in hand; what is not done in time is left, as is what would go on for hours. */
  async finish(graceMs: number): Promise<void> {
    for (const handling of this.inHand) {
      if (handling.contract.deadlineMs > FOLLOWING_DEADLINE_MS) handling.leave();
    }
    await this.clocks.settle();
    if (this.inHand.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.settled = resolve;
      const timer = setTimeout(resolve, graceMs);
      await promise;
      clearTimeout(timer);
    }
    for (const handling of this.inHand) handling.leave();
    this.deadlines.stop();
    this.clocks.close();
    this.tellLeaving(true);
  }

  /** So that what gets lost is not sent here again, and nobody waits to hear from here. */
  tellLeaving(isDone: boolean): void {
    for (const inbox of this.clocks.inboxes()) this.link.send(`${inbox}.leaving`, encodeLeaving(this.instance, isDone));
  }

  beginsToStream(handling: Handling): void {
    this.streaming.set(handling.reply, handling);
  }

  close(handling: Handling, answer?: Buffer): void {
    const { asker } = handling;
    if (asker !== undefined && handling.slot >= 0) {
      const nowMs = performance.now();
      this.recent.keep(asker.number, handling, answer, nowMs);
      asker.inHand -= 1;
      asker.usedAtMs = nowMs;
    }
    this.inHand.delete(handling);
    if (handling.streams) this.streaming.delete(handling.reply);
    if (this.inHand.size === 0) this.settled?.();
  }

  private receive(contract: AnyRequest, handler: Handler<AnyRequest>, bytes: Buffer, message: Msg): void {
    const reply = message.reply ?? '';
    const request = readRequest(bytes);
    if (request === undefined || reply === '') {
      this.link.logger.warn({ subject: contract.subject, bytes: bytes.length }, 'a malformed bus request was dropped');
      return;
    }
    const nowMs = performance.now();
    const begin = (asker: AskerClock | undefined, deadlineAtMs: number, begunAtMs: number): void =>
      this.begin(handler, new Handling(this, contract, reply, request, asker, deadlineAtMs), bytes, begunAtMs);
    const { sentAtMs, leftMs, id, secret } = request;
    if (sentAtMs === undefined) {
      begin(undefined, nowMs + leftMs, nowMs);
      return;
    }
    const asker = this.clocks.of(inboxIn(reply));
    const timing = { sentAtMs, leftMs, id, secret };
    const deadlineAtMs = asker.deadlineOf(timing, nowMs);
    if (deadlineAtMs !== undefined) begin(asker, deadlineAtMs, nowMs);
    else this.clocks.hold(asker, timing, (heldUntilMs) => begin(asker, heldUntilMs, performance.now()), nowMs);
  }

  private begin(handler: Handler<AnyRequest>, handling: Handling, bytes: Buffer, nowMs: number): void {
    const { request } = handling;
    if (handling.deadlineAtMs <= nowMs) {
      // Whoever asked has given up: to act now would be to act behind their back.
      handling.settleWith(fail('bus.timed_out', { executed: 'no' }));
      return;
    }
    handling.beatAtMs = nowMs + FIRST_BEAT_MS;
    workTaken.requests++;
    this.inHand.add(handling);
    if (handling.asker !== undefined) handling.asker.inHand += 1;
    this.deadlines.watch(handling.deadlineAtMs);
    let content: Message<unknown>;
    try {
      content = readMessage(bytes, request.headAt, request.headBytes, request.hasBody);
    } catch {
      handling.settleWith(fail('bus.malformed', { executed: 'no' }));
      return;
    }
    if (request.stored) this.fetchAndRun(handler, handling, content.head);
    else this.run(handler, handling, content);
  }

  private fetchAndRun(handler: Handler<AnyRequest>, handling: Handling, handle: unknown): void {
    const { name, instance } = askerOf(handling.reply);
    this.fetch(name, instance, String(handle), handling).then(
      (content) => {
        if (!handling.stopped) this.run(handler, handling, content);
        else handling.settle(null);
      },
      (error) => {
        const { code } = error as GatewayError;
        handling.settleWith(fail(code, { executed: 'no' }));
      },
    );
  }

  private run(handler: Handler<AnyRequest>, handling: Handling, content: Message<unknown>): void {
    handling.body = content.body;
    try {
      tracedWithin(handling.traceparent, () => handler(content.head, handling)).then(
        (result) => handling.settle(result),
        (error) => this.failed(handling, error),
      );
    } catch (error) {
      this.failed(handling, error);
    }
  }

  private failed(handling: Handling, error: unknown): void {
    if (!(error instanceof GatewayError) && !handling.stopped) {
      const { contract, callId } = handling;
      this.link.logger.error({ err: error, subject: contract.subject, callId }, 'a bus handler failed');
    }
    handling.settleWith(error);
  }

  /** Cancellations go to all instances of an owner, by way of one subscription each: they are rare. */
  private listenFor(owner: string): void {
    if (this.owners.has(owner)) return;
    this.owners.add(owner);
    // Its askers know who serves what from being asked for their clocks.
    this.clocks.forgetAll();
    this.link.listen(recallSubject(owner, '*'), (bytes, message) => this.lost.inquire(bytes, message.reply ?? ''));
    this.link.listen(cancelSubject(owner, '*'), (bytes) => {
      if (this.cancelled.add(bytes.toString('latin1')).size === 1) setImmediate(() => this.stopCancelled());
    });
    this.link.listen(creditSubject(owner, this.instance), (bytes) => {
      this.streaming.get(bytes.toString('latin1', 4))?.acknowledge(bytes.readUInt32LE(0));
    });
  }

  /** One look through what is in hand for all that were cancelled together: an asker that goes cancels all it has. */
  private stopCancelled(): void {
    for (const handling of this.inHand) if (this.cancelled.has(handling.reply)) handling.stop(fail('bus.cancelled'));
    this.cancelled.clear();
  }

  private sendBeat(asker: string, handlings: readonly Handling[]): void {
    const { name, instance } = peerOf(asker);
    for (let at = 0; at < handlings.length; at += BEAT_ENTRIES_MAX) {
      // With a reply subject the broker says so when the asker is no longer there.
      const reply = `${this.inbox}.gone.${name}.${instance}`;
      this.link.send(`${asker}.beat`, encodeBeat(handlings.slice(at, at + BEAT_ENTRIES_MAX)), reply);
    }
  }

  private byAsker(wanted: (handling: Handling) => boolean): Map<string, Handling[]> {
    const byAsker = new Map<string, Handling[]>();
    for (const handling of this.inHand) {
      if (!wanted(handling)) continue;
      const asker = inboxIn(handling.reply);
      const handlings = byAsker.get(asker);
      if (handlings === undefined) byAsker.set(asker, [handling]);
      else handlings.push(handling);
    }
    return byAsker;
  }

  private *unstopped(): Iterable<Handling> {
    for (const handling of this.inHand) if (!handling.stopped) yield handling;
  }
}
