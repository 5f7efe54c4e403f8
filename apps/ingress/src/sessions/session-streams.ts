import type { ServerResponse } from 'node:http';
import { SessionStreamReplaced } from '#contracts/ingress/session.signal';
import type { Bus, Subscription } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import type { CredentialCarrier } from '#libs/identity';
import { notificationMessage, CATALOG_LISTS, serverCodec } from '#libs/mcp';
import { SseStream, type SseSettings, retryPeriodMs } from '#libs/mcp-http';
import type { Session } from '../call/index.js';
import type { ChangeFeeds, Feed } from './feeds/change-feeds.js';
import { listenerOf } from './feeds/resource-watch.js';
import { SubscriptionConfirmation } from './feeds/subscription-confirmation.js';
import { EventReplay } from './resumption/event-replay.js';
import type { EventStore } from './resumption/event-store.js';
import { type QueuedRequest, ServerRequestQueue } from './resumption/server-request-queue.js';
import type { SessionStore } from './session-store.js';

export interface StreamSettings extends SseSettings {
  /** How long the connection of a stream that can be resumed stays open; `null`: until the stream ends. */
  readonly pollAfterMs: number | null;
}

/** Of the GET stream, which is not stored: only the number of the queued request counts. */
const OWN_EVENT_ID = /^changes(?:\.(\d{1,9}))?$/;
const ownEventId = (number: number): string => (number === 0 ? 'changes' : `changes.${number}`);

interface OpenStream {
  readonly stream: SseStream;
  readonly feed: Feed;
  /** The number of the last queued request that was looked at. */
  seen: number;
  /** One look at the queue waits for the other. */
  claiming: Promise<void>;
}

/**
 * The GET streams of sessions: they tell of changes, and carry server requests of calls whose own stream cannot be
 * resumed. A session has one, on whichever replica: a new one takes the place of the old.
 */
export class SessionStreams {
  private readonly open = new Map<string, OpenStream>();
  private readonly replays = new Map<string, Set<() => void>>();
  private readonly subscription: Subscription;
  private readonly keeping: NodeJS.Timeout;
  private readonly queue: ServerRequestQueue;
  readonly confirmation: SubscriptionConfirmation;

  constructor(
    private readonly bus: Bus,
    private readonly feeds: ChangeFeeds,
    private readonly events: EventStore,
    private readonly settings: StreamSettings,
    private readonly sessions: SessionStore,
  ) {
    this.queue = new ServerRequestQueue(events, (sessionId) => {
      for (const id of sessionId === null ? this.open.keys() : [sessionId]) this.deliverQueued(id);
    });
    this.confirmation = new SubscriptionConfirmation(bus, events.cache, feeds, async (sessionId) => {
      const feed = this.open.get(sessionId)?.feed;
      const session = feed && (await sessions.latest(sessionId));
      if (!session) return;
      feed.follow(session.uris, listenerOf(session));
      await feed.confirmed();
    });
    // A client that only listens uses its session as well.
    this.keeping = setInterval(() => this.keepSessions(), sessions.ttlMs / 4);
    this.keeping.unref();
    this.subscription = bus.subscribe(SessionStreamReplaced, ({ sessionId, by }) => {
      if (by !== bus.instance) this.end(sessionId);
    });
    sessions.onChange((session, id) => {
      if (session !== null) this.open.get(id)?.feed.follow(session.uris, listenerOf(session));
      else this.endSession(id);
    });
  }

  /** How many are open here. */
  get size(): number {
    return this.open.size;
  }

