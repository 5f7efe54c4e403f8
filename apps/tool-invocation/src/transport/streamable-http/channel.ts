import type { EventStreamReader, StreamEvent } from '#libs/mcp';
import { fail } from '#libs/errors';
import type { Access, Channel, ChannelEvents } from '../channel.js';
import type { Exchange } from '../exchange.js';
import { AnswerReader } from '../http/answer-reader.js';
import { ACCEPT_ENCODING } from '../http/body-decoder.js';
import type { Pools } from '../http/pools.js';
import { postMessage } from '../http/post.js';
import type { Strays } from '../strays.js';
import { Resumption } from './resumption.js';
import { SessionFeed } from './session-feed.js';

const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

/** Streamable HTTP, both eras: a POST per message, the answer as JSON or as a stream; for sessions also a GET stream. */
export class HttpChannel implements Channel {
  protocolVersion: string | undefined;
  sessionId: string | undefined;
  closed = false;
  private feed: SessionFeed | undefined;
  private readonly resumptions = new Set<Resumption>();
  private readonly postHeaders: readonly string[];

  constructor(
    private readonly pools: Pools,
    private readonly path: string,
    private readonly bytesMax: number,
    private readonly access: Access,
    private readonly events: ChannelEvents,
    private readonly strays: Strays,
  ) {
    const accept = 'application/json, text/event-stream';
    const own = ['content-type', 'application/json', 'accept', accept, 'accept-encoding', ACCEPT_ENCODING];
    this.postHeaders = [...own, ...access.headers];
  }

  get sessionful(): boolean {
    return this.sessionId !== undefined;
  }

  /** A session has its GET stream. */
  get hasCommonStream(): boolean {
    return this.sessionful;
  }

  request(exchange: Exchange): void {
    const reader = new AnswerReader(exchange, {
      bytesMax: this.bytesMax,
      redact: this.access.redact,
      strays: this.strays,
      ...(exchange.opensSession && { onHeaders: (status, headers) => this.takeSession(status, headers) }),
      onCutOff: (stream, cause) => this.resume(exchange, stream, cause === undefined),
    });
    const headers = this.withSession([...this.postHeaders, ...exchange.headers]);
    this.pools.calls.dispatch({ path: this.path, method: 'POST', headers, body: exchange.text }, reader);
  }

  async post(text: string): Promise<void> {
    await postMessage(this.pools.control, this.path, this.withSession([...this.postHeaders]), text);
  }

  async listen(): Promise<void> {
    if (this.closed) return;
    if (this.feed === undefined) {
      this.feed = new SessionFeed(this.getOptions(), {
        event: (event) => this.receive(event),
        gap: () => this.events.invalidated(),
        lost: () => {
          this.events.closed(fail('upstream.session_lost'));
          void this.close();
        },
      });
      this.feed.open();
    }
    await this.feed.settled;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.feed?.close();
    for (const resumption of this.resumptions) resumption.giveUp();
    // https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management (5): 405 is fine.
    if (this.sessionId === undefined) return;
    const headers = this.withSession([...this.postHeaders]);
    await postMessage(this.pools.control, this.path, headers, undefined, 'DELETE').catch(() => {});
  }

  private withSession(headers: string[]): string[] {
    if (this.protocolVersion !== undefined) headers.push('mcp-protocol-version', this.protocolVersion);
    if (this.sessionId !== undefined) headers.push('mcp-session-id', this.sessionId);
    return headers;
  }

  private getOptions() {
    return {
      pool: this.pools.control,
      path: this.path,
      headers: this.withSession(['accept', 'text/event-stream', ...this.access.headers]),
      eventBytesMax: this.bytesMax,
    };
  }

  private takeSession(status: number, headers: Record<string, unknown>): void {
    const id = headers['mcp-session-id'];
    if (status < 300 && typeof id === 'string' && SESSION_ID.test(id)) this.sessionId = id;
  }

  private resume(exchange: Exchange, { lastEventId, retryMs }: EventStreamReader, wasClosed: boolean): boolean {
    // Only a session can be returned to; it has a version agreed upon.
    if (!lastEventId || this.protocolVersion === undefined || this.closed) return false;
    const resumption = new Resumption(exchange, {
      ...this.getOptions(),
      redact: this.access.redact,
      strays: this.strays,
      onDone: (done) => this.resumptions.delete(done),
    });
    this.resumptions.add(resumption);
    resumption.begin(lastEventId, retryMs);
    if (wasClosed && retryMs !== undefined) exchange.postpone(retryMs);
    return true;
  }

  private receive({ event, data }: StreamEvent): void {
    if (event !== 'message' || data === '') return;
    this.strays.read(this.access.redact(data), (message) => {
      if (message.kind === 'request' || message.kind === 'notification') this.events.received(message);
    });
  }
}
