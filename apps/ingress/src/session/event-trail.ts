import { randomBytes } from 'node:crypto';
import type { Bus } from '#libs/bus';
import type { Cache } from '#libs/storage';

export interface TrailSettings {
  readonly cache: Cache;
  readonly bus: Bus;
  readonly ttlMs: number;
}

/** The first entry of a trail: whose work it shows. */
export interface TrailHeading {
  readonly instance: string;
  /** Of the request that is being answered. */
  readonly idText: string;
}

const EVENTS_MAX = 1_000;

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
export class EventTrail {
  private stream = '';
  private count = 0;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly settings: TrailSettings,
    private readonly sessionId: string,
    private readonly idText: string,
    /** Whether the stream begins with an event that holds nothing but an id (since 2025-11-25). */
    readonly primes: boolean,
  ) {}

  /** Most answers are no stream at all, and have no trail. Answers the id that everything comes after. */
  start(): string {
    if (this.count > 0) return `${this.stream}.1`;
    this.stream = randomBytes(12).toString('hex');
    const heading: TrailHeading = { instance: this.settings.bus.instance, idText: this.idText };
    return this.write(HEADING + JSON.stringify(heading), false);
  }

  /** The event's id. `announce`: nobody reads the stream any more, so whoever resumes it is told. */
  add(message: string, announce: boolean): string {
    this.start();
    return this.write(MORE + message, announce);
  }

  end(message: string, announce: boolean): string {
    this.start();
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
