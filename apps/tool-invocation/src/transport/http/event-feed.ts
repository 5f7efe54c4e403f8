import type { Dispatcher } from 'undici';
import { EventStreamReader, type StreamEvent } from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import { missingScopesOf } from '#libs/identity';
import { type Claim, UNCOUNTED_BYTES, heldBytes } from '#libs/resilience';
import { type Access, presentsCredential } from '../channel.js';
import { IntakeGate, SharedSource } from '../intake-gate.js';
import type { TalkGauge } from '../talk-gauge.js';
import { TalkPace } from '../talk-pace.js';
import { ACCEPT_ENCODING, BodyDecoder } from './body-decoder.js';
import { refusalOf } from './refusal.js';
import { REDIRECTS_MAX, type RequestTarget } from './request-target.js';
import { wireError } from './wire-error.js';

export interface EventFeedOptions {
  readonly pool: Dispatcher;
  readonly target: RequestTarget;
  /** Asked for whenever the stream is opened. */
  readonly headers: () => readonly string[];
  /** What is shown among them. */
  readonly access: Access;
  readonly eventBytesMax: number;
  readonly talk: TalkGauge;
  /** Who what is held of an event counts for, while it comes in. */
  readonly holder: string;
  readonly lastEventId?: string | undefined;
  readonly onEvent: (event: StreamEvent) => void;
  readonly onOpen?: () => void;
  /** Once, however it ended; `undefined` for an ordinary end. */
  readonly onEnd: (error: GatewayError | undefined) => void;
}

/** One GET of an event stream. */
export class EventFeed implements Dispatcher.DispatchHandler {
  readonly reader: EventStreamReader;
  private controller: Dispatcher.DispatchController | undefined;
  private ended = false;
  private decoder: BodyDecoder | undefined;
  private path = '';
  private redirects = 0;
  /** What is read leads elsewhere. */
  private redirected = false;
  private source: SharedSource | undefined;
  private pace: TalkPace | undefined;
  /** The access token that was shown, where another may be tried: once. */
  private tokenId: string | undefined;
  /** The token was refused: resolves once there is another, or with why there is none. */
  private renewal: Promise<GatewayError | undefined> | undefined;
  private gate: IntakeGate | undefined;
  private claim: Claim | undefined;

  constructor(private readonly options: EventFeedOptions) {
    const { talk, onEvent } = options;
    const take = (event: StreamEvent): void => {
      talk.take(0, 1);
      onEvent(event);
    };
    this.reader = new EventStreamReader(take, options);
    this.reader.lastEventId = options.lastEventId;
  }

  open(): this {
    this.tokenId = this.options.access.tokenId;
    this.dispatch();
    return this;
  }

  close(): void {
    this.ended = true;
    this.decoder?.close();
    this.claim?.release();
    this.controller?.abort(new Error('closed'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.ended) controller.abort(new Error('closed'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    if (status !== 200) this.turnAway(status, headers);
    else if (!headers['content-type']?.toString().toLowerCase().startsWith('text/event-stream')) {
      this.end(
        fail('upstream.invalid_answer', { message: 'The upstream answered with something that is no event stream' }),
      );
    } else {
      this.decoder = BodyDecoder.of(headers['content-encoding'], {
        onData: (chunk) => this.take(chunk),
        onEnd: () => this.end(undefined),
        onError: (error) => this.refuse(error),
      });
      this.source = new SharedSource(this.decoder === undefined ? [controller] : [controller, this.decoder]);
      this.pace = new TalkPace(this.options.talk, this.source);
      this.options.onOpen?.();
    }
    if (this.ended || this.renewal !== undefined) controller.abort(new Error('refused'));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended || this.redirected || this.renewal !== undefined) return;
    if (this.decoder === undefined) this.take(chunk);
    else this.decoder.push(chunk);
  }

  onResponseEnd(): void {
    if (this.renewal !== undefined) this.openRenewed(this.renewal);
    else if (this.redirected) this.dispatch();
    else if (this.decoder === undefined) this.end(undefined);
    else this.decoder.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.renewal !== undefined) this.openRenewed(this.renewal);
    else this.end(wireError(error, this.controller ? 'unknown' : 'no'));
  }

  private dispatch(): void {
    const { pool, target, headers: own, lastEventId } = this.options;
    const headers = [...own(), 'accept-encoding', ACCEPT_ENCODING];
    if (lastEventId !== undefined) headers.push('last-event-id', lastEventId);
    this.redirected = false;
    this.path = target.path;
    pool.dispatch({ path: this.path, method: 'GET', headers }, this);
  }

  private turnAway(status: number, headers: Record<string, string | string[] | undefined>): void {
    const { target, access } = this.options;
    const location = headers['location']?.toString();
    this.redirected = this.redirects++ < REDIRECTS_MAX && target.follow(this.path, status, location);
    if (this.redirected) return;
    const scopes = status === 403 ? missingScopesOf(headers['www-authenticate']?.toString() ?? null) : [];
    const refusal = refusalOf(status, { location, scopes, presented: presentsCredential(access) });
    const { tokenId } = this;
    if (status !== 401 || tokenId === undefined || access.renew === undefined) return this.end(refusal);
    this.tokenId = undefined;
    this.renewal = access.renew(tokenId).then(
      (isRenewed) => (isRenewed ? undefined : refusal),
      (error: GatewayError) => error,
    );
  }

  /** Once the refusal is read. */
  private openRenewed(renewal: Promise<GatewayError | undefined>): void {
    this.renewal = undefined;
    void renewal.then((failure) => {
      if (failure !== undefined) this.end(failure);
      else if (!this.ended) this.dispatch();
    });
  }

  private take(chunk: Buffer): void {
    if (this.ended) return;
    try {
      this.pace?.take(chunk, () => {
        this.reader.push(chunk);
        return this.reader.pendingBytes;
      });
    } catch (error) {
      return this.refuse(error);
    }
    this.hold(this.reader.pendingBytes);
  }

  private hold(bytes: number): void {
    if (this.gate === undefined) {
      const { source } = this;
      if (bytes < UNCOUNTED_BYTES || source === undefined || this.ended) return;
      this.claim = heldBytes.claim(this.options.holder);
      this.gate = new IntakeGate(this.claim, source);
    }
    this.gate.holds(bytes);
  }

  private refuse(error: unknown): void {
    this.end(wireError(error, 'unknown'));
    this.controller?.abort(new Error('refused'));
  }

  private end(error: GatewayError | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.decoder?.close();
    this.claim?.release();
    this.options.onEnd(error);
  }
}
