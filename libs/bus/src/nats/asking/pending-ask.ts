import type { AnyRequest } from '#libs/contracts';
import { type GatewayError, fail, fromEnvelope, toGatewayError } from '#libs/errors';
import type { FailureEnvelope } from '#libs/errors';
import { isTraced } from '#libs/telemetry';
import { Intake, type OnFrame } from '../../flow/intake.js';
import { ignore } from '../../flow/outflow.js';
import { WINDOW_BYTES, WINDOW_FRAMES } from '../../limits.js';
import type { Answer, AskOptions } from '../../port.js';
import { askSpanEnded } from '../bus-spans.js';
import { requestAnswered } from '../bus.instruments.js';
import { CONTINUES, FAILURE, FRAME, HAS_BODY, MORE, UNIT_PREFIX, readBody, readHead, readMessage } from '../wire.js';

/** What a pending ask needs of the asker it belongs to. */
export interface AskerSide {
  readonly bytesMax: number;
  close(pending: PendingAsk): void;
  cancel(pending: PendingAsk): void;
  grant(pending: PendingAsk, seq: number): void;
}

export interface Sent {
  readonly id: number;
  /** Known to the asker and the answerer alone, so that nobody else can settle the ask. */
  readonly secret: number;
  readonly contract: AnyRequest;
  readonly subject: string;
  /** Of `performance.now()`, as all times here. */
  readonly deadlineAtMs: number;
  readonly sentAtMs: number;
  /** The span for whose sake it is asked; '' where there is none. */
  readonly parent: string;
  /** What was sent, should it have to be sent again. */
  readonly outgoing: Outgoing;
}

/** A request as it is sent; `stored`: its head stands for what waits here. */
export interface Outgoing {
  readonly callId: string;
  readonly traceparent: string;
  readonly head: string;
  readonly body: string | undefined;
  readonly stored: boolean;
}

/** An ask whose answer is still to come. */
export class PendingAsk {
  slot = -1;
  readonly id: number;
  secret: number;
  readonly contract: AnyRequest;
  subject: string;
  readonly deadlineAtMs: number;
  readonly outgoing: Outgoing;
  private readonly parent: string;
  private readonly askedAtMs: number;
  sentAtMs: number;
  /** When it was sent, or somebody who has it was heard last. */
  heardAtMs: number;
  /** Somebody has it, or had it. */
  taken = false;
  inquiredAtMs = 0;
  /** Those who have not begun it, and will not. */
  absent: Set<string> | undefined;
  repeats = 0;
  /** Known from the first unit on. */
  answerer: string | undefined;
  readonly answer: Promise<Answer<unknown>>;

  private resolve!: (answer: Answer<unknown>) => void;
  private reject!: (error: unknown) => void;
  private open = true;
  private intake: Intake | undefined;
  private parts: Buffer[] | undefined;
  private partsBytes = 0;
  private receivedSeq = 0;
  private grantedSeq = 0;
  private ungrantedBytes = 0;
  /** There is no room for more of the answer: nothing is granted until there is. */
  private isHeldBack = false;
  /** Bytes of parts that are counted in `holds`. */
  private heldBytes = 0;

  constructor(
    private readonly asker: AskerSide,
    { id, secret, contract, subject, deadlineAtMs, sentAtMs, outgoing, parent }: Sent,
    private readonly options: AskOptions<unknown>,
  ) {
    this.id = id;
    this.secret = secret;
    this.contract = contract;
    this.subject = subject;
    this.deadlineAtMs = deadlineAtMs;
    this.sentAtMs = sentAtMs;
    this.askedAtMs = sentAtMs;
    this.heardAtMs = sentAtMs;
    this.outgoing = outgoing;
    this.parent = parent;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.answer.catch(ignore);
    options.signal?.addEventListener('abort', this);
  }

  /** The one instance that was asked, if not any of the owner's. */
  get instance(): string | undefined {
    return this.options.instance;
  }

  /** Somebody has it. */
  hear(nowMs: number): void {
    this.heardAtMs = nowMs;
    this.taken = true;
    this.absent = undefined;
  }

  /** Nobody has it: it is sent once more, and an answer to what was sent before counts for nothing. */
  begunAnew(secret: number, subject: string, nowMs: number): void {
    this.secret = secret;
    this.subject = subject;
    this.sentAtMs = nowMs;
    this.heardAtMs = nowMs;
    this.taken = false;
    this.absent = undefined;
    this.repeats += 1;
  }

  /** The asker's signal has aborted. */
  handleEvent(): void {
    this.abandon(fail('bus.cancelled', { executed: 'unknown' }));
  }

  /** A reply, failure, frame, or a part of one. */
  take(unit: Buffer): void {
    const flags = unit[1] ?? 0;
    const dataAt = UNIT_PREFIX + unit.readUInt16LE(2);
    const kind = unit[0] ?? 0;
    if (kind !== FRAME && this.intake === undefined && this.parts === undefined && (flags & (MORE | CONTINUES)) === 0) {
      this.settle(kind, this.instanceIn(unit, dataAt), unit, dataAt, unit.readUInt32LE(16), flags);
      return;
    }
    this.takeInOrder(unit, kind, flags, dataAt);
  }

  /** The answerer waits for credit after `seq`: what was sent up to there has arrived by now, or is lost. */
  blockedAfter(seq: number): void {
    if (seq > this.receivedSeq) this.receivedSeq = seq;
    if (this.isHeldBack) return;
    if (this.intake === undefined || this.intake.idle) this.grant(this.receivedSeq);
  }

