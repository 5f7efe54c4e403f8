import type { EventStreamReader, StreamEvent } from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import { type Access, type Channel, type ChannelEvents, presentsCredential, requestPath } from '../channel.js';
import type { Exchange } from '../exchange.js';
import { AnswerReader, type AnswerReaderOptions, type SentRequest } from '../http/answer-reader.js';
import { ACCEPT_ENCODING } from '../http/body-decoder.js';
import type { ByTls } from '../http/by-tls.js';
import type { HttpPools } from '../http/pools.js';
import { postMessage } from '../http/post.js';
import { askedForMore } from '../http/refusal.js';
import { REDIRECTS_MAX, RequestTarget } from '../http/request-target.js';
import type { Strays } from '../strays.js';
import { TalkGauge, type TalkLimits } from '../talk-gauge.js';
import { Resumption } from './resumption.js';
import { SessionFeed } from './session-feed.js';

/** Enough for a server that opens the stream at once, when another has been seen to wait for its first event. */
const BRIEF_WAIT_MS = 250;

const POST_HEADERS = [
  'content-type',
  'application/json',
  'accept',
  'application/json, text/event-stream',
  'accept-encoding',
  ACCEPT_ENCODING,
];

/** What the channels of an upstream have in common. */
export interface HttpUpstream {
  readonly pools: ByTls<HttpPools>;
  readonly url: URL;
  readonly bytesMax: number;
  readonly talk: TalkLimits;
  readonly strays: Strays;
  /** Hears the status of every answer, where something depends on it. */
  readonly onStatus?: ((status: number) => void) | undefined;
  /** It has been seen to send no headers of the GET stream before there is an event. */
  withholdsHeaders: boolean;
}

const withTimeLeft = <Request extends object>(request: Request, deadlineAtMs: number | undefined): Request =>
  deadlineAtMs === undefined ? request : { ...request, timeLeftMs: deadlineAtMs - performance.now() };

const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

/** Streamable HTTP, both eras: a POST per message, the answer as JSON or as a stream; for sessions also a GET stream. */
export class HttpChannel implements Channel {
  protocolVersion: string | undefined;
  sessionId: string | undefined;
  closed = false;
  private feed: SessionFeed | undefined;
  private readonly resumptions = new Set<Resumption>();
  private readonly target: RequestTarget;
  private readonly pools: HttpPools;
  /** The same for every request, rather than made anew for each. */
  private readonly reading: AnswerReaderOptions;

  constructor(
    private readonly upstream: HttpUpstream,
    private readonly access: Access,
    private readonly events: ChannelEvents,
  ) {
    this.pools = upstream.pools.of(access.tls);
    this.target = new RequestTarget(upstream.url, requestPath(upstream.url, access));
    this.reading = {
      bytesMax: upstream.bytesMax,
      talk: upstream.talk,
      // Not the one of now: with a renewed token it is another.
      redact: (json) => access.redact(json),
      strays: upstream.strays,
      presented: presentsCredential(access),
      onStatus: upstream.onStatus,
      onHeaders: (status, headers) => this.takeSession(status, headers),
      onRedirect: (sent, status, location) => this.redirect(sent, status, location),
      onUnauthorised: (sent, refusal) => this.showAnother(sent, refusal),
      onScopesMissing: (sent, refusal, scopes) => this.askForMore(sent, refusal, scopes),
      onCutOff: (exchange, stream, cause) => this.resume(exchange, stream, cause === undefined),
    };
  }

  get sessionful(): boolean {
    return this.sessionId !== undefined;
  }

  /** A session has its GET stream. */
  get hasCommonStream(): boolean {
    return this.sessionful;
  }

  request(exchange: Exchange): void {
    this.send(exchange, 0, this.access.tokenId);
  }

  private send(exchange: Exchange, redirects: number, tokenId: string | undefined): void {
    const { path } = this.target;
    const reader = new AnswerReader({ exchange, path, redirects, tokenId }, this.reading);
    const headers = this.withSession(POST_HEADERS.concat(this.access.headers, exchange.headers));
    const { pools } = this;
    const request = { path, method: 'POST', headers, body: exchange.text };
    pools.calls.dispatch(pools.tellsDeadline ? withTimeLeft(request, exchange.deadlineAtMs) : request, reader);
  }

