import { randomBytes } from 'node:crypto';
import { ServerRequestEnqueued } from '#contracts/ingress/server-request.signal';
import type { Subscription } from '#libs/bus';
import type { EventStore } from './event-store.js';

/** A request to the client, as it goes on the session's GET stream. */
export interface QueuedRequest {
  /** Of the event it is carried by: a number of the GET stream. */
  readonly number: number;
  readonly message: string;
}

export interface ClaimedRequests {
  readonly requests: readonly QueuedRequest[];
  /** The number of the last one that has come. */
  readonly seen: number;
}

const REQUESTS_MAX = 256;
const queueKey = (sessionId: string): string => `ingress:mail:${sessionId}`;
const claimedKey = (sessionId: string, name: string): string => `ingress:mail-taken:${sessionId}:${name}`;

const ENTRY = /^([0-9a-f]{16}) (\d+) /;

/** What cannot be kept is lost: whoever waits for an answer to it is told in time that there is none. */
export const enqueueServerRequest = async (
  { cache, bus, ttlMs }: EventStore,
  sessionId: string,
  message: string,
): Promise<void> => {
  const entry = `${randomBytes(8).toString('hex')} ${Date.now() + ttlMs} ${message}`;
  try {
    await cache.append(queueKey(sessionId), [entry], { lengthMax: REQUESTS_MAX, ttlMs });
    bus.signal(ServerRequestEnqueued, { sessionId });
  } catch {
    // The store is away.
  }
};

/**
 * Requests to sessions' clients that belong to calls whose own stream nobody can come back to. The session's GET stream
 * takes them, on whichever replica it is, now or when there is one; each goes on one stream alone.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#multiple-connections
 */
export class ServerRequestQueue {
  private readonly subscriptions: Subscription[];

  /** `enqueued` hears of requests that have come (`null`: may have come) for a session. */
  constructor(
    private readonly store: EventStore,
    enqueued: (sessionId: string | null) => void,
  ) {
    this.subscriptions = [
      store.bus.subscribe(ServerRequestEnqueued, ({ sessionId }) => enqueued(sessionId)),
      store.bus.onReconnect(() => enqueued(null)),
    ];
  }

  /**
   * What has come after the number `seen` and no stream has taken yet; with `lastReceived` also what one has taken, but
   * the client did not get.
   */
  async claim(sessionId: string, seen: number, lastReceived: number | null): Promise<ClaimedRequests> {
    const { cache, ttlMs } = this.store;
    const slice = await cache.readSince(queueKey(sessionId), seen);
    // The numbers of a list that has ended meanwhile begin anew.
    const { entries } = slice.complete ? slice : await cache.readSince(queueKey(sessionId), 0);
    const requests: QueuedRequest[] = [];
    for (const { id, value } of entries) {
      const [head = '', name = '', untilMs = '0'] = ENTRY.exec(value) ?? [];
      if (Date.now() >= Number(untilMs)) continue;
      const isFirst = await cache.setIfAbsent(claimedKey(sessionId, name), '', ttlMs);
      if (isFirst || (lastReceived !== null && id > lastReceived))
        requests.push({ number: id, message: value.slice(head.length) });
    }
    return { requests, seen: entries.at(-1)?.id ?? seen };
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }
}
