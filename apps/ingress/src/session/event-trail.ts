import { randomBytes } from 'node:crypto';
import type { Bus } from '#libs/bus';
import type { Cache } from '#libs/storage';

export interface TrailSettings {
  readonly cache: Cache;
  readonly bus: Bus;
  readonly ttlMs: number;
}

const EVENTS_MAX = 1_000;
/** Marks the entry after which nothing comes. */
const LAST = '!';
const MORE = '.';

/**
 * What was sent on one stream of a session, kept so that the client can come back for it on any replica. Event ids are
 * `<stream>.<number>`, the number being the entry's in the list.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class EventTrail {
  private knownStream: string | null = null;
  private count = 0;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly settings: TrailSettings,
    private readonly sessionId: string,
    /** Whether the stream begins with an event that holds nothing but an id (since 2025-11-25). */
    readonly primes: boolean,
  ) {}

  /** Made when first needed: most answers are no stream at all. */
  private get stream(): string {
    this.knownStream ??= randomBytes(12).toString('hex');
    return this.knownStream;
  }

  /** The id of the event that primes the stream. It holds nothing, and shows that the stream is known. */
  start(): string {
    return this.write(MORE, false);
  }

  /** The event's id. `announce`: nobody reads the stream any more, so whoever resumes it is told. */
  add(message: string, announce: boolean): string {
    return this.write(MORE + message, announce);
  }

  end(message: string, announce: boolean): string {
    return this.write(LAST + message, announce);
  }

  /** Ends without an answer. */
  close(): void {
    if (this.count > 0) this.write(LAST, true);
  }

  private write(entry: string, announce: boolean): string {
    const { cache, bus, ttlMs } = this.settings;
    const { stream } = this;
    const key = trailKey(this.sessionId, stream);
    this.writing = this.writing
      .then(() => cache.append(key, entry, { lengthMax: EVENTS_MAX, ttlMs }))
      .then(() => {
        if (announce) bus.signal(grownSignal(stream), {});
      })
      // Without the store the stream cannot be resumed; it goes on all the same.
      .catch(() => {});
    return `${stream}.${++this.count}`;
  }
}

const EVENT_ID = /^([0-9a-f]{24})\.(\d{1,9})$/;
const trailKey = (sessionId: string, stream: string): string => `ingress:events:${sessionId}:${stream}`;
const grownSignal = (stream: string): string => `switchyard.v1.sig.ingress.stream.grown.${stream}`;
const POLL_MS = 1_000;

export interface Follower {
  send(message: string, eventId: string): void | Promise<void>;
  /** The stream has ended, or there is nothing of it. */
  end(): void;
}

/** Gives again what came after an event, then what still comes. Answers how to stop, or `null` for an unknown id. */
export const followTrail = (settings: TrailSettings, sessionId: string, lastEventId: string, follower: Follower): (() => void) | null => {
  const match = EVENT_ID.exec(lastEventId);
  if (match === null) return null;
  const [, stream = '', number = '0'] = match;
  let last = Number(number);
  let stopped = false;
  let reading = false;
  let again = false;

  const read = async (): Promise<void> => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    do {
      again = false;
      const { entries, complete } = await settings.cache.readSince(trailKey(sessionId, stream), last);
      if (!complete && !stopped) return finish();
      for (const { id, value } of entries) {
        if (stopped) return;
        last = id;
        if (value.length > 1) await follower.send(value.slice(1), `${stream}.${id}`);
        if (value.startsWith(LAST)) return finish();
      }
    } while (again);
    reading = false;
  };
  const attempt = (): void => {
    read().catch(() => {
      reading = false;
    });
  };
  const subscription = settings.bus.onSignal(grownSignal(stream), attempt);
  const poll = setInterval(attempt, POLL_MS);
  const stop = (): void => {
    stopped = true;
    subscription.close();
    clearInterval(poll);
  };
  const finish = (): void => {
    stop();
    follower.end();
  };
  attempt();
  return stop;
};
