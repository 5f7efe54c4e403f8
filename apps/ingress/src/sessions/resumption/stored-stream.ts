import { randomBytes } from 'node:crypto';
import { StreamGrown } from '#contracts/ingress/stream.signal';
import type { ResumableStream } from '#libs/mcp-http';
import { ENTRY_KIND, type EventStore, type StreamOrigin, streamKey } from './event-store.js';
import type { StreamHolder } from './held-streams.js';
import { enqueueServerRequest } from './server-request-queue.js';

/** Entries that a stream keeps; older ones are dropped. */
const EVENTS_MAX = 1_000;
/** A notification that is larger, or comes while so many wait for the store, is told to who is there and not kept. */
const NOTIFICATION_CHARS_MAX = 16_384;
const WAITING_MAX = 256;

/**
 * What was sent on one stream of a session, kept so that the client can come back for it on any replica. Event ids are
 * `<stream>.<number>`, the number being the entry's in the list.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class StoredStream implements ResumableStream, StreamHolder {
  written: Promise<void> = Promise.resolve();
  onResumedElsewhere: (() => void) | undefined;
  private stream = '';
  private count = 0;
  private waiting = 0;
  private failed = false;

  constructor(
    private readonly store: EventStore,
    private readonly sessionId: string,
    private readonly idTexts: readonly string[],
    readonly primes: boolean,
  ) {}

  /** Begins the stream, once: most answers are no stream, and nothing of them is stored. Answers the id that everything comes after. */
  start(): string {
    if (this.count > 0) return `${this.stream}.1`;
    this.stream = randomBytes(12).toString('hex');
    this.store.held.hold(this.stream, this);
    const origin: StreamOrigin = { instance: this.store.bus.instance, idTexts: this.idTexts };
    return this.write(ENTRY_KIND.origin + JSON.stringify(origin), false);
  }

  /**
   * A notification. Answers the event's id, if it is kept. `announce`: nobody reads the stream any more, so whoever
   * resumes it is told.
   */
  appendNotification(message: string, announce: boolean): string | undefined {
    if (message.length > NOTIFICATION_CHARS_MAX || this.waiting >= WAITING_MAX) return undefined;
    return this.append(message, announce);
  }

  /** Something that must not get lost. */
  append(message: string, announce: boolean): string {
    this.start();
    return this.write(ENTRY_KIND.event + message, announce);
  }

  appendLast(message: string, announce: boolean): string {
    this.start();
    this.store.held.release(this.stream, this);
    return this.write(ENTRY_KIND.last + message, announce);
  }

  /** Ends without an answer. */
  close(): void {
    if (this.count === 0) return;
    this.store.held.release(this.stream, this);
    this.write(ENTRY_KIND.last, true);
  }

  release(): void {
    this.onResumedElsewhere?.();
  }

  /** Whether everything so far is in the store. */
  async isStored(): Promise<boolean> {
    await this.written;
    return !this.failed;
  }

  /** Leaves a request to the client where the session's GET stream claims it. */
  enqueueRequest(message: string): void {
    void enqueueServerRequest(this.store, this.sessionId, message);
  }

  private write(entry: string, announce: boolean): string {
    const { cache, bus, ttlMs } = this.store;
    const { stream } = this;
    const key = streamKey(this.sessionId, stream);
    this.waiting++;
    this.written = this.written
      .then(() => cache.append(key, entry, { lengthMax: EVENTS_MAX, ttlMs }))
      .then(
        () => {
          if (announce) bus.signal(StreamGrown, {}, stream);
        },
        // Without the store the stream cannot be resumed; it goes on all the same.
        () => {
          this.failed = true;
        },
      )
      .then(() => {
        this.waiting--;
      });
    return `${stream}.${++this.count}`;
  }
}
