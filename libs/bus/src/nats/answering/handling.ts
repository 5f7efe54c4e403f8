import type { AnyRequest } from '#libs/contracts';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { isTraced, stepTraceparent } from '#libs/telemetry';
import { Outflow, refusal } from '../../flow/outflow.js';
import { failureToJson, fits, toJson } from '../../json.js';
import { type Body, type CallContext, WithBody } from '../../port.js';
import { answerSpanEnded } from '../bus-spans.js';
import type { AskerClock } from './asker-clocks.js';
import type { Link } from '../link.js';
import { FAILURE, FRAME, REPLY, type ReceivedRequest, encodeUnit, isWhole, splitUnit } from '../wire.js';

/** What a call in hand needs of the answerer it belongs to. */
export interface AnswererSide {
  readonly instance: string;
  readonly bytesMax: number;
  readonly link: Link;
  /** Whether the asker is there to receive anything. */
  reaches(handling: Handling): boolean;
  /** From now on it is found when its asker grants more. */
  beginsToStream(handling: Handling): void;
  /** Nothing more is to be done for it. `answer`: what went out last, if it was sent in one piece. */
  close(handling: Handling, answer?: Buffer): void;
}

interface Outgoing {
  readonly bytes: number;
  readonly unit: Buffer;
  readonly last: boolean;
}

/** A call this instance answers, from its request until the last byte of its answer has left. */
export class Handling implements CallContext<unknown> {
  slot = -1;
  readonly id: number;
  readonly secret: number;
  readonly traceparent: string | undefined;
  body: string | undefined;
  /** When its asker is told next that it is at work. */
  beatAtMs = 0;
  private outflow: Outflow<Outgoing> | undefined;
  private abort: AbortController | undefined;
  private stopReason: GatewayError | undefined;
  private readonly startedAtMs = performance.now();
  private handled = false;
  private gone: (() => void) | undefined;

  constructor(
    private readonly side: AnswererSide,
    readonly contract: AnyRequest,
    readonly reply: string,
    readonly request: ReceivedRequest,
    /** Undefined of askers that have none. */
    readonly asker: AskerClock | undefined,
    readonly deadlineAtMs: number,
  ) {
    this.id = request.id;
    this.secret = request.secret;
    const { traceparent: asked } = request;
    this.traceparent = asked === '' ? undefined : stepTraceparent(asked);
  }

  get callId(): string {
    const { callId } = this.request;
    return callId === '' ? this.reply.split('.').slice(2, 4).join('-') : callId;
  }

  get signal(): AbortSignal {
    if (this.abort === undefined) {
      this.abort = new AbortController();
      if (this.stopReason !== undefined) this.abort.abort(this.stopReason);
    }
    return this.abort.signal;
  }

  get stopped(): boolean {
    return this.stopReason !== undefined;
  }

  get streams(): boolean {
    return this.outflow !== undefined;
  }

  /** The sequence number after which it waits for credit, else 0. */
  get blockedAfter(): number {
    return this.outflow?.blocked ? this.outflow.sentSeq : 0;
  }

  send(frame: unknown, body?: string): Promise<void> {
    try {
      if (this.stopReason !== undefined) throw this.stopReason;
      const head = toJson(frame, 'unknown');
      if (!fits(head, body, this.side.bytesMax)) throw fail('bus.too_large', { executed: 'unknown' });
      return this.push(this.encode(FRAME, head, body), false);
    } catch (error) {
      return refusal(error);
    }
  }

  settle(result: unknown): void {
    const [head, body] = result instanceof WithBody ? [result.head, result.body] : [result, undefined];
    if (result instanceof WithBody) this.gone = result.gone;
    try {
      const text = toJson(head, 'unknown');
      if (fits(text, body, this.side.bytesMax)) {
        this.endSpan('');
        this.answer(REPLY, text, body);
      } else this.settleWith(fail('bus.too_large', { executed: 'unknown' }));
    } catch (error) {
      this.settleWith(error);
    }
  }

  settleWith(error: unknown): void {
    this.endSpan(toGatewayError(error).code);
    this.answer(FAILURE, failureToJson(error), undefined);
  }

  acknowledge(seq: number): void {
    this.outflow?.acknowledge(seq);
  }

  resume(): void {
    this.outflow?.resume();
  }

  /** The asker has gone, or the time is up: nothing more is sent. */
  stop(reason: GatewayError): void {
    if (this.stopReason !== undefined) return;
    this.stopReason = reason;
    this.outflow?.fail(reason);
    this.abort?.abort(reason);
    if (this.handled) this.close();
  }

  /** This instance goes away before the handler is done: the asker is told so that it need not find out. */
  leave(): void {
    if (this.stopReason !== undefined) return;
    const reason = fail('bus.responder_lost', { executed: 'unknown' });
    this.side.link.send(this.reply, this.encode(FAILURE, failureToJson(reason), undefined));
    this.stop(reason);
  }

  private answer(kind: number, head: string, body: Body | undefined): void {
    this.handled = true;
    if (this.stopReason !== undefined) {
      this.close();
      return;
    }
    const unit = this.encode(kind, head, body);
    if (this.outflow === undefined && unit.length <= this.side.link.payloadBytesMax && this.transmitNow(unit)) {
      this.close(unit);
      return;
    }
    void this.push(unit, true);
  }

  private endSpan(errorType: string): void {
    const { traceparent, startedAtMs, contract, request } = this;
    if (
      traceparent === undefined ||
      traceparent === request.traceparent ||
      !isTraced(traceparent, startedAtMs, errorType)
    )
      return;
    answerSpanEnded(contract.subject, { traceparent, parent: request.traceparent, startedAtMs, errorType });
  }

  private close(answer?: Buffer): void {
    this.side.close(this, answer);
    this.gone?.();
  }

  private encode(kind: number, head: string, body: Body | undefined): Buffer {
    return encodeUnit({ kind, id: this.id, secret: this.secret, instance: this.side.instance }, head, body);
  }

  private push(unit: Buffer, ends: boolean): Promise<void> {
    if (this.outflow === undefined) {
      this.outflow = new Outflow((item, seq) => this.transmit(item, seq));
      this.side.beginsToStream(this);
    }
    const parts = { kind: unit[0] ?? 0, id: this.id, secret: this.secret, instance: this.side.instance };
    const units = splitUnit(unit, parts, this.side.link.payloadBytesMax);
    let room: Promise<void> = Promise.resolve();
    for (const [at, part] of units.entries()) {
      room = this.outflow.push({ bytes: part.length, unit: part, last: ends && at === units.length - 1 });
    }
    return room;
  }

  private transmit({ unit, last }: Outgoing, seq: number): boolean {
    unit.writeUInt32LE(seq, 12);
    if (!this.transmitNow(unit)) return false;
    // The last of several parts is worth nothing alone.
    if (last) this.close(isWhole(unit) ? unit : undefined);
    return true;
  }

  private transmitNow(unit: Buffer): boolean {
    return this.side.reaches(this) && this.side.link.send(this.reply, unit);
  }
}
