import type { ServerResponse } from 'node:http';
import type { EventTrail } from '../session/event-trail.js';
import type { Beating } from './heartbeat.js';
import { answerJson } from './json-answer.js';
import type { Reply } from './reply.js';
import { type SseSettings, SseStream } from './sse-stream.js';

export interface ReplySettings extends SseSettings {
  /** Gives the request's place among those in hand back, once it has become a long stream. */
  readonly releasePlace: (response: ServerResponse) => void;
  /** Whether an answer that nothing came before is one JSON object; else it is a stream of one event. */
  readonly plainJson: boolean;
}

/** A call without an answer for this long goes on as a stream, so that it is kept alive and can be resumed. */
const PATIENCE_MS = 5_000;

/**
 * The answer to a POST: a JSON object, unless something has to be said before it or it takes long; then a stream. With
 * a trail (a session's POST), what goes on the stream can be asked for again, and goes on when the client has left.
 */
export class HttpReply implements Reply, Beating {
  seat = -1;
  private stream: SseStream | null = null;
  private finished = false;
  private readonly receivedAtMs = Date.now();

  constructor(
    private readonly response: ServerResponse,
    private readonly settings: ReplySettings,
    readonly streams: boolean,
    private readonly trail: EventTrail | null,
  ) {
    if (streams) settings.heartbeat.add(this);
  }

  send(message: string): void | Promise<void> {
    const stream = this.begin();
    if (this.trail === null) return stream.send(message);
    return stream.send(message, this.trail.add(message, !stream.open));
  }

  finish(message: string, httpStatus: number, headers?: Readonly<Record<string, string>>): void {
    if (this.finished) return;
    this.finished = true;
    this.settings.heartbeat.remove(this);
    if (this.stream === null && (this.settings.plainJson || !this.streams || httpStatus !== 200)) {
      if (!this.response.destroyed) answerJson(this.response, httpStatus, message, headers);
      return;
    }
    const stream = this.begin(headers);
    void stream.send(message, this.trail?.end(message, !stream.open));
    stream.end();
  }

  abandon(): void {
    if (this.finished) return;
    this.finished = true;
    this.settings.heartbeat.remove(this);
    this.trail?.close();
    if (!this.response.destroyed) this.begin().end();
  }

  /** Becomes a stream that may stay open for as long as a person thinks. */
  hold(): void {
    this.begin();
    this.settings.releasePlace(this.response);
  }

  beat(nowMs: number): void {
    if (nowMs - this.receivedAtMs < PATIENCE_MS) return;
    this.settings.heartbeat.remove(this);
    if (!this.finished && !this.response.destroyed) this.begin().comment();
  }

  private begin(headers?: Readonly<Record<string, string>>): SseStream {
    if (this.stream !== null) return this.stream;
    this.settings.heartbeat.remove(this);
    this.stream = new SseStream(this.response, this.settings, headers);
    if (this.trail?.primes) this.stream.prime(this.trail.start());
    return this.stream;
  }
}
