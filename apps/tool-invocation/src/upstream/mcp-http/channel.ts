import { readIncomingBatch, type EventStreamReader, type StreamEvent } from '#libs/mcp';
import type { GatewayError } from '#libs/errors';
import type { Access, Channel, ChannelEvents } from '../channel.js';
import type { Exchange } from '../exchange.js';
import { AnswerReader } from '../http/answer-reader.js';
import { EventFeed } from '../http/event-feed.js';
import type { Pools } from '../http/pools.js';
import { postMessage } from '../http/post.js';
import { HttpRefusal } from '../refusal.js';

const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;
/** Streams of a call that bring nothing new, one after the other, before the call is given up. */
const BARREN_RESUMES_MAX = 5;

/** Streamable HTTP, both eras: a POST per message, the answer as JSON or as a stream; for sessions also a GET stream. */
export class HttpChannel implements Channel {
  protocolVersion: string | undefined;
  sessionId: string | undefined;
  closed = false;
  private feed: EventFeed | undefined;
  private feedTimer: NodeJS.Timeout | undefined;
  private readonly resumptions = new Set<EventFeed | NodeJS.Timeout>();
  private readonly postHeaders: readonly string[];

  constructor(
    private readonly pools: Pools,
    private readonly path: string,
    private readonly bytesMax: number,
    private readonly access: Access,
    private readonly events: ChannelEvents,
  ) {
    this.postHeaders = [
      'content-type', 'application/json',
      'accept', 'application/json, text/event-stream',
      ...access.headers,
    ];
  }

  get sessionful(): boolean {
    return this.sessionId !== undefined;
  }

  request(exchange: Exchange): void {
    const reader = new AnswerReader(exchange, {
      bytesMax: this.bytesMax,
      redact: this.access.redact,
      onHeaders: exchange.opensSession ? (status, headers) => this.takeSession(status, headers) : undefined,
      onCutOff: (stream) => this.resume(exchange, stream, 0),
    });
    this.pools.calls.dispatch({ path: this.path, method: 'POST', headers: this.headers(exchange.headers), body: exchange.text }, reader);
  }

  async post(text: string): Promise<void> {
    await postMessage(this.pools.control, this.path, this.headers([]), text);
  }

  listen(): void {
    if (this.closed || this.feed !== undefined) return;
    this.openFeed(undefined, 0);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.feedTimer);
    this.feed?.close();
    for (const resumption of this.resumptions) {
      if (resumption instanceof EventFeed) resumption.close();
      else clearTimeout(resumption);
    }
    // https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management (5): 405 is fine.
    if (this.sessionId === undefined) return;
    await postMessage(this.pools.control, this.path, this.headers([]), undefined, 'DELETE').catch(() => {});
  }

  private headers(more: readonly string[]): string[] {
    const headers = [...this.postHeaders, ...more];
    if (this.protocolVersion !== undefined) headers.push('mcp-protocol-version', this.protocolVersion);
    if (this.sessionId !== undefined) headers.push('mcp-session-id', this.sessionId);
    return headers;
  }

  private streamHeaders(): string[] {
    const headers = ['accept', 'text/event-stream', ...this.access.headers];
    if (this.protocolVersion !== undefined) headers.push('mcp-protocol-version', this.protocolVersion);
    if (this.sessionId !== undefined) headers.push('mcp-session-id', this.sessionId);
    return headers;
  }

  private takeSession(status: number, headers: Record<string, unknown>): void {
    const id = headers['mcp-session-id'];
    if (status < 300 && typeof id === 'string' && SESSION_ID.test(id)) this.sessionId = id;
  }

  /**
   * A server may close the stream of a call and let the client come back for the answer with `Last-Event-ID`.
   * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
   */
  private resume(exchange: Exchange, stream: EventStreamReader, barren: number): boolean {
    const { lastEventId, retryMs } = stream;
    // Only sessions know resumption; they are those with a version agreed upon.
    if (!lastEventId || this.protocolVersion === undefined) return false;
    if (this.closed || barren >= BARREN_RESUMES_MAX) return false;
    const timer = setTimeout(() => {
      this.resumptions.delete(timer);
      if (exchange.settled) return;
      const feed = new EventFeed({
        pool: this.pools.control,
        path: this.path,
        headers: this.streamHeaders(),
        eventBytesMax: this.bytesMax,
        lastEventId,
        onEvent: ({ event, data }) => {
          if (event !== 'message' || data === '') return;
          for (const message of readIncomingBatch(this.access.redact(data))) exchange.receive(message);
          if (exchange.settled) feed.close();
        },
        onEnd: (error) => {
          this.resumptions.delete(feed);
          if (exchange.settled) return;
          const isRefused = error?.cause instanceof HttpRefusal;
          const isBarren = feed.reader.lastEventId === lastEventId;
          if (isRefused || !this.resume(exchange, feed.reader, isBarren ? barren + 1 : 0)) exchange.failClosed(error);
        },
      });
      feed.reader.retryMs = retryMs;
      this.resumptions.add(feed);
      exchange.release = () => feed.close();
    }, Math.min(retryMs ?? RETRY_MS, RETRY_MS_MAX));
    this.resumptions.add(timer);
    exchange.release = () => {
      clearTimeout(timer);
      this.resumptions.delete(timer);
    };
    return true;
  }

  private openFeed(lastEventId: string | undefined, failures: number): void {
    const feed = new EventFeed({
      pool: this.pools.control,
      path: this.path,
      headers: this.streamHeaders(),
      eventBytesMax: this.bytesMax,
      lastEventId,
      onEvent: (event) => this.receive(event),
      onEnd: (error) => this.reopenFeed(feed, error, failures),
    });
    this.feed = feed;
  }

  private reopenFeed(feed: EventFeed, error: GatewayError | undefined, failures: number): void {
    // 405 and its kin: this server has no such stream.
    if (this.closed || (error?.cause instanceof HttpRefusal && error.cause.status < 500)) return;
    const next = error === undefined ? 0 : failures + 1;
    const delayMs = Math.min((feed.reader.retryMs ?? RETRY_MS) * 2 ** Math.min(next, 6), RETRY_MS_MAX);
    this.feedTimer = setTimeout(() => this.openFeed(feed.reader.lastEventId, next), delayMs * (0.75 + Math.random() / 2)).unref();
  }

  private receive({ event, data }: StreamEvent): void {
    if (event !== 'message' || data === '') return;
    for (const message of readIncomingBatch(this.access.redact(data))) {
      if (message.kind === 'request' || message.kind === 'notification') this.events.received(message);
    }
  }
}
