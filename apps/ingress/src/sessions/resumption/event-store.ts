import { randomBytes } from 'node:crypto';
import type { Bus } from '#libs/bus';
import type { ResumableStream } from '#libs/mcp-http';
import type { Cache } from '#libs/storage';
import type { HeldStreams, StreamHolder } from './held-streams.js';
import { postMail } from './server-request-queue.js';

export interface TrailSettings {
  readonly cache: Cache;
  readonly bus: Bus;
  readonly ttlMs: number;
  readonly held: HeldStreams;
}

/** The first entry of a trail: whose work it shows. */
export interface TrailHeading {
  readonly instance: string;
  /** Of the requests that are being answered. */
  readonly idTexts: readonly string[];
}

const EVENTS_MAX = 1_000;
/** A notification that is larger, or comes while so many wait for the store, is told to who is there and not kept. */
const NOTIFICATION_CHARS_MAX = 16_384;
const WAITING_MAX = 256;

/** What an entry of the list is, by its first character. */
export const HEADING = '#';
export const MORE = '.';
export const LAST = '!';

export const trailKey = (sessionId: string, stream: string): string => `ingress:events:${sessionId}:${stream}`;
export const grownSignal = (stream: string): string => `switchyard.v1.sig.ingress.stream.grown.${stream}`;

/**
 * What was sent on one stream of a session, kept so that the client can come back for it on any replica. Event ids are
 * `<stream>.<number>`, the number being the entry's in the list.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class EventTrail implements ResumableStream, StreamHolder {
  /** Resolves when what was added so far has reached the store, or has not and never will. */
  written: Promise<void> = Promise.resolve();
  /** Ends the connection: the client has come back for the stream and reads it elsewhere. */
  onResumedElsewhere: (() => void) | undefined;
  private stream = '';
  private count = 0;
  private waiting = 0;
  private failed = false;

  constructor(
    private readonly settings: TrailSettings,
    private readonly sessionId: string,
    private readonly idTexts: readonly string[],
    /** Whether the stream begins with an event that holds nothing but an id (since 2025-11-25). */
    readonly primes: boolean,
  ) {}

  /** Most answers are no stream at all, and have no trail. Answers the id that everything comes after. */
  start(): string {
    if (this.count > 0) return `${this.stream}.1`;
    this.stream = randomBytes(12).toString('hex');
    this.settings.held.hold(this.stream, this);
    const heading: TrailHeading = { instance: this.settings.bus.instance, idTexts: this.idTexts };
    return this.write(HEADING + JSON.stringify(heading), false);
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
    return this.write(MORE + message, announce);
  }

  appendLast(message: string, announce: boolean): string {
    this.start();
    this.settings.held.release(this.stream, this);
    return this.write(LAST + message, announce);
  }

  /** Ends without an answer. */
  close(): void {
    if (this.count === 0) return;
    this.settings.held.release(this.stream, this);
    this.write(LAST, true);
  }

  leave(): void {
    this.onResumedElsewhere?.();
  }

  /** Whether everything so far is in the store. */
  async isStored(): Promise<boolean> {
    await this.written;
    return !this.failed;
  }

  /** Leaves a request to the client where the session's GET stream takes it from. */
  enqueueRequest(message: string): void {
    void postMail(this.settings, this.sessionId, message);
  }

  private write(entry: string, announce: boolean): string {
    const { cache, bus, ttlMs } = this.settings;
    const { stream } = this;
    const key = trailKey(this.sessionId, stream);
    this.waiting++;
    this.written = this.written
      .then(() => cache.append(key, entry, { lengthMax: EVENTS_MAX, ttlMs }))
      .then(
        () => {
          if (announce) bus.signal(grownSignal(stream), {});
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
