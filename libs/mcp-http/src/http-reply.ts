import type { ServerResponse } from 'node:http';
import { type JsonParts, bytesOf, joined } from '#libs/mcp';
import { CORRELATION_HEADER } from '#libs/telemetry';
import type { Compressor } from '#libs/service';
import { type SharedAnswer, answerCompressed } from './compressed-answer.js';
import type { Beating, Heartbeat } from './heartbeat.js';
import { answerJson, unsentOf } from './json-answer.js';
import type { Reply } from './reply.js';
import type { ResumableStream } from './resumable-stream.js';
import { type SseSettings, SseStream, retryPeriodMs } from './sse-stream.js';

/**
 * How answers to a POST are written; times in milliseconds.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#sending-messages
 */
export interface ReplySettings extends SseSettings {
  /** Gives the request's place among those in hand back, once it has become a long stream. */
  readonly releasePlace: (response: ServerResponse) => void;
  /** Gives it back while the request waits; it stays in hand. */
  readonly lendPlace: (response: ServerResponse) => void;
  /** Takes it again. Throws `http.overloaded`. */
  readonly takePlace: (response: ServerResponse) => void;
  /** Whether answers say what their request is found by in the log. */
  readonly correlates: boolean;
  /** Whether an answer that nothing came before is one JSON object; else it is a stream of one event. */
  readonly plainJson: boolean;
  /** Looks after the calls that are under way, more often than streams have to be. */
  readonly waiting: Heartbeat;
  /** A call without an answer for this long goes on as a stream, so that it is kept alive and can be resumed. */
  readonly patienceMs: number;
  /** How long the connection of a stream that can be resumed stays open; `null`: until the stream ends. */
  readonly pollAfterMs: number | null;
  /** `null`: JSON answers leave as they are. Streams always do. */
  readonly compressor: Compressor | null;
}

const RETRY_MS_MAX = 60_000;

/**
 * The answer to a POST: a JSON object, unless something has to be said before it or it takes long; then an event stream.
 * With `resumable` (a POST of a session) what goes on the stream is stored as well, and goes on when the client has left.
 */
export class HttpReply implements Reply, Beating {
  slot = -1;
  answerBytes = 0;
  private stream: SseStream | null = null;
  private finished = false;
  private underWayAtMs = 0;
  private correlationId: string | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly settings: ReplySettings,
    readonly streams: boolean,
    private readonly resumable: ResumableStream | null,
  ) {}

  /** Whether the answer is an event stream by now. */
  get streaming(): boolean {
    return this.stream !== null;
  }

  correlate(correlationId: string): void {
    if (this.settings.correlates) this.correlationId = correlationId;
  }

  underWay(): void {
    if (!this.streams || this.stream !== null) return;
    this.underWayAtMs = Date.now();
    this.settings.waiting.add(this);
  }

  waits(): void {
    this.settings.lendPlace(this.response);
  }

  goesOn(): void {
    this.settings.takePlace(this.response);
  }

  send(message: string): void | Promise<void> {
    if (!this.streams || this.isLost) return;
    const stream = this.begin();
    if (this.resumable === null) return stream.send(message);
    const id = this.resumable.appendNotification(message, !stream.open);
    return stream.open ? stream.send(message, id) : this.resumable.written;
  }

  ask(message: string): void {
    // Nobody can come back for what goes on this stream, so the request takes the session's own.
    if (this.resumable !== null && this.isLost) return this.resumable.enqueueRequest(message);
    const stream = this.begin();
    this.settings.releasePlace(this.response);
    void stream.send(message, this.resumable?.append(message, !stream.open));
  }

  /** One of several answers, and not the last. */
  tell(answer: string): void {
    if (this.isLost) return;
    const stream = this.begin();
    void stream.send(answer, this.resumable?.append(answer, !stream.open));
  }

  finish(
    message: JsonParts,
    httpStatus: number,
    headers?: Readonly<Record<string, string>>,
    shared?: SharedAnswer,
  ): void {
    if (this.finished) return;
    this.finished = true;
    this.settings.waiting.remove(this);
    if (this.stream === null && (this.settings.plainJson || !this.streams || httpStatus !== 200)) {
      if (!this.response.destroyed) this.answerBytes = this.answer(message, httpStatus, headers, shared);
      return;
    }
    if (this.isLost) return;
    this.answerBytes = bytesOf(message);
    const stream = this.begin(headers);
    if (this.resumable === null) void stream.send(message);
    else this.sendLast(stream, this.resumable, joined(message));
    stream.end();
  }

  abandon(): void {
    if (this.finished) return;
    this.finished = true;
    this.settings.waiting.remove(this);
    this.resumable?.close();
    if (!this.response.destroyed) this.begin().end();
  }

  unsent(): Promise<void> | null {
    return unsentOf(this.response);
  }

  hold(): void {
    this.begin().stay();
    this.settings.releasePlace(this.response);
  }

  /** https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server (6) */
  pause(retryMs: number): void {
    const { resumable, response } = this;
    if (resumable === null || !resumable.primes || this.finished || response.destroyed) return;
    const stream = this.begin();
    // Not before the client can have from the store what it comes back for.
    void resumable.isStored().then((stored) => {
      if (stored && !this.finished) stream.pause(Math.min(retryMs, RETRY_MS_MAX));
    });
  }

  beat(nowMs: number): void {
    if (nowMs - this.underWayAtMs < this.settings.patienceMs) return;
    this.settings.waiting.remove(this);
    if (this.finished || this.response.destroyed) return;
    const stream = this.begin();
    if (!this.resumable?.primes) stream.comment();
  }

  private answer(
    json: JsonParts,
    httpStatus: number,
    headers: Readonly<Record<string, string>> | undefined,
    shared: SharedAnswer | undefined,
  ): number {
    const { response, correlationId } = this;
    const { compressor } = this.settings;
    return compressor === null || response.req.headers['accept-encoding'] === undefined
      ? answerJson(response, httpStatus, json, headers, correlationId)
      : answerCompressed(response, { httpStatus, json, headers, correlationId, shared }, compressor);
  }

  private sendLast(stream: SseStream, resumable: ResumableStream, text: string): void {
    void stream.send(text, resumable.appendLast(text, !stream.open));
  }

  /** The client has left without an id that it could come back with. */
  private get isLost(): boolean {
    return this.response.destroyed && !this.stream?.resumable;
  }

  private streamHeaders(headers?: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
    return this.correlationId === undefined ? headers : { ...headers, [CORRELATION_HEADER]: this.correlationId };
  }

  private begin(headers?: Readonly<Record<string, string>>): SseStream {
    if (this.stream !== null) return this.stream;
    const { settings, resumable } = this;
    settings.waiting.remove(this);
    const stream = new SseStream(this.response, settings, this.streamHeaders(headers));
    this.stream = stream;
    if (resumable !== null) resumable.onResumedElsewhere = () => stream.end();
    if (resumable?.primes) {
      stream.prime(resumable.start());
      if (settings.pollAfterMs !== null) stream.after(settings.pollAfterMs, () => this.pause(retryPeriodMs()));
    }
    return stream;
  }
}