  /** Ends the wait at once, and tells the answerer. */
  abandon(error: unknown): void {
    if (!this.open) return;
    this.asker.cancel(this);
    this.fail(error);
  }

  fail(error: unknown): void {
    if (!this.close()) return;
    this.giveBack();
    this.end(toGatewayError(error).code);
    this.reject(error);
  }

  private takeInOrder(unit: Buffer, kind: number, flags: number, dataAt: number): void {
    this.hear(performance.now());
    this.answerer ??= this.instanceIn(unit, dataAt);
    const seq = unit.readUInt32LE(12);
    const gap = seq !== this.receivedSeq + 1;
    if (seq > this.receivedSeq) this.receivedSeq = seq;
    this.ungrantedBytes += unit.length;
    if ((flags & (MORE | CONTINUES)) === 0) {
      this.arrive(unit, kind, seq, dataAt, unit.readUInt32LE(16), flags);
      return;
    }
    const begins = (flags & CONTINUES) === 0;
    if (begins) this.parts = [];
    if (this.parts === undefined || (gap && !begins)) {
      this.abandon(fail('bus.responder_lost', { executed: 'unknown' }));
      return;
    }
    this.partsBytes = (begins ? 0 : this.partsBytes) + unit.length - dataAt;
    if (this.partsBytes > this.asker.bytesMax) {
      this.abandon(fail('bus.too_large', { executed: 'unknown' }));
      return;
    }
    // A copy: the unit shares its memory with the whole read of the socket.
    this.parts.push(Buffer.from(unit.subarray(dataAt)));
    this.hold(unit.length - dataAt);
    if ((flags & MORE) !== 0) {
      this.waitForRoom();
      this.arrivals().push({ seq });
      return;
    }
    const whole = Buffer.concat(this.parts);
    this.parts = undefined;
    this.arrive(whole, kind, seq, 0, unit.readUInt32LE(16), flags);
  }

  private arrive(bytes: Buffer, kind: number, seq: number, dataAt: number, headBytes: number, flags: number): void {
    const arrivals = this.arrivals();
    if (kind !== FRAME) {
      this.stopWaiting();
      arrivals.finish(() => this.settle(kind, this.answerer ?? '', bytes, dataAt, headBytes, flags));
      return;
    }
    this.giveBack();
    try {
      arrivals.push({ seq, message: readMessage(bytes, dataAt, headBytes, (flags & HAS_BODY) !== 0) });
    } catch (error) {
      this.abandon(error);
    }
  }

  private settle(
    kind: number,
    instance: string,
    bytes: Buffer,
    dataAt: number,
    headBytes: number,
    flags: number,
  ): void {
    let head: unknown;
    try {
      head = readHead(bytes, dataAt, headBytes);
    } catch {
      this.fail(fail('bus.malformed', { executed: 'unknown' }));
      return;
    }
    if (kind === FAILURE) this.fail(failureIn(head));
    else if (this.close()) {
      this.end('');
      this.resolve({ head, body: readBody(bytes, dataAt + headBytes, flags), instance });
    }
  }

  private arrivals(): Intake {
    this.intake ??= new Intake(
      this.options.onFrame as OnFrame | undefined,
      (seq) => this.consumed(seq),
      (error) => this.abandon(error),
    );
    return this.intake;
  }

  private hold(bytes: number): void {
    this.options.holds?.add(bytes);
    this.heldBytes += bytes;
  }

  /** A frame counts no more once it is whole: what hands it on has a limit of its own. */
  private giveBack(): void {
    if (this.heldBytes !== 0) this.options.holds?.add(-this.heldBytes);
    this.heldBytes = 0;
  }

  private waitForRoom(): void {
    const { holds } = this.options;
    if (holds === undefined || this.isHeldBack || holds.hasRoom) return;
    this.isHeldBack = true;
    holds.whenRoom(() => {
      this.isHeldBack = false;
      if (this.open) this.grant(this.receivedSeq);
    });
  }

  private stopWaiting(): void {
    if (!this.isHeldBack) return;
    this.isHeldBack = false;
    this.options.holds?.stopWaiting();
  }

  private consumed(seq: number): void {
    if (this.isHeldBack) return;
    if (seq - this.grantedSeq >= WINDOW_FRAMES / 2 || this.ungrantedBytes >= WINDOW_BYTES / 2) this.grant(seq);
  }

  private grant(seq: number): void {
    this.grantedSeq = seq;
    this.ungrantedBytes = 0;
    if (this.open) this.asker.grant(this, seq);
  }

  private instanceIn(unit: Buffer, dataAt: number): string {
    return unit.toString('latin1', UNIT_PREFIX, dataAt);
  }

  private end(errorType: string): void {
    requestAnswered(this.contract.subject, (performance.now() - this.askedAtMs) / 1_000, errorType);
    const { traceparent } = this.outgoing;
    if (traceparent === this.parent || !isTraced(traceparent, this.askedAtMs, errorType)) return;
    const timing = { traceparent, parent: this.parent, startedAtMs: this.askedAtMs, errorType };
    askSpanEnded(this.contract.subject, timing);
  }

  private close(): boolean {
    if (!this.open) return false;
    this.open = false;
    this.stopWaiting();
    this.intake?.stop();
    this.options.signal?.removeEventListener('abort', this);
    this.asker.close(this);
    return true;
  }
}

const failureIn = (head: unknown): GatewayError =>
  typeof head === 'object' && head !== null
    ? fromEnvelope(head as FailureEnvelope)
    : fail('bus.malformed', { executed: 'unknown' });
