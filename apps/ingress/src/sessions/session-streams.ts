import type { ServerResponse } from 'node:http';
import type { Bus, Subscription } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import type { CredentialCarrier } from '#libs/identity';
import { notificationMessage } from '#libs/mcp';
import { type ReplySettings, retryPeriodMs, SseStream } from '#libs/mcp-http';
import type { TrailSettings } from './resumption/event-store.js';
import { type Mail, SessionMail } from './resumption/server-request-queue.js';
import { TrailFollower } from './resumption/event-replay.js';
import type { Session } from '../call/session.js';
import type { SessionStore } from './session-store.js';
import type { ChangeFeeds, Feed } from './feeds/change-feeds.js';
import { listenerOf } from './feeds/resource-watch.js';

const ALL_LISTS: readonly CatalogList[] = ['tools', 'prompts', 'resources'];
const REPLACED = 'switchyard.v1.sig.ingress.session.stream-replaced.all';
const PRIMED_SINCE = '2025-11-25';
/** Of the GET stream, which has no trail: only the number of its mail counts. */
const OWN_EVENT_ID = /^changes(?:\.(\d{1,9}))?$/;
const ownEventId = (number: number): string => (number === 0 ? 'changes' : `changes.${number}`);

interface OpenStream {
  readonly stream: SseStream;
  readonly feed: Feed;
  /** The number of the last mail that was looked at. */
  mailSeen: number;
  /** Mail is taken by one look after the other. */
  taking: Promise<void>;
}

/**
 * The GET streams of sessions: they tell of changes, and carry requests of calls whose own stream cannot be come back
 * to. A session has one, wherever it is: a new one takes the place of the old.
 */
export class SessionStreams {
  private readonly open = new Map<string, OpenStream>();
  private readonly followers = new Map<string, Set<() => void>>();
  private readonly subscription: Subscription;
  private readonly keeping: NodeJS.Timeout;
  private readonly mail: SessionMail;

  constructor(
    private readonly bus: Bus,
    private readonly feeds: ChangeFeeds,
    private readonly trail: TrailSettings,
    private readonly settings: ReplySettings,
    private readonly sessions: SessionStore,
  ) {
    this.mail = new SessionMail(trail, (sessionId) => {
      for (const id of sessionId === null ? this.open.keys() : [sessionId]) this.takeMail(id);
    });
    // A client that only listens uses its session as well.
    this.keeping = setInterval(() => this.keepSessions(), sessions.ttlMs / 4);
    this.keeping.unref();
    this.subscription = bus.onSignal(REPLACED, (payload) => {
      const { sessionId, by } = payload as { sessionId: string; by: string };
      if (by !== bus.instance) this.end(sessionId);
    });
    sessions.onChange((session, id) => {
      if (session !== null) this.open.get(id)?.feed.follow(session.uris, listenerOf(session));
      else this.endSession(id);
    });
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
        lists: ALL_LISTS,
        notify: (method, params) => void stream?.send(notificationMessage(method, JSON.stringify(params))),
        end: () => stream?.end(),
      },
      principal,
    );
    if (response.destroyed) return feed.close();
    feed.follow(session.uris, listenerOf(session));
    this.end(session.id);
    this.bus.signal(REPLACED, { sessionId: session.id, by: this.bus.instance });
    stream = new SseStream(response, this.settings, { 'mcp-session-id': session.id });
    const opened: OpenStream = { stream, feed, mailSeen: 0, taking: Promise.resolve() };
    this.open.set(session.id, opened);
    response.once('close', () => {
      feed.close();
      if (this.open.get(session.id) === opened) this.open.delete(session.id);
    });
    const received = OWN_EVENT_ID.exec(lastEventId ?? '');
    const mail = await this.fetchMail(session.id, opened, received && Number(received[1] ?? 0));
    if (session.revision >= PRIMED_SINCE) stream.prime(ownEventId((mail[0]?.number ?? opened.mailSeen + 1) - 1));
    else stream.comment();
    deliver(mail, stream);
  }

  /** Gives again what a stream of the session sent after an event, and what it still sends. */
  resume(session: Session, lastEventId: string, response: ServerResponse): boolean {
    let stream: SseStream | null = null;
    const { pollAfterMs } = this.settings;
    const end = (): void => {
      follower?.stop();
      stream?.end();
    };
    const holder = { leave: end };
    const follower = TrailFollower.from(this.trail, session.id, lastEventId, {
      begin: () => {
        if (stream === null || follower === null) return;
        this.trail.held.take(follower.stream, holder);
        if (session.revision < PRIMED_SINCE) return;
        stream.prime(lastEventId);
        if (pollAfterMs !== null) stream.after(pollAfterMs, () => stream?.pause(retryPeriodMs()));
      },
      send: (message, id) => stream?.send(message, id),
      end: () => stream?.end(),
    });
    if (follower === null) return false;
    stream = new SseStream(response, this.settings, { 'mcp-session-id': session.id });
    stream.comment();
    let ends = this.followers.get(session.id);
    if (ends === undefined) this.followers.set(session.id, (ends = new Set()));
    ends.add(end);
    response.once('close', () => {
      follower.stop();
      this.trail.held.release(follower.stream, holder);
      ends.delete(end);
      if (ends.size === 0) this.followers.delete(session.id);
    });
    return true;
  }

  endAll(): void {
    for (const id of [...this.open.keys(), ...this.followers.keys()]) this.endSession(id);
  }

  close(): void {
    clearInterval(this.keeping);
    this.subscription.close();
    this.mail.close();
    this.endAll();
  }

  private takeMail(id: string): void {
    const opened = this.open.get(id);
    if (opened === undefined) return;
    void this.fetchMail(id, opened, null).then((mail) => deliver(mail, opened.stream));
  }

  /** None while the store is away; what comes later is looked at together with it. */
  private fetchMail(id: string, opened: OpenStream, lastReceived: number | null): Promise<readonly Mail[]> {
    const fetching = opened.taking.then(async () => {
      if (!opened.stream.open) return [];
      const { mail, seen } = await this.mail.take(id, opened.mailSeen, lastReceived);
      opened.mailSeen = seen;
      return mail;
    });
    const fetched = fetching.catch((): readonly Mail[] => []);
    opened.taking = fetched.then(() => {});
    return fetched;
  }

  private keepSessions(): void {
    for (const id of this.open.keys()) {
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
    for (const end of this.followers.get(id) ?? []) end();
  }

  private end(id: string): void {
    const opened = this.open.get(id);
    if (opened === undefined) return;
    this.open.delete(id);
    opened.feed.close();
    opened.stream.end();
  }
}

const deliver = (mail: readonly Mail[], stream: SseStream): void => {
  for (const { number, message } of mail) void stream.send(message, ownEventId(number));
};
