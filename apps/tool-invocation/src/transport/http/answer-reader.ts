import type { Dispatcher } from 'undici';
import { type CarriedJson, carriedJson, decodeUtf8, EventStreamReader, readMessages, type Stray } from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import { missingScopesOf } from '#libs/identity';
import { type Claim, UNCOUNTED_BYTES, heldBytes } from '#libs/resilience';
import type { Redact } from '../channel.js';
import type { Carrier, Exchange } from '../exchange.js';
import { IntakeGate, SharedSource } from '../intake-gate.js';
import type { Strays } from '../strays.js';
import { TalkGauge, type TalkLimits } from '../talk-gauge.js';
import { TalkPace } from '../talk-pace.js';
import { BodyDecoder } from './body-decoder.js';
import { refusalOf } from './refusal.js';
import { wireError } from './wire-error.js';

type Headers = Record<string, string | string[] | undefined>;

/** A request whose response is read: where it was sent, after how many redirects. */
export interface SentRequest {
  readonly exchange: Exchange;
  readonly path: string;
  readonly redirects: number;
  /** The access token that was shown, where another may be tried. */
  readonly tokenId: string | undefined;
}

/** What the readers of a channel have in common. */
export interface AnswerReaderOptions {
  readonly bytesMax: number;
  readonly talk: TalkLimits;
  readonly redact: Redact;
  readonly strays: Strays;
  /** A credential was sent along. */
  readonly presented: boolean;
  /** Before the body, whatever the status, of what opens a session. */
  readonly onHeaders: (status: number, headers: Headers) => void;
  /** Of every answer; none where nobody wants to know. */
  readonly onStatus?: ((status: number) => void) | undefined;
  /** Told to go elsewhere. True: the request has been sent there. */
  readonly onRedirect: (sent: SentRequest, status: number, location: string | undefined) => boolean;
  /** Answered with HTTP 401, whatever the body is. True: whoever listens has taken over, and may send the request again. */
  readonly onUnauthorised: (sent: SentRequest, refusal: GatewayError) => boolean;
  /** Answered with HTTP 403 and a challenge that names scopes which are missing. True: whoever listens has taken over. */
  readonly onScopesMissing: (sent: SentRequest, refusal: GatewayError, scopes: readonly string[]) => boolean;
  /** The stream ended early; with a cause: broke off. True: the answer is fetched in another way. */
  readonly onCutOff: (exchange: Exchange, stream: EventStreamReader, cause: unknown) => boolean;
}

/** How long a stream may stay open after the answer before its connection is given up. */
const LINGER_MS = 1_000;
const REFUSAL_BYTES_MAX = 65_536;

/** Reads the HTTP response to one request, whichever form it has, and feeds the exchange. */
export class AnswerReader implements Dispatcher.DispatchHandler, Carrier {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private isJson = false;
  private retryAfter: string | undefined;
  private location: string | undefined;
  /** Another reader has taken over. */
  private passedOn = false;
  private chunks: Buffer[] = [];
  private bytes = 0;
  private stream: EventStreamReader | undefined;
  private decoder: BodyDecoder | undefined;
  /** Why there is no answer among what was read. */
  private faulty: GatewayError | undefined;
  private linger: NodeJS.Timeout | undefined;
  private source: SharedSource | undefined;
  private pace: TalkPace | undefined;
  private gate: IntakeGate | undefined;
  private claim: Claim | undefined;

  private readonly exchange: Exchange;

  constructor(
    private readonly request: SentRequest,
    private readonly options: AnswerReaderOptions,
  ) {
    this.exchange = request.exchange;
    this.exchange.carrier = this;
  }

  release(): void {
    this.decoder?.close();
    this.claim?.release();
    this.controller?.abort(new Error('abandoned'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // The call ended while the request waited for a connection: the request is never sent.
    if (this.exchange.settled) controller.abort(new Error('abandoned'));
    else this.exchange.sent = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.exchange.heard = true;
    this.status = status;
    this.options.onStatus?.(status);
    this.retryAfter = single(headers['retry-after']);
    this.location = single(headers['location']);
    if (this.options.onRedirect(this.request, status, this.location)) {
      this.passedOn = true;
      controller.abort(new Error('redirected'));
      return;
    }
    if (status === 401 && !this.exchange.settled && this.options.onUnauthorised(this.request, this.refusal(''))) {
      this.passedOn = true;
      controller.abort(new Error('refused'));
      return;
    }
    if (status === 403 && !this.exchange.settled && this.isScopesMissing(headers)) {
      this.passedOn = true;
      controller.abort(new Error('refused'));
      return;
    }
    if (this.exchange.opensSession) this.options.onHeaders(status, headers);
    const type = (single(headers['content-type']) ?? '').toLowerCase();
    this.isJson = type.includes('json');
    const encoding = headers['content-encoding'];
    if (encoding !== undefined) this.decoder = this.decoderOf(encoding);
    if (Number(single(headers['content-length'])) > this.options.bytesMax) this.give(this.tooLarge());
    else if (status < 300 && type.startsWith('text/event-stream')) {
      this.exchange.talk ??= new TalkGauge(this.options.talk, this.options.bytesMax);
      this.pace = new TalkPace(this.exchange.talk, this.sourceOf(controller));
      this.stream = new EventStreamReader(({ event, data }) => this.readEvent(event, data), {
        eventBytesMax: this.options.bytesMax,
      });
    }
    if (this.exchange.settled) controller.abort(new Error('refused'));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.decoder === undefined) this.take(chunk);
    else this.decoder.push(chunk);
  }

  onResponseEnd(): void {
    if (this.decoder === undefined) this.end();
    else this.decoder.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.linger);
    this.decoder?.close();
    this.claim?.release();
    if (this.exchange.settled || this.passedOn) return;
    if (this.stream) this.cutOff(this.stream, error);
    else this.give(wireError(error, this.exchange.executed));
  }

