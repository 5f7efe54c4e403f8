import type { Dispatcher } from 'undici';
import { decodeUtf8, EventStreamReader, readIncomingBatch } from '#libs/mcp';
import { fail, type GatewayError } from '#libs/errors';
import type { Carrier, Exchange } from '../exchange.js';
import { refusalOf } from './refusal.js';
import { wireError } from './wire-error.js';

type Headers = Record<string, string | string[] | undefined>;

export interface AnswerReaderOptions {
  readonly bytesMax: number;
  readonly redact: (text: string) => string;
  /** Before the body, whatever the status. */
  readonly onHeaders?: (status: number, headers: Headers) => void;
  /** The stream ended early; with a cause: broke off. True: the answer is fetched in another way. */
  readonly onCutOff?: (stream: EventStreamReader, cause: unknown) => boolean;
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
  private chunks: Buffer[] = [];
  private bytes = 0;
  private stream: EventStreamReader | undefined;
  private linger: NodeJS.Timeout | undefined;

  constructor(
    private readonly exchange: Exchange,
    private readonly options: AnswerReaderOptions,
  ) {
    exchange.carrier = this;
  }

  release(): void {
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
    this.retryAfter = single(headers['retry-after']);
    this.options.onHeaders?.(status, headers);
    const type = (single(headers['content-type']) ?? '').toLowerCase();
    const encoding = single(headers['content-encoding']) ?? 'identity';
    this.isJson = type.includes('json');
    if (encoding !== 'identity') {
      this.give(
        fail('upstream.invalid_answer', {
          message: 'The upstream compressed its answer unasked',
          executed: this.exchange.executed,
        }),
      );
    } else if (Number(single(headers['content-length'])) > this.options.bytesMax) this.give(this.tooLarge());
    else if (status < 300 && type.startsWith('text/event-stream')) {
      this.stream = new EventStreamReader(({ event, data }) => this.readEvent(event, data), {
        eventBytesMax: this.options.bytesMax,
      });
    }
    if (this.exchange.settled) controller.abort(new Error('refused'));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    try {
      if (this.stream) this.stream.push(chunk);
      else this.collect(chunk);
    } catch (error) {
      this.give(wireError(error, this.exchange.executed));
      controller.abort(new Error('refused'));
      return;
    }
    if (!this.exchange.settled) return;
    this.linger ??= setTimeout(() => controller.abort(new Error('answered')), LINGER_MS).unref();
  }

  onResponseEnd(): void {
    clearTimeout(this.linger);
    if (this.exchange.settled) return;
    if (this.stream) return this.cutOff(this.stream);
    try {
      this.readBody(decodeUtf8(this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks)));
    } catch (error) {
      this.give(this.status >= 300 ? this.refusal('') : wireError(error, this.exchange.executed));
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.linger);
    if (this.exchange.settled) return;
    if (this.stream) this.cutOff(this.stream, error);
    else this.give(wireError(error, this.exchange.executed));
  }

  private collect(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > (this.status >= 300 ? REFUSAL_BYTES_MAX : this.options.bytesMax)) throw this.tooLarge();
    this.chunks.push(chunk);
  }

  private readBody(text: string): void {
    if (this.status >= 300 && !this.isJson) return this.give(this.refusal(text));
    if (this.status < 300 && text === '') return this.give(this.noAnswer());
    for (const message of readIncomingBatch(this.options.redact(text))) {
      // With an error status only an error is believed.
      if (this.status < 300 || message.kind === 'error') this.exchange.receive(message, this.status);
    }
    if (!this.exchange.settled) this.give(this.status >= 300 ? this.refusal(text) : this.noAnswer());
  }

  private readEvent(event: string, data: string): void {
    if (event !== 'message' || data === '') return;
    for (const message of readIncomingBatch(this.options.redact(data))) this.exchange.receive(message);
  }

  private cutOff(stream: EventStreamReader, cause?: unknown): void {
    if (this.options.onCutOff?.(stream, cause)) return;
    this.exchange.failClosed(cause);
  }

  private give(error: GatewayError): void {
    this.exchange.fail(error);
  }

  private refusal(said: string): GatewayError {
    return refusalOf(this.status, said.slice(0, 1_024), this.retryAfter);
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
