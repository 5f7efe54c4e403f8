import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
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
  /** What the store is to be given next, and how much it is being given. */
  private behind: string[] = [];
  private underWay = 0;
  private announces = false;
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
    // Node keeps random bytes for these at hand; each other call for some costs as much as an event.
    this.stream = randomUUID().replaceAll('-', '').slice(0, 24);
    this.store.held.hold(this.stream, this);
    const origin: StreamOrigin = { instance: this.store.bus.instance, idTexts: this.idTexts };
    return this.write(ENTRY_KIND.origin + JSON.stringify(origin), false);
  }

  /**
   * A notification. Answers the event's id, if it is kept. `announce`: nobody reads the stream any more, so whoever
   * resumes it is told.
   */
  appendNotification(message: string, announce: boolean): string | undefined {
    if (message.length > NOTIFICATION_CHARS_MAX || this.behind.length + this.underWay >= WAITING_MAX) return undefined;
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

  /** Written behind, so that what is sent in one turn costs the store one write. */
  private write(entry: string, announce: boolean): string {
    this.behind.push(entry);
    this.announces ||= announce;
    if (this.behind.length === 1 && this.underWay === 0) this.written = this.writeBehind();
    return `${this.stream}.${++this.count}`;
  }

  private async writeBehind(): Promise<void> {
    const { cache, bus, ttlMs } = this.store;
    const key = streamKey(this.sessionId, this.stream);
    await nextTurn();
    while (this.behind.length > 0) {
      const { behind: entries, announces } = this;
      this.behind = [];
      this.announces = false;
      this.underWay = entries.length;
      try {
        await cache.append(key, entries, { lengthMax: EVENTS_MAX, ttlMs });
        if (announces) bus.signal(StreamGrown, {}, this.stream);
      } catch {
        // Without the store the stream cannot be resumed; it goes on all the same.
        this.failed = true;
      }
    }
    this.underWay = 0;
  }
}