  private decoderOf(encoding: string | string[]): BodyDecoder | undefined {
    return BodyDecoder.of(encoding, {
      onData: (chunk) => this.take(chunk),
      onEnd: () => this.end(),
      onError: (error) => {
        this.give(wireError(error, this.exchange.executed));
        this.controller?.abort(new Error('refused'));
      },
    });
  }

  private take(chunk: Buffer): void {
    if (this.passedOn) return;
    try {
      if (this.stream && this.pace) this.listen(this.stream, this.pace, chunk);
      else this.collect(chunk);
    } catch (error) {
      this.give(wireError(error, this.exchange.executed));
      this.controller?.abort(new Error('refused'));
      return;
    }
    if (!this.exchange.settled) return this.hold(this.stream?.pendingBytes ?? this.bytes);
    this.linger ??= setTimeout(() => this.controller?.abort(new Error('answered')), LINGER_MS).unref();
  }

  private listen(stream: EventStreamReader, pace: TalkPace, chunk: Buffer): void {
    const { exchange } = this;
    const wasSettled = exchange.settled;
    pace.take(chunk, () => {
      stream.push(chunk);
      return exchange.settled && !wasSettled ? undefined : stream.pendingBytes;
    });
  }

  private sourceOf(controller: Dispatcher.DispatchController): SharedSource {
    return (this.source ??= new SharedSource(this.decoder === undefined ? [controller] : [controller, this.decoder]));
  }

  /** Of a request of the gateway's own, what is held counts while it is read. */
  private hold(bytes: number): void {
    if (this.gate === undefined) {
      const { controller } = this;
      if (bytes < UNCOUNTED_BYTES || controller === undefined) return;
      this.gate = new IntakeGate(this.exchange.held ?? this.ownClaim(), this.sourceOf(controller));
    }
    this.gate.holds(bytes);
  }

  private ownClaim(): Claim {
    return (this.claim = heldBytes.claim(`upstream ${this.options.strays.upstreamId}`));
  }

  private end(): void {
    this.conclude();
    this.claim?.release();
  }

  private conclude(): void {
    clearTimeout(this.linger);
    if (this.exchange.settled || this.passedOn) return;
    if (this.stream) return this.cutOff(this.stream);
    try {
      const bytes = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
      if (this.status < 300) this.readBody(carriedJson(bytes));
      else this.readRefusal(decodeUtf8(bytes));
    } catch (error) {
      this.give(this.status >= 300 ? this.refusal('') : wireError(error, this.exchange.executed));
    }
  }

  private collect(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > (this.status >= 300 ? REFUSAL_BYTES_MAX : this.options.bytesMax)) throw this.tooLarge();
    this.chunks.push(chunk);
  }

  private readBody(json: CarriedJson): void {
    if (json === '') return this.give(this.noAnswer());
    this.read(json, this.status);
    if (!this.exchange.settled) this.give(this.faultOr(this.noAnswer()));
  }

  private readRefusal(text: string): void {
    if (this.isJson) this.read(text, this.status);
    if (!this.exchange.settled) this.give(this.refusal(text));
  }

  private readEvent(event: string, data: CarriedJson): void {
    this.exchange.talk?.take(0, 1);
    if (event === 'message' && data !== '') this.read(data, undefined);
  }

  private read(json: CarriedJson, status: number | undefined): void {
    readMessages(
      this.options.redact(json),
      (message) => {
        // With an error status only an error is believed.
        if (status === undefined || status < 300 || message.kind === 'error') this.exchange.receive(message, status);
      },
      (stray) => this.readStray(stray, status === undefined),
    );
  }

  /** What is no message is passed over; but not what was to be the answer. */
  private readStray({ id, error }: Stray, isEvent: boolean): void {
    this.faulty = error;
    if (id === this.exchange.id && this.status < 300) this.give(wireError(error, this.exchange.executed));
    else if (isEvent) this.options.strays.note(error);
  }

  private cutOff(stream: EventStreamReader, cause?: unknown): void {
    if (this.options.onCutOff(this.exchange, stream, cause)) return;
    if (this.faulty !== undefined && cause === undefined) this.give(wireError(this.faulty, this.exchange.executed));
    else this.exchange.failClosed(cause);
  }

  private give(error: GatewayError): void {
    this.decoder?.close();
    this.claim?.release();
    this.exchange.fail(error);
  }

  private refusal(said: string, scopes: readonly string[] = []): GatewayError {
    const { retryAfter, location } = this;
    return refusalOf(this.status, {
      said: said.slice(0, 1_024),
      retryAfter,
      location,
      scopes,
      presented: this.options.presented,
    });
  }

  private isScopesMissing(headers: Headers): boolean {
    const scopes = missingScopesOf(single(headers['www-authenticate']) ?? null);
    return scopes.length > 0 && this.options.onScopesMissing(this.request, this.refusal('', scopes), scopes);
  }

  private faultOr(other: GatewayError): GatewayError {
    return this.faulty === undefined ? other : wireError(this.faulty, this.exchange.executed);
  }

  private noAnswer(): GatewayError {
    const message = 'The upstream gave an invalid answer: no response to the request';
    return fail('upstream.invalid_answer', { message, executed: this.exchange.executed });
  }

  private tooLarge(): GatewayError {
    return fail('upstream.too_large', { executed: this.exchange.executed });
  }
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
