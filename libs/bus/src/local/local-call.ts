import { randomUUID } from 'node:crypto';
import { type Executed, type FailureEnvelope, type GatewayError, fail, fromEnvelope } from '#libs/errors';
import { currentTrace } from '#libs/telemetry';
import type { AnyRequest } from '#libs/contracts';
import { Intake, type OnFrame } from '../flow/intake.js';
import { Outflow, ignore, refusal } from '../flow/outflow.js';
import { failureToJson, fits, toJson } from '../json.js';
import type { Answer, AskOptions, Body, CallContext } from '../port.js';

interface Outgoing {
  readonly bytes: number;
  readonly deliver: (seq: number) => void;
}

/** The member that asked. */
export interface LocalAsker {
  readonly instance: string;
  ended(call: LocalCall): void;
}

/** The member that answers. */
export interface LocalAnswerer {
  readonly instance: string;
}

/** A head on its way: as it is where its contract shares it, else its JSON text. */
export type Parcel = { readonly shared: unknown } | string;

export const pack = (
  contract: AnyRequest,
  head: unknown,
  body: Body | undefined,
  bytesMax: number,
  executed: Executed,
): Parcel => {
  const parcel = contract.sharesHeads ? { shared: head } : toJson(head, executed);
  if (!fits(typeof parcel === 'string' ? parcel : '', body, bytesMax)) throw fail('bus.too_large', { executed });
  return parcel;
};

const unpack = (parcel: Parcel): unknown => (typeof parcel === 'string' ? JSON.parse(parcel) : parcel.shared);

/**
 * Both ends of one ask in this process. Heads are copied by way of JSON, save where their contract shares them; bodies
 * are shared, since nobody changes them.
 */
export class LocalCall implements CallContext<unknown> {
  readonly deadlineAtMs: number;
  readonly traceparent: string | undefined;
  readonly body: string | undefined;
  readonly answer: Promise<Answer<unknown>>;
  slot = -1;
  /** Who has taken it. */
  answerer: LocalAnswerer | undefined;
  /** The handler is still at work; outlives `open` when the asker gave up. */
  inHand = false;

  private isOpen = true;
  private givenCallId: string | undefined;
  private resolve!: (answer: Answer<unknown>) => void;
  private reject!: (error: unknown) => void;
  private abort: AbortController | undefined;
  private stopped: GatewayError | undefined;
  private gone: (() => void) | undefined;
  private outflow: Outflow<Outgoing> | undefined;
  private intake: Intake | undefined;

  constructor(
    readonly contract: AnyRequest,
    /** As it is, or its text; see `Parcel`. */
    private readonly request: Parcel,
    private readonly options: AskOptions<unknown>,
    readonly asker: LocalAsker,
    private readonly bytesMax: number,
  ) {
    this.deadlineAtMs = performance.now() + (options.timeoutMs ?? contract.deadlineMs);
    this.traceparent = options.traceparent ?? currentTrace()?.traceparent;
    this.body = options.body;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.answer.catch(ignore);
    options.signal?.addEventListener('abort', this);
  }

  /** The asker's signal has aborted. */
  handleEvent(): void {
    this.abandon(fail('bus.cancelled', { executed: this.taken ? 'unknown' : 'no' }));
  }

  /** For the handler. */
  get head(): unknown {
    return unpack(this.request);
  }

  get open(): boolean {
    return this.isOpen;
  }

  get taken(): boolean {
    return this.answerer !== undefined;
  }

  get callId(): string {
    return (this.givenCallId ??= this.options.callId ?? `${this.asker.instance}-${randomUUID()}`);
  }

  get signal(): AbortSignal {
    if (this.abort === undefined) {
      this.abort = new AbortController();
      if (this.stopped !== undefined) this.abort.abort(this.stopped);
    }
    return this.abort.signal;
  }

  send(frame: unknown, body?: string): Promise<void> {
    try {
      if (this.stopped !== undefined) throw this.stopped;
      const text = toJson(frame, 'unknown');
      if (!fits(text, body, this.bytesMax)) throw fail('bus.too_large', { executed: 'unknown' });
      const bytes = text.length + (body?.length ?? 0);
      return this.push(bytes, (seq) => this.arrivals().push({ seq, message: { head: JSON.parse(text), body } }));
    } catch (error) {
      return refusal(error);
    }
  }

  settle(head: unknown, body: Body | undefined, instance: string, gone?: () => void): void {
    if (!this.isOpen) return gone?.();
    this.gone = gone;
    try {
      const parcel = pack(this.contract, head, body, this.bytesMax, 'unknown');
      if (this.outflow === undefined) this.deliverAnswer(parcel, body, instance);
      else this.afterFrames(() => this.deliverAnswer(parcel, body, instance));
    } catch (error) {
      this.settleWith(error);
    }
  }

  private deliverAnswer(parcel: Parcel, body: Body | undefined, instance: string): void {
    if (this.close()) this.resolve({ head: unpack(parcel), body, instance });
  }

  /** The handler failed: the asker hears of it after the frames that came before. */
  settleWith(error: unknown): void {
    if (!this.isOpen) return;
    const envelope = failureToJson(error);
    this.afterFrames(() => {
      if (this.close()) this.reject(fromEnvelope(JSON.parse(envelope) as FailureEnvelope));
    });
  }

  /** Ends the wait at once and aborts the handler, which is told `reason`. */
  abandon(error: unknown, reason: GatewayError = fail('bus.cancelled')): void {
    if (!this.close()) return;
    this.stopped = reason;
    this.outflow?.fail(reason);
    this.abort?.abort(reason);
    this.reject(error);
  }

  private afterFrames(settle: () => void): void {
    if (this.outflow === undefined) settle();
    else void this.push(0, () => this.arrivals().finish(settle));
  }

  private push(bytes: number, deliver: (seq: number) => void): Promise<void> {
    this.outflow ??= new Outflow((item, seq) => {
      queueMicrotask(() => {
        if (this.isOpen) item.deliver(seq);
      });
      return true;
    });
    return this.outflow.push({ bytes, deliver });
  }

  private arrivals(): Intake {
    this.intake ??= new Intake(
      this.options.onFrame as OnFrame | undefined,
      (seq) => this.outflow?.acknowledge(seq),
      (error) => this.abandon(error),
    );
    return this.intake;
  }

  private close(): boolean {
    if (!this.isOpen) return false;
    this.isOpen = false;
    this.intake?.stop();
    this.options.signal?.removeEventListener('abort', this);
    this.asker.ended(this);
    this.gone?.();
    return true;
  }
}
