import {
  type IncomingError,
  type IncomingNotification,
  type IncomingRequest,
  type IncomingResult,
  isTaskMethod,
  notificationText,
  requestText,
  withMetaText,
} from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import type { Claim } from '#libs/resilience';
import { traceHeaders } from '#libs/telemetry';
import type { OpenCall, UpstreamSide } from '../../call/open-call.js';
import type { ServerRequest } from '../../call/server-request.js';
import { Stale, staleSession } from '../../call/stale.js';
import type { Channel } from '../../transport/channel.js';
import { Exchange, type ExchangeSink } from '../../transport/exchange.js';
import { HttpRefusal } from '../../transport/http/refusal.js';
import { nextRequestId } from '../request.js';
import { ownerOf } from '../../call/owner.js';
import { toUpstreamError } from '../upstream-error.js';
import { refusesSession, saysLostSession } from './lost-session.js';
import { callMeta } from './request.js';

/** How a request for the sake of a call differs from the call itself. */
export interface RequestOverrides {
  readonly method?: string;
  readonly paramsText?: string;
  /** Takes the result in place of the call. */
  readonly onResult?: (result: IncomingResult) => void | Promise<void>;
  /** Takes an error in place of the call. */
  readonly onError?: (error: IncomingError) => void;
  /** The call itself has run before. */
  readonly follows?: boolean;
  /** Whose questions it may raise, where that is not the call itself. */
  readonly owner?: string;
  /** Takes what the upstream requests in place of the call. */
  readonly onServerRequest?: (request: Omit<ServerRequest, 'key'>) => void;
  /** Cancels at the upstream in another way than `notifications/cancelled`. */
  readonly onCancel?: () => void;
}

/** What a call needs of its session. */
export interface LegacyCallOwner {
  readonly channel: Channel;
  /** Takes what the upstream requests on the stream of the call. */
  requested(message: IncomingRequest, call: LegacyCall): void;
  notified(message: IncomingNotification, call: LegacyCall): void;
  /** How long an answer waits for what comes late, in milliseconds. */
  holdMs(open: OpenCall): number;
  settled(call: LegacyCall): void;
  /** Nobody waits for it any more, but the upstream may still work on it. */
  abandoned(call: LegacyCall): void;
  /** The upstream has forgotten the session. */
  lose(): void;
  post(text: string): void;
  /** Gives a call the answer of the upstream. */
  give(open: OpenCall, message: IncomingResult | IncomingError): void;
}

/** A call, or a request for the sake of one, on its way to a session and back. */
export class LegacyCall implements ExchangeSink, UpstreamSide {
  slot = -1;
  /** The upstream has told of its work on the call. */
  private hasBegun: boolean;
  readonly exchange: Exchange;
  /** Takes what the upstream requests on the stream of this call. */
  readonly requestReceiver: Pick<OpenCall, 'call' | 'serverRequest'>;
  /** Whose questions it may raise; `null` where it raises none. */
  readonly owner: string | null;

  constructor(
    private readonly session: LegacyCallOwner,
    readonly open: OpenCall,
    private readonly overrides: RequestOverrides,
  ) {
    const { call, traceparent } = open;
    const { method = call.method, paramsText = open.paramsText, onServerRequest, follows = false } = overrides;
    this.hasBegun = follows;
    const id = nextRequestId();
    const text = requestText(id, method, withMetaText(paramsText, callMeta(open, id)));
    this.exchange = new Exchange(id, text, traceHeaders(traceparent, call.passedContext), this);
    this.exchange.deadlineAtMs = open.deadlineAtMs;
    this.requestReceiver = onServerRequest === undefined ? open : { call, serverRequest: onServerRequest };
    this.owner = overrides.owner ?? (isTaskMethod(call.method) ? null : ownerOf(call));
    open.carrier = this.exchange;
    open.upstreamSide = this;
  }

  get held(): Claim {
    return this.open.held;
  }

  answered(message: IncomingResult | IncomingError, httpStatus: number | undefined): void {
    this.open.heard = true;
    const holdMs = this.session.holdMs(this.open);
    if (holdMs === 0) this.conclude(message, httpStatus);
    else setTimeout(() => this.conclude(message, httpStatus), holdMs);
  }

  private conclude(message: IncomingResult | IncomingError, httpStatus: number | undefined): void {
    this.session.settled(this);
    if (this.open.ended) return;
    if (message.kind === 'error' && this.isSessionful && saysLostSession(message, httpStatus)) return this.failLost();
    try {
      this.take(message)?.catch((error: unknown) => this.open.fail(toUpstreamError(error)));
    } catch (error) {
      this.open.fail(toUpstreamError(error));
    }
  }

  notified(message: IncomingNotification): void {
    this.open.heard = true;
    this.hasBegun = true;
    this.session.notified(message, this);
  }

  requested(message: IncomingRequest): void {
    this.open.heard = true;
    this.hasBegun = true;
    this.session.requested(message, this);
  }

  postponed(retryMs: number): void {
    this.open.postpone(retryMs);
  }

  failed(error: GatewayError): void {
    const { cause } = error;
    if (this.exchange.sent && !(cause instanceof HttpRefusal)) this.session.abandoned(this);
    else this.session.settled(this);
    this.open.heard ||= this.exchange.heard;
    if (cause instanceof HttpRefusal && this.isSessionful && refusesSession(cause)) this.failLost();
    else this.open.fail(this.hasBegun ? asBegun(error) : error);
  }

  abandon(): void {
    this.exchange.abandon();
    this.open.fail(fail('upstream.closed', { executed: this.exchange.executed }));
  }

  private take(message: IncomingResult | IncomingError): Promise<void> | undefined {
    const { onResult, onError } = this.overrides;
    const taker = message.kind === 'result' ? onResult : onError;
    if (taker === undefined) {
      this.session.give(this.open, message);
      return undefined;
    }
    this.open.upstreamSide = undefined;
    return taker(message as never) ?? undefined;
  }

  cancel(reason: string): void {
    const isAnswered = this.exchange.settled;
    if (this.exchange.sent && !isAnswered) this.session.abandoned(this);
    else this.session.settled(this);
    if (isAnswered) return;
    this.exchange.abandon();
    if (this.overrides.onCancel !== undefined) this.overrides.onCancel();
    else if (this.exchange.sent)
      this.session.post(notificationText('notifications/cancelled', { requestId: this.exchange.id, reason }));
  }

  private get isSessionful(): boolean {
    return this.session.channel.sessionful;
  }

  private failLost(): void {
    this.session.lose();
    // What was heard of has run, whatever came of it: it is not repeated in another session.
    this.open.fail(this.hasBegun ? fail('upstream.session_lost', { executed: 'unknown' }) : staleSession());
  }
}

/** What has run is not said to have not, so that nobody repeats it. */
const asBegun = (error: GatewayError): GatewayError => {
  if (error.executed !== 'no') return error;
  const { code, message, data, cause } = error;
  return fail(code, {
    message,
    ...(data && { data }),
    executed: 'unknown',
    ...(!(cause instanceof Stale) && { cause }),
  });
};