  private redirect(sent: SentRequest, status: number, location: string | undefined): boolean {
    const { exchange, path, redirects, tokenId } = sent;
    if (redirects >= REDIRECTS_MAX || !this.target.follow(path, status, location)) return false;
    this.send(exchange, redirects + 1, tokenId);
    return true;
  }

  /** Once, with another access token. What an upstream that refuses a token says beside the status counts for nothing. */
  private showAnother({ exchange, redirects, tokenId }: SentRequest, refusal: GatewayError): boolean {
    const { renew } = this.access;
    if (renew === undefined) return false;
    if (tokenId === undefined) exchange.fail(refusal);
    else
      renew(tokenId).then(
        (isRenewed) => {
          if (!isRenewed || this.closed) exchange.fail(refusal);
          else if (!exchange.settled) this.send(exchange, redirects, undefined);
        },
        (error: GatewayError) => exchange.fail(error),
      );
    return true;
  }

  /** The call fails in any case: with where its person consents to more, where that can help. */
  private askForMore({ exchange }: SentRequest, refusal: GatewayError, scopes: readonly string[]): boolean {
    void askedForMore(this.access, refusal, scopes).then((error) => exchange.fail(error));
    return true;
  }

  async post(text: string): Promise<void> {
    await this.postBody(text);
  }

  async listen(withinMs: number): Promise<void> {
    if (this.closed) return;
    if (this.feed === undefined) {
      this.feed = new SessionFeed(this.getOptions(this.newGauge()), {
        event: (event) => this.receive(event),
        gap: () => this.events.invalidated(),
        lost: () => {
          this.events.closed(fail('upstream.session_lost'));
          void this.close();
        },
      });
      this.feed.open();
    }
    const waitMs = this.upstream.withholdsHeaders ? Math.min(withinMs, BRIEF_WAIT_MS) : withinMs;
    this.upstream.withholdsHeaders = !(await this.feed.settledWithin(waitMs));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.feed?.close();
    for (const resumption of this.resumptions) resumption.giveUp();
    // https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management (5): 405 is fine.
    if (this.sessionId === undefined) return;
    await this.postBody(undefined).catch(() => {});
  }

  private postBody(body: string | undefined): Promise<void> {
    const headers = () => this.withSession(POST_HEADERS.concat(this.access.headers));
    return postMessage(this.pools.control, this.target, { headers, body, access: this.access });
  }

  private withSession(headers: string[]): string[] {
    if (this.protocolVersion !== undefined) headers.push('mcp-protocol-version', this.protocolVersion);
    if (this.sessionId !== undefined) headers.push('mcp-session-id', this.sessionId);
    return headers;
  }

  private newGauge(): TalkGauge {
    return new TalkGauge(this.upstream.talk, this.upstream.bytesMax);
  }

  private getOptions(talk: TalkGauge) {
    return {
      pool: this.pools.control,
      target: this.target,
      access: this.access,
      headers: () => this.withSession(['accept', 'text/event-stream', ...this.access.headers]),
      eventBytesMax: this.upstream.bytesMax,
      talk,
      holder: `upstream ${this.upstream.strays.upstreamId}`,
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
      ...this.getOptions((exchange.talk ??= this.newGauge())),
      redact: (json) => this.access.redact(json),
      strays: this.upstream.strays,
      onDone: (done) => this.resumptions.delete(done),
    });
    this.resumptions.add(resumption);
    resumption.begin(lastEventId, retryMs);
    if (wasClosed && retryMs !== undefined) exchange.postpone(retryMs);
    return true;
  }

  private receive({ event, data }: StreamEvent): void {
    if (event !== 'message' || data === '') return;
    this.upstream.strays.read(this.access.redact(data), (message) => {
      if (message.kind === 'request' || message.kind === 'notification') this.events.received(message);
    });
  }
}
