import type { Dispatcher } from 'undici';
import { decodeUtf8, EventStreamReader, textOf } from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import { missingScopesOf } from '#libs/identity';
import { type Claim, UNCOUNTED_BYTES } from '#libs/resilience';
import { refusalOf } from '../http/refusal.js';
import { wireError } from '../http/wire-error.js';
import { IntakeGate, SharedSource } from '../intake-gate.js';
import { TalkGauge, type TalkLimits } from '../talk-gauge.js';
import { TalkPace } from '../talk-pace.js';

type Headers = Record<string, string | string[] | undefined>;

/** What becomes of a request: responses of JSON-RPC, then one of the other two, once. */
export interface ResponseSink {
  /** The text of one response; of a stream several come. */
  received(text: string): void;
  ended(): void;
  failed(error: GatewayError): void;
  /** What the process holds for it. */
  readonly held: Claim;
}

export interface AnswerReaderOptions {
  readonly bytesMax: number;
  readonly talk: TalkLimits;
  /** A credential was sent along. */
  readonly presented: boolean;
}

const REFUSAL_BYTES_MAX = 65_536;

/** Reads what an agent answers to one request: one JSON text, or a stream of them. */
export class A2aAnswerReader implements Dispatcher.DispatchHandler {
  /** The agent gave a sign of life. */
  heard = false;
  private sent = false;
  private settled = false;
  /** Nobody listens any more. */
  private isLeft = false;
  private status = 0;
  private retryAfter: string | undefined;
  private location: string | undefined;
  private scopes: readonly string[] = [];
  private isJson = false;
  private controller: Dispatcher.DispatchController | undefined;
  private stream: EventStreamReader | undefined;
  private pace: TalkPace | undefined;
  private source: SharedSource | undefined;
  private gate: IntakeGate | undefined;
  private chunks: Buffer[] = [];
  private bytes = 0;
  private keptBytes = 0;

  constructor(
    private readonly options: AnswerReaderOptions,
    private readonly sink: ResponseSink,
  ) {}

  get executed(): 'no' | 'unknown' {
    return this.sent ? 'unknown' : 'no';
  }

  /** Nobody waits any more. */
  abandon(): void {
    this.isLeft = true;
    if (this.settled) return;
    this.settled = true;
    this.controller?.abort(new Error('abandoned'));
  }

  /** What was asked for has come: the rest is read for so long, so that the connection can be kept, and then given up. */
  leave(lingerMs: number): void {
    this.isLeft = true;
    if (!this.settled) setTimeout(() => this.abandon(), lingerMs).unref();
  }

  /** So many bytes are kept of what has come. */
  keeps(bytes: number): void {
    this.keptBytes = bytes;
    this.hold(0);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.settled) controller.abort(new Error('abandoned'));
    else this.sent = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.settled) return;
    this.heard = true;
    this.status = status;
    this.retryAfter = single(headers['retry-after']);
    this.location = single(headers['location']);
    if (status === 403) this.scopes = missingScopesOf(single(headers['www-authenticate']) ?? null);
    this.source = new SharedSource([controller]);
    const type = (single(headers['content-type']) ?? '').toLowerCase();
    this.isJson = type.includes('json');
    const { talk, bytesMax } = this.options;
    if ((single(headers['content-encoding']) ?? 'identity') !== 'identity')
      this.refuse(invalid('it is compressed unasked', 'unknown'));
    else if (status === 200 && type.startsWith('text/event-stream')) {
      const gauge = new TalkGauge(talk, bytesMax);
      this.pace = new TalkPace(gauge, this.source);
      this.stream = new EventStreamReader(
        ({ data }) => {
          gauge.take(0, 1);
          if (!this.settled && !this.isLeft) this.sink.received(textOf(data));
        },
        { eventBytesMax: bytesMax },
      );
    } else if (Number(single(headers['content-length'])) > this.bodyBytesMax) this.refuse(tooLarge());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { stream, pace } = this;
    if (this.settled) return;
    try {
      if (stream !== undefined && pace !== undefined) {
        pace.take(chunk, () => {
          stream.push(chunk);
          return stream.pendingBytes;
        });
        return this.hold(stream.pendingBytes);
      }
      this.bytes += chunk.length;
      if (this.bytes > this.bodyBytesMax) throw tooLarge();
      this.chunks.push(chunk);
      this.hold(this.bytes);
    } catch (error) {
      this.refuse(wireError(error, 'unknown'));
    }
  }

  onResponseEnd(): void {
    if (this.settled) return;
    if (this.stream !== undefined) return this.settle(() => this.sink.ended());
    let text = '';
    try {
      text = decodeUtf8(Buffer.concat(this.chunks));
    } catch (error) {
      return this.refuse(wireError(error, 'unknown'));
    }
    // Some agents tell an error of JSON-RPC by the status of HTTP too.
    const isAnswer = this.status === 200 || (this.isJson && saysError(text));
    if (!isAnswer || this.status === 401 || this.scopes.length > 0) return this.refuse(this.refusal(text));
    this.settle(() => {
      this.sink.received(text);
      if (!this.isLeft) this.sink.ended();
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.settle(() => this.sink.failed(wireError(error, this.executed)));
  }

  private get bodyBytesMax(): number {
    return this.status === 200 ? this.options.bytesMax : REFUSAL_BYTES_MAX;
  }

  private hold(pendingBytes: number): void {
    const bytes = this.keptBytes + pendingBytes;
    if (this.gate === undefined && bytes >= UNCOUNTED_BYTES && this.source !== undefined)
      this.gate = new IntakeGate(this.sink.held, this.source);
    this.gate?.holds(bytes);
  }

  private refusal(said: string): GatewayError {
    const { retryAfter, location, scopes } = this;
    const { presented } = this.options;
    return refusalOf(this.status, { said: said.slice(0, 1_024), retryAfter, location, scopes, presented });
  }

  private refuse(error: GatewayError): void {
    this.settle(() => this.sink.failed(error));
    this.controller?.abort(new Error('refused'));
  }

  private settle(tell: () => void): void {
    if (this.settled) return;
    this.settled = true;
    if (!this.isLeft) tell();
  }
}

const saysError = (text: string): boolean =>
  /^\s*\{/.test(text) && text.includes('"error"') && text.includes('"jsonrpc"');

const invalid = (reason: string, executed: 'no' | 'unknown'): GatewayError =>
  fail('upstream.invalid_answer', { message: `The upstream gave an invalid answer: ${reason}`, executed });

const tooLarge = (): GatewayError => fail('upstream.too_large', { executed: 'unknown' });

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
