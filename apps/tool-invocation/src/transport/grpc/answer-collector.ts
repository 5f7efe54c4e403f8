import type { Dispatcher } from 'undici';
import { fail, type GatewayError } from '#libs/errors';
import { FrameReader, FrameRefused, GRPC_LIMITS, GRPC_OK, type GrpcStatus, statusIn, statusOfHttp } from '#libs/grpc';
import { type Claim, UNCOUNTED_BYTES } from '#libs/resilience';
import { wireError } from '../http/wire-error.js';
import { IntakeGate, SharedSource } from '../intake-gate.js';

type Headers = Record<string, string | string[] | undefined>;

/** What becomes of a call: messages, then one of the other two, once. */
export interface MessageSink {
  received(message: Uint8Array): void;
  ended(status: GrpcStatus): void;
  failed(error: GatewayError): void;
  /** What the process holds for it. */
  readonly held: Claim;
}

/** HTTP/2: the server has done nothing with the request. https://www.rfc-editor.org/rfc/rfc9113#section-8.7 */
const REFUSED_STREAM = 7;

/** Reads the answer to one call. */
export class GrpcAnswerCollector implements Dispatcher.DispatchHandler {
  /** The server gave a sign of life. */
  heard = false;
  private sent = false;
  private settled = false;
  private controller: Dispatcher.DispatchController | undefined;
  private headStatus: GrpcStatus | null = null;
  private readonly frames = new FrameReader(GRPC_LIMITS.messageBytesMax);
  private gate: IntakeGate | undefined;
  private keptBytes = 0;

  constructor(
    private readonly bytesMax: number,
    private readonly sink: MessageSink,
  ) {}

  get executed(): 'no' | 'unknown' {
    return this.sent ? 'unknown' : 'no';
  }

  /** Nobody waits any more: the call is cancelled at the server. */
  abandon(): void {
    this.settled = true;
    this.controller?.abort(new Error('abandoned'));
  }

  /** So many bytes are kept of the messages that have come. */
  keeps(bytes: number): void {
    this.keptBytes = bytes;
    this.hold();
  }

  private hold(): void {
    const bytes = this.keptBytes + this.frames.pending;
    if (this.gate === undefined && bytes >= UNCOUNTED_BYTES && this.controller !== undefined)
      this.gate = new IntakeGate(this.sink.held, new SharedSource([this.controller]));
    this.gate?.holds(bytes);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.settled) controller.abort(new Error('abandoned'));
    else this.sent = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, httpStatus: number, headers: Headers): void {
    if (httpStatus < 200 || this.settled) return;
    this.heard = true;
    this.headStatus = statusIn(headers);
    if (this.headStatus !== null) return;
    const type = String(headers['content-type'] ?? '');
    if (httpStatus !== 200) this.settle(() => this.sink.ended(statusOfHttp(httpStatus)), controller);
    else if (!type.startsWith('application/grpc')) this.refuse('The server does not answer as gRPC does', controller);
    else if ((headers['grpc-encoding'] ?? 'identity') !== 'identity')
      this.refuse('The server compressed its answer unasked', controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.settled) return;
    try {
      const messages = this.frames.push(chunk);
      if (this.frames.pending > this.bytesMax) throw tooLong(this.bytesMax);
      this.hold();
      for (const message of messages) if (!this.settled) this.sink.received(message);
    } catch (error) {
      if (!(error instanceof FrameRefused)) throw error;
      if (error.isTooLong)
        this.settle(
          () => this.sink.failed(fail('upstream.too_large', { message: error.message, executed: 'unknown' })),
          controller,
        );
      else this.refuse(error.message, controller);
    }
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: Headers): void {
    const status = this.headStatus ?? statusIn(trailers);
    if (status === null) this.refuse('The server ended its answer without a status', controller);
    else if (status.code === GRPC_OK && this.frames.pending > 0)
      this.refuse('The server ended its answer within a message', controller);
    else this.settle(() => this.sink.ended(status));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const isRefused = (error as { http2ErrorCode?: number }).http2ErrorCode === REFUSED_STREAM;
    this.settle(() => this.sink.failed(wireError(error, isRefused ? 'no' : this.executed)));
  }

  private refuse(message: string, controller: Dispatcher.DispatchController): void {
    this.settle(() => this.sink.failed(fail('upstream.invalid_answer', { message, executed: 'unknown' })), controller);
  }

  private settle(tell: () => void, controller?: Dispatcher.DispatchController): void {
    if (this.settled) return;
    this.settled = true;
    controller?.abort(new Error('refused'));
    tell();
  }
}

const tooLong = (bytesMax: number): FrameRefused =>
  new FrameRefused(`The server sent a message of more than ${bytesMax} bytes`, true);
