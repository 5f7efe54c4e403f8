import type { Dispatcher } from 'undici';
import { fail, type GatewayError } from '#libs/errors';
import type { HttpAnswer } from '#libs/openapi';
import { type Claim, UNCOUNTED_BYTES } from '#libs/resilience';
import { wireError } from '../http/wire-error.js';
import { IntakeGate, SharedSource } from '../intake-gate.js';

type Headers = Record<string, string | string[] | undefined>;

/** What becomes of a request: one of the two, once. */
export interface AnswerSink {
  answered(answer: HttpAnswer): void;
  failed(error: GatewayError): void;
  /** What the process holds for it. */
  readonly held: Claim;
  /** The status and the headers say all; the body is not waited for. */
  readonly isHeadEnough?: boolean;
}

/** Collects the answer to one request; of a body that is longer than the limit nothing is kept. */
export class AnswerCollector implements Dispatcher.DispatchHandler {
  /** The upstream gave a sign of life. */
  heard = false;
  private sent = false;
  private settled = false;
  private controller: Dispatcher.DispatchController | undefined;
  private head: Omit<HttpAnswer, 'body'> | undefined;
  private chunks: Buffer[] = [];
  private bytes = 0;
  private gate: IntakeGate | undefined;

  constructor(
    private readonly bytesMax: number,
    private readonly sink: AnswerSink,
  ) {}

  get executed(): 'no' | 'unknown' {
    return this.sent ? 'unknown' : 'no';
  }

  /** Nobody waits any more. */
  abandon(): void {
    this.settled = true;
    this.controller?.abort(new Error('abandoned'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.settled) controller.abort(new Error('abandoned'));
    else this.sent = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers, text?: string): void {
    if (status < 200 || this.settled) return;
    this.heard = true;
    const joined = Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]);
    this.head = { status, statusText: text ?? '', headers: Object.fromEntries(joined) as Record<string, string> };
    if (this.sink.isHeadEnough === true) return this.giveUp(controller);
    const encoding = this.head.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      const message = 'The upstream compressed its answer unasked';
      this.settle(
        () => this.sink.failed(fail('upstream.invalid_answer', { message, executed: 'unknown' })),
        controller,
      );
    } else if (Number(this.head.headers['content-length']) > this.bytesMax) this.giveUp(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.settled) return;
    this.bytes += chunk.length;
    if (this.bytes > this.bytesMax) return this.giveUp(controller);
    this.chunks.push(chunk);
    if (this.gate === undefined && this.bytes >= UNCOUNTED_BYTES)
      this.gate = new IntakeGate(this.sink.held, new SharedSource([controller]));
    this.gate?.holds(this.bytes);
  }

  onResponseEnd(): void {
    const { head } = this;
    if (head === undefined) return;
    this.settle(() => this.sink.answered({ ...head, body: Buffer.concat(this.chunks) }));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.settle(() => this.sink.failed(wireError(error, this.executed)));
  }

  private giveUp(controller: Dispatcher.DispatchController): void {
    const { head } = this;
    if (head !== undefined) this.settle(() => this.sink.answered({ ...head, body: null }), controller);
  }

  private settle(tell: () => void, controller?: Dispatcher.DispatchController): void {
    if (this.settled) return;
    this.settled = true;
    controller?.abort(new Error('refused'));
    tell();
  }
}
