import {
  type Incoming,
  type IncomingError,
  type IncomingNotification,
  type IncomingRequest,
  type IncomingResult,
  LongResult,
} from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import { type Claim, bytesHeld } from '#libs/resilience';
import type { TalkGauge } from './talk-gauge.js';

/** What becomes of one request to an upstream. `answered` or `failed` comes last, and once. */
export interface ExchangeSink {
  /** `httpStatus` where the answer came over HTTP. */
  answered(message: IncomingResult | IncomingError, httpStatus: number | undefined): void;
  notified(message: IncomingNotification): void;
  requested(message: IncomingRequest): void;
  /** The upstream closed the stream of the request; it wants to be asked for the rest after so long. */
  postponed?(retryMs: number): void;
  /** What the process holds for it. None: a request of the gateway's own. */
  readonly held?: Claim;
  failed(error: GatewayError): void;
}

/** What takes an exchange to the upstream and back. */
export interface Carrier {
  /** Stops the work: the answer is not wanted any more. */
  release(exchange: Exchange): void;
}

/**
 * One JSON-RPC request on its way to an upstream and back. The channel that carries it feeds it; its sink
 * listens. Knows whether anything was sent, which decides whether the call may be repeated.
 */
export class Exchange {
  /** Bytes of the request may have reached the upstream. */
  sent = false;
  /** The upstream gave a sign of life. */
  heard = false;
  settled = false;
  /** Messages that did not belong here: wrong id, second answer. */
  strays = 0;
  /** Set by the channel. */
  carrier: Carrier | undefined;
  /** Asked before it fails: whether another address of the upstream has taken it over. */
  elsewhere: ((error: GatewayError) => boolean) | undefined;
  /** Told once it is settled, however it ended. */
  onSettled: (() => void) | undefined;
  /** By this process' `performance.now()`: nobody waits for the answer after it. */
  deadlineAtMs: number | undefined;
  /** It makes no difference how often it is sent. */
  isRepeatable = false;
  /** Of the streams that bring its answer, one after the other. */
  talk: TalkGauge | undefined;

  constructor(
    readonly id: number,
    readonly text: string,
    /** For channels with headers: a flat list of names and values. */
    readonly headers: readonly string[],
    private readonly sink: ExchangeSink,
    /** Opens a session: its answer may carry a session id. */
    readonly opensSession = false,
  ) {}

  get held(): Claim | undefined {
    return this.sink.held;
  }

  get executed(): 'no' | 'unknown' {
    return this.sent ? 'unknown' : 'no';
  }

  receive(message: Incoming, httpStatus?: number): void {
    this.heard = true;
    if (this.settled) {
      this.strays++;
      return;
    }
    if (message.kind === 'notification') return this.sink.notified(message);
    if (message.kind === 'request') return this.sink.requested(message);
    // An error without an id can only be about this request when HTTP says which one it answers.
    const isOurs =
      message.id === this.id || (message.kind === 'error' && message.id === null && httpStatus !== undefined);
    if (!isOurs) {
      this.strays++;
      return;
    }
    this.settle();
    if (message.kind === 'result')
      this.held?.set(bytesHeld(message instanceof LongResult ? message.bytes : message.text));
    this.sink.answered(message, httpStatus);
  }

  postpone(retryMs: number): void {
    this.sink.postponed?.(retryMs);
  }

  fail(error: GatewayError): void {
    if (this.settled || this.elsewhere?.(error)) return;
    this.settle();
    this.sink.failed(error);
  }

  /** Ends the exchange: the answer is not wanted any more. */
  abandon(): void {
    this.settle();
    this.carrier?.release(this);
  }

  /** The connection ended before the answer came. */
  failClosed(cause?: unknown): void {
    this.fail(fail('upstream.closed', { executed: this.executed, cause }));
  }

  private settle(): void {
    this.settled = true;
    this.onSettled?.();
  }
}