  /** Goes on telling of changes until the client leaves or the session ends. */
  async serve(
    session: Session,
    principal: Principal,
    carrier: CredentialCarrier,
    response: ServerResponse,
    lastEventId: string | null,
  ): Promise<void> {
    let stream: SseStream | null = null;
    const feed = await this.feeds.open(
      {
        carrier,
        serverId: session.serverId,
        era: 'legacy',
        lists: CATALOG_LISTS,
        sessionId: () => session.id,
        notify: (method, params) => void stream?.send(notificationMessage(method, JSON.stringify(params))),
        end: () => stream?.end(),
      },
      principal,
    );
    if (response.destroyed) return feed.close();
    feed.follow(session.uris, listenerOf(session));
    feed.relyOn();
    this.end(session.id);
    this.bus.signal(SessionStreamReplaced, { sessionId: session.id, by: this.bus.instance });
    stream = new SseStream(response, this.settings, { 'mcp-session-id': session.id });
    stream.stay();
    const opened: OpenStream = { stream, feed, seen: 0, claiming: Promise.resolve() };
    this.open.set(session.id, opened);
    this.confirmation.holds(session.id, this.sessions.ttlMs);
    response.once('close', () => {
      feed.close();
      if (this.open.get(session.id) === opened) this.open.delete(session.id);
    });
    const received = OWN_EVENT_ID.exec(lastEventId ?? '');
    const queued = await this.claim(session.id, opened, received && Number(received[1] ?? 0));
    if (serverCodec(session.revision).primesStreams)
      stream.prime(ownEventId((queued[0]?.number ?? opened.seen + 1) - 1));
    else stream.comment();
    deliver(queued, stream);
  }

  /** Gives again what a stream of the session sent after an event, and what it still sends. */
  resume(session: Session, lastEventId: string, response: ServerResponse): boolean {
    let stream: SseStream | null = null;
    const { pollAfterMs } = this.settings;
    const end = (): void => {
      replay?.stop();
      stream?.end();
    };
    const holder = { release: end };
    const replay = EventReplay.from(this.events, session.id, lastEventId, {
      begin: () => {
        if (stream === null || replay === null) return;
        this.events.held.take(replay.stream, holder);
        if (!serverCodec(session.revision).primesStreams) return;
        stream.prime(lastEventId);
        if (pollAfterMs !== null) stream.after(pollAfterMs, () => stream?.pause(retryPeriodMs()));
      },
      send: (message, id) => stream?.send(message, id),
      end: () => stream?.end(),
    });
    if (replay === null) return false;
    stream = new SseStream(response, this.settings, { 'mcp-session-id': session.id });
    stream.stay();
    stream.comment();
    let ends = this.replays.get(session.id);
    if (ends === undefined) this.replays.set(session.id, (ends = new Set()));
    ends.add(end);
    response.once('close', () => {
      replay.stop();
      this.events.held.release(replay.stream, holder);
      ends.delete(end);
      if (ends.size === 0) this.replays.delete(session.id);
    });
    return true;
  }

  endAll(): void {
    for (const id of [...this.open.keys(), ...this.replays.keys()]) this.endSession(id);
  }

  close(): void {
    clearInterval(this.keeping);
    this.subscription.close();
    this.queue.close();
    this.confirmation.close();
    this.endAll();
  }

  private deliverQueued(id: string): void {
    const opened = this.open.get(id);
    if (opened === undefined) return;
    void this.claim(id, opened, null).then((queued) => deliver(queued, opened.stream));
  }

  /** None while the store is away; what comes later is looked at together with it. */
  private claim(id: string, opened: OpenStream, lastReceived: number | null): Promise<readonly QueuedRequest[]> {
    const claiming = opened.claiming.then(async () => {
      if (!opened.stream.open) return [];
      const { requests, seen } = await this.queue.claim(id, opened.seen, lastReceived);
      opened.seen = seen;
      return requests;
    });
    const claimed = claiming.catch((): readonly QueuedRequest[] => []);
    opened.claiming = claimed.then(() => {});
    return claimed;
  }

  private keepSessions(): void {
    for (const id of this.open.keys()) {
      this.confirmation.holds(id, this.sessions.ttlMs);
      this.sessions.keep(id).then(
        (kept) => kept || this.endSession(id),
        () => {
          // The store is away: the next turn tries again.
        },
      );
    }
  }

  private endSession(id: string): void {
    this.end(id);
    for (const end of this.replays.get(id) ?? []) end();
  }

  private end(id: string): void {
    const opened = this.open.get(id);
    if (opened === undefined) return;
    this.open.delete(id);
    opened.feed.close();
    opened.stream.end();
  }
}

const deliver = (requests: readonly QueuedRequest[], stream: SseStream): void => {
  for (const { number, message } of requests) void stream.send(message, ownEventId(number));
};
