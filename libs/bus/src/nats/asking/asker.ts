import { randomFillSync } from 'node:crypto';
import type { AnyRequest } from '#libs/contracts';
import { type GatewayError, fail } from '#libs/errors';
import { DeadlineSweep } from '#libs/resilience';
import { currentTrace, stepTraceparent } from '#libs/telemetry';
import type { Msg } from '@nats-io/transport-node';
import { refusal } from '../../flow/outflow.js';
import { SlotMap } from '../../flow/slot-map.js';
import { fits, toJson } from '../../json.js';
import { subjectOf } from '../../subject.js';
import { SILENCE_MS, TICK_MS } from '../../limits.js';
import type { Answer, AskOptions } from '../../port.js';
import { Inquiries } from './inquiries.js';
import type { Link } from '../link.js';
import { encodeClock, readBeat, readQuestion } from '../notices.js';
import { type AskerSide, type Outgoing, PendingAsk } from './pending-ask.js';
import type { PayloadStore } from '../payload-store.js';
import { cancelSubject, creditSubject } from '../subjects.js';
import { UNIT_PREFIX, encodeRequest } from '../wire.js';

const secrets = new Uint32Array(1024);
let secretAt = secrets.length;

/** By so much is a tick late when this process was held up rather than busy. */
const LATE_MS = 1_000;

const nextSecret = (): number => {
  if (secretAt === secrets.length) {
    randomFillSync(secrets);
    secretAt = 0;
  }
  const secret = secrets[secretAt] as number;
  secretAt += 1;
  return secret;
};

/** Sends requests and matches what arrives on this process' inbox with them. */
export class Asker implements AskerSide {
  /** Found by their slots, which serve as ids; that an id is given again does no harm, since the secret is not. */
  private readonly pending = new SlotMap<PendingAsk>();
  readonly inquiries: Inquiries;
  private checkedAtMs = performance.now();
  /** Silence counts from here at the earliest: before, this process could not hear. */
  private hearingSinceMs = 0;
  private readonly deadlines = new DeadlineSweep<PendingAsk>({
    items: () => this.pending,
    onDue: (pending) => pending.abandon(fail('bus.timed_out', { executed: 'unknown' })),
  });

  constructor(
    private readonly link: Link,
    private readonly inbox: string,
    private readonly instance: string,
    private readonly payloads: PayloadStore,
    readonly bytesMax: number,
  ) {
    link.refused = (subject) => this.refused(subject);
    this.inquiries = new Inquiries(link, inbox, instance, this.pending, (pending, to) => this.repeat(pending, to));
  }

  ask(contract: AnyRequest, request: unknown, options: AskOptions<unknown>): Promise<Answer<unknown>> {
    try {
      return this.send(contract, request, options);
    } catch (error) {
      return refusal(error);
    }
  }

  private send(contract: AnyRequest, request: unknown, options: AskOptions<unknown>): Promise<Answer<unknown>> {
    if (options.signal?.aborted) throw fail('bus.cancelled', { executed: 'no' });
    if (!this.link.connected) throw fail('bus.disconnected', { executed: 'no' });
    const nowMs = performance.now();
    const leftMs = options.timeoutMs ?? contract.deadlineMs;
    if (leftMs <= 0) throw fail('bus.timed_out', { executed: 'no' });
    const deadlineAtMs = nowMs + leftMs;
    const head = toJson(request);
    if (!fits(head, options.body, this.bytesMax)) throw fail('bus.too_large', { executed: 'no' });

    const id = this.pending.nextSlot;
    const secret = nextSecret();
    const { callId = '', body } = options;
    const parent = options.traceparent ?? currentTrace()?.traceparent ?? '';
    const traceparent = parent === '' ? parent : stepTraceparent(parent);
    const key = { sentAtMs: nowMs, leftMs, id, secret };
    let outgoing: Outgoing = { callId, traceparent, head, body, stored: false };
    let payload = encodeRequest(key, outgoing);
    let handle: string | undefined;
    if (payload.length > this.link.payloadBytesMax) {
      handle = this.payloads.keep({ head, body }, deadlineAtMs);
      outgoing = { callId, traceparent, head: JSON.stringify(handle), body: undefined, stored: true };
      payload = encodeRequest(key, outgoing);
    }
    const subject = subjectOf(contract, options.instance);
    if (!this.link.send(subject, payload, `${this.inbox}.${id}.${secret}`)) {
      if (handle !== undefined) this.payloads.forget(handle);
      throw fail('bus.disconnected', { executed: 'no' });
    }
    const sent = { id, secret, contract, subject, deadlineAtMs, sentAtMs: nowMs, outgoing, parent };
    const pending = new PendingAsk(this, sent, options);
    this.pending.add(pending);
    this.deadlines.watch(deadlineAtMs);
    if (handle !== undefined) this.forgetAfter(pending, handle);
    return pending.answer;
  }

  /** How many answers are awaited. */
  get waiting(): number {
    return this.pending.size;
  }

