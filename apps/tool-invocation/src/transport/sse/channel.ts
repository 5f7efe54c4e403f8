import { type CarriedJson, type Incoming, readMessages, textOf } from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import { type Access, type Channel, type ChannelEvents, requestPath } from '../channel.js';
import type { Carrier, Exchange } from '../exchange.js';
import { EventFeed } from '../http/event-feed.js';
import type { Pools } from '../http/pools.js';
import { postMessage } from '../http/post.js';
import { askedForMore } from '../http/refusal.js';
import { RequestTarget } from '../http/request-target.js';
import { OperatorReason } from '../reason.js';
import type { Strays } from '../strays.js';
import { TalkGauge, type TalkLimits } from '../talk-gauge.js';

export interface SseChannelOptions {
  readonly pools: Pools;
  readonly url: URL;
  readonly bytesMax: number;
  readonly talk: TalkLimits;
  readonly timeoutMs: number;
  readonly access: Access;
  readonly events: ChannelEvents;
  readonly strays: Strays;
}

/**
 * A GET stream on which everything comes, and a URI it names to which everything is posted.
 * https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
 */
export class SseChannel implements Channel, Carrier {
  readonly sessionful = true;
  readonly hasCommonStream = true;
  protocolVersion: string | undefined;
  closed = false;
  strays = 0;
  private endpoint: RequestTarget | undefined;
  private readonly exchanges = new Map<unknown, Exchange>();
  private readonly feed: EventFeed;
  private readonly talk: TalkGauge;

  static async open(options: SseChannelOptions): Promise<SseChannel> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<SseChannel>((resolve, reject) => {
        const channel = new SseChannel(options, resolve, reject);
        timer = setTimeout(() => channel.end(fail('upstream.timed_out', { executed: 'no' })), options.timeoutMs);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(
    private readonly options: SseChannelOptions,
    private readonly onReady: (channel: SseChannel) => void,
    private readonly onUnready: (error: GatewayError) => void,
  ) {
    const { pools, url, bytesMax, access } = options;
    this.talk = new TalkGauge(options.talk, bytesMax);
    this.feed = new EventFeed({
      pool: pools.control,
      target: new RequestTarget(url, requestPath(url, access)),
      access,
      headers: () => ['accept', 'text/event-stream', ...access.headers],
      eventBytesMax: bytesMax,
      talk: this.talk,
      holder: `upstream ${options.strays.upstreamId}`,
      onEvent: ({ event, data }) => (event === 'endpoint' ? this.takeEndpoint(textOf(data)) : this.read(event, data)),
      onEnd: (error) => void this.turnedAway(error ?? fail('upstream.closed')),
    });
    this.feed.open();
  }

  request(exchange: Exchange): void {
    if (this.closed) return exchange.failClosed();
    this.exchanges.set(exchange.id, exchange);
    exchange.carrier = this;
    exchange.sent = true;
    const isWanted = () => !exchange.settled && !this.closed;
    this.send(this.options.pools.calls, exchange.text, exchange.headers, isWanted).catch((error: GatewayError) => {
      this.exchanges.delete(exchange.id);
      exchange.fail(error);
    });
  }

  release(exchange: Exchange): void {
    this.exchanges.delete(exchange.id);
  }

  async post(text: string): Promise<void> {
    if (!this.closed) await this.send(this.options.pools.control, text, [], () => !this.closed);
  }

  async listen(): Promise<void> {
    // The stream is there from the start.
  }

  async close(): Promise<void> {
    this.end(fail('upstream.closed'));
  }

  private send(pool: Pools['calls'], text: string, more: readonly string[], isWanted: () => boolean): Promise<void> {
    const { access } = this.options;
    const headers = () => ['content-type', 'application/json', ...access.headers, ...more];
    return postMessage(pool, this.endpoint as RequestTarget, { headers, body: text, access, isWanted });
  }

  private takeEndpoint(data: string): void {
    if (this.endpoint !== undefined) return;
    const target = URL.parse(data, this.options.url.href);
    // What is presented to one origin is never sent to another.
    if (target === null || target.origin !== this.options.url.origin) {
      this.end(
        fail('upstream.invalid_answer', {
          message: 'The upstream named an endpoint on another origin',
          executed: 'no',
          cause: new OperatorReason(target === null ? 'it is no URL' : `it is at ${target.origin}`),
        }),
      );
      return;
    }
    this.endpoint = new RequestTarget(target, `${target.pathname}${target.search}`);
    this.onReady(this);
  }

  private read(event: string, data: CarriedJson): void {
    if (event !== 'message' || data === '') return;
    const { strays, access, events } = this.options;
    const read = (message: Incoming): void => {
      if (message.kind === 'request' || message.kind === 'notification') return events.received(message);
      const exchange = this.exchanges.get(message.id);
      if (exchange === undefined) {
        this.strays++;
        this.options.events.answeredLate(message.id);
      }
      if (exchange === undefined) return;
      this.talk.giveBack(Buffer.byteLength(data));
      this.exchanges.delete(message.id);
      exchange.receive(message);
    };
    readMessages(access.redact(data), read, ({ id, error }) => {
      const exchange = this.exchanges.get(id);
      if (exchange === undefined) return strays.note(error);
      this.exchanges.delete(id);
      exchange.fail(fail(error.code, { message: error.message, executed: 'unknown' }));
    });
  }

  /** The stream could not be opened, or has ended. Where it was refused for want of scopes, whoever calls is asked for more. */
  private async turnedAway(error: GatewayError): Promise<void> {
    const scopes = this.endpoint === undefined ? (error.data?.['scopes'] ?? []) : [];
    this.end(await askedForMore(this.options.access, error, scopes as readonly string[]));
  }

  private end(reason: GatewayError): void {
    if (this.closed) return;
    this.closed = true;
    this.feed.close();
    for (const exchange of this.exchanges.values()) exchange.failClosed(reason);
    this.exchanges.clear();
    if (this.endpoint === undefined) this.onUnready(reason);
    else this.options.events.closed(reason);
  }
}
