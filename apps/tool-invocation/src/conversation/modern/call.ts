import {
  type HeaderMirror,
  type IncomingError,
  type IncomingNotification,
  type IncomingResult,
  notificationText,
  requestText,
  withMetaText,
  HEADER_MISMATCH,
} from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import type { Claim } from '#libs/resilience';
import type { OpenCall, UpstreamSide } from '../../call/open-call.js';
import { staleEra } from '../../call/stale.js';
import type { Channel } from '../../transport/channel.js';
import { Exchange, type ExchangeSink } from '../../transport/exchange.js';
import { HttpRefusal } from '../../transport/http/refusal.js';
import { relayLog, relayOther, relayProgress, takeHint } from '../notifications.js';
import type { PeerEvents } from '../peer.js';
import { nextRequestId } from '../request.js';
import { toUpstreamError } from '../upstream-error.js';
import { giveModernError, giveModernResult } from './answer.js';
import { callHeaders, callMeta } from './request.js';

/** What a call needs of its peer. */
export interface ModernCallOwner {
  readonly channel: Channel;
  /** Whether requests carry headers, and cancelling is closing the stream. */
  readonly overHttp: boolean;
  readonly events: PeerEvents;
  /** The header mirrors of a tool as the upstream declares them now. */
  mirrorsOf(tool: string): Promise<readonly HeaderMirror[]>;
  /** How long an answer waits for what comes late, in milliseconds. */
  holdMs(open: OpenCall): number;
  done(call: ModernCall): void;
}

/** A call on its way to an upstream of 2026-07-28 and back. */
export class ModernCall implements ExchangeSink, UpstreamSide {
  slot = -1;
  exchange!: Exchange;
  private refreshed = false;

  constructor(
    private readonly peer: ModernCallOwner,
    readonly open: OpenCall,
    private mirrors: readonly HeaderMirror[] = open.call.headerParams,
  ) {}

  send(): void {
    const { call, paramsText } = this.open;
    const id = nextRequestId();
    const text = requestText(id, call.method, withMetaText(paramsText, callMeta(this.open, id)));
    this.exchange = new Exchange(id, text, this.peer.overHttp ? callHeaders(this.open, this.mirrors) : [], this);
    this.exchange.deadlineAtMs = this.open.deadlineAtMs;
    this.open.carrier = this.exchange;
    this.open.upstreamSide = this;
    this.peer.channel.request(this.exchange);
  }

  get held(): Claim {
    return this.open.held;
  }

  answered(message: IncomingResult | IncomingError, httpStatus: number | undefined): void {
    this.open.heard = true;
    if (
      message.kind === 'error' &&
      message.error.code === HEADER_MISMATCH &&
      !this.refreshed &&
      this.open.call.method === 'tools/call'
    ) {
      void this.refresh(message);
      return;
    }
    const holdMs = this.peer.holdMs(this.open);
    if (holdMs === 0) this.conclude(message, httpStatus);
    else setTimeout(() => this.conclude(message, httpStatus), holdMs);
  }

  private conclude(message: IncomingResult | IncomingError, httpStatus: number | undefined): void {
    this.peer.done(this);
    try {
      if (message.kind === 'result') giveModernResult(this.open, message);
      else if (this.isFromThePast(message, httpStatus) || !giveModernError(this.open, message))
        this.open.fail(staleEra(undefined));
    } catch (error) {
      this.open.fail(toUpstreamError(error));
    }
  }

  notified(message: IncomingNotification): void {
    this.open.heard = true;
    if (message.method === 'notifications/progress' && message.params.progressToken === this.exchange.id)
      relayProgress(message, this.open);
    else if (message.method === 'notifications/message') relayLog(message, this.open);
    else if (!takeHint(message, this.peer.events)) relayOther(message, this.open);
  }

  requested(): void {
    // A 2026-07-28 server may not ask by requests, and there is no way to answer one.
    this.exchange.strays++;
  }

  failed(error: GatewayError): void {
    this.peer.done(this);
    this.open.heard ||= this.exchange.heard;
    const { cause } = error;
    // 400, 404 or 405 without a modern error: the upstream has changed its era.
    const isDoubtful = cause instanceof HttpRefusal && [400, 404, 405, 406].includes(cause.status);
    this.open.fail(isDoubtful ? staleEra(error) : error);
  }

  /**
   * The upstream misses a header that mirrors a parameter: its schema has changed.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#client-behavior
   */
  private async refresh(refusal: IncomingError): Promise<void> {
    this.refreshed = true;
    this.peer.events.listChanged('tools');
    try {
      this.mirrors = await this.peer.mirrorsOf(this.open.call.target);
    } catch {
      this.peer.done(this);
      this.open.fail(
        fail('upstream.invalid_answer', {
          message: `The upstream refused the headers: ${refusal.error.message.slice(0, 256)}`,
          executed: 'no',
        }),
      );
      return;
    }
    if (this.open.ended) this.peer.done(this);
    else this.send();
  }

  /** Session servers turn away what does not begin with `initialize` with a code of their own: the era has changed. */
  private isFromThePast({ error: { code } }: IncomingError, httpStatus: number | undefined): boolean {
    return this.open.repeats === 0 && (httpStatus === 400 || httpStatus === 404) && code <= -32000 && code >= -32019;
  }

  cancel(): void {
    this.peer.done(this);
    this.exchange.abandon();
    if (this.peer.overHttp || !this.exchange.sent) return;
    const params = { requestId: this.exchange.id, reason: 'cancelled' };
    void this.peer.channel.post(notificationText('notifications/cancelled', params)).catch(() => {});
  }
}