  /** Nobody has it: it goes to this instance. False when it cannot. */
  private repeat(pending: PendingAsk, instance: string): boolean {
    const nowMs = performance.now();
    const leftMs = pending.deadlineAtMs - nowMs;
    // Read after a stall of this process, before the deadlines are looked at.
    if (leftMs <= 0) return false;
    const secret = nextSecret();
    const subject = subjectOf(pending.contract, instance);
    const key = { sentAtMs: nowMs, leftMs, id: pending.id, secret };
    if (!this.link.send(subject, encodeRequest(key, pending.outgoing), `${this.inbox}.${pending.id}.${secret}`))
      return false;
    pending.begunAnew(secret, subject, nowMs);
    return true;
  }

  /** A message on `<inbox>.<id>.<secret>`: from an answerer, or from the broker when there is none. */
  receive(bytes: Buffer, message: Msg): void {
    if (bytes.length < UNIT_PREFIX) {
      if (bytes.length === 0 && message.headers?.code === 503) this.noResponders(message.subject);
      return;
    }
    const pending = this.pending.at(bytes.readUInt32LE(4));
    // Late, repeated or forged: nobody waits for it.
    if (pending === undefined || pending.secret !== bytes.readUInt32LE(8)) return;
    pending.take(bytes);
  }

  /** An answerer is still at work on these. */
  receiveBeat(bytes: Buffer): void {
    const nowMs = performance.now();
    for (const { id, secret, third: seq } of readBeat(bytes)) {
      const pending = this.pending.at(id);
      if (pending === undefined || pending.secret !== secret) continue;
      pending.hear(nowMs);
      if (seq > 0) pending.blockedAfter(seq);
    }
  }

  /** An answerer asks what time it is here, and which of these are waited for: it will begin those. */
  tellClock(bytes: Buffer, reply: string): void {
    const { instance, owners, askedAtMs, calls } = readQuestion(bytes);
    const nowMs = performance.now();
    this.inquiries.roster.note(instance, owners, nowMs);
    const wanted = calls.filter(({ id, secret }) => this.pending.at(id)?.secret === secret);
    for (const { id } of wanted) this.pending.at(id)?.hear(nowMs);
    this.link.send(reply, encodeClock({ askedAtMs, nowMs, epochMs: Date.now(), calls: wanted }));
  }

  /** Looks for those that have come to nobody, and gives up those whose answerer has fallen silent. */
  tick(nowMs: number): void {
    // This process itself was held up (or suspended); what was sent meanwhile is about to be read.
    if (nowMs - this.checkedAtMs - TICK_MS > LATE_MS) this.hearingSinceMs = nowMs;
    this.checkedAtMs = nowMs;
    if (this.link.connected) this.inquiries.look(nowMs);
    // Without a connection all are silent. Answers wait for its return, so there is reason to be patient.
    const [code, patienceMs] = this.link.connected
      ? (['bus.responder_lost', SILENCE_MS] as const)
      : (['bus.disconnected', 2 * SILENCE_MS] as const);
    for (const pending of this.pending) {
      if (nowMs - Math.max(pending.heardAtMs, this.hearingSinceMs) > patienceMs) {
        pending.abandon(fail(code, { executed: this.inquiries.neverBegan(pending) ? 'no' : 'unknown' }));
      }
    }
  }

  reconnected(): void {
    this.hearingSinceMs = performance.now();
  }

  stop(reason: GatewayError): void {
    this.deadlines.stop();
    for (const pending of this.pending) pending.abandon(reason);
  }

  close(pending: PendingAsk): void {
    this.pending.delete(pending);
  }

  cancel(pending: PendingAsk): void {
    const subject = cancelSubject(pending.contract.owner, `${this.instance}-${pending.id}`);
    this.link.send(subject, Buffer.from(this.replySubject(pending), 'latin1'));
  }

  grant(pending: PendingAsk, seq: number): void {
    if (pending.answerer === undefined) return;
    const reply = this.replySubject(pending);
    const payload = Buffer.allocUnsafe(4 + reply.length);
    payload.writeUInt32LE(seq);
    payload.write(reply, 4, 'latin1');
    this.link.send(creditSubject(pending.contract.owner, pending.answerer), payload);
  }

  private replySubject({ id, secret }: PendingAsk): string {
    return `${this.inbox}.${id}.${secret}`;
  }

  private noResponders(subject: string): void {
    const [id, secret] = subject.slice(this.inbox.length + 1).split('.');
    const pending = this.pending.at(Number(id));
    if (pending !== undefined && pending.secret === Number(secret)) {
      pending.fail(fail('bus.no_responders', { executed: 'no' }));
    }
  }

  /** The broker's permissions forbid it: nobody will ever answer. */
  private refused(subject: string): void {
    for (const pending of this.pending) {
      if (pending.subject === subject) pending.fail(fail('bus.no_responders', { executed: 'no' }));
    }
  }

  private forgetAfter(pending: PendingAsk, handle: string): void {
    const forget = (): void => this.payloads.forget(handle);
    pending.answer.then(forget, forget);
  }
}
