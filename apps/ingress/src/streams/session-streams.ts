import type { ServerResponse } from 'node:http';
import type { Bus, Subscription } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import type { CredentialCarrier } from '#libs/identity';
import { notificationMessage } from '#libs/mcp';
import type { TrailSettings } from '../session/event-trail.js';
import { TrailFollower } from '../session/trail-follower.js';
import type { Session } from '../session/session.js';
import type { SessionStore } from '../session/session-store.js';
import { type SseSettings, SseStream } from '../transport/sse-stream.js';
import type { ChangeFeeds, Feed } from './change-feeds.js';
import { listenerOf } from './resource-watch.js';

const ALL_LISTS: readonly CatalogList[] = ['tools', 'prompts', 'resources'];
const REPLACED = 'switchyard.v1.sig.ingress.session.stream-replaced.all';
const PRIMED_SINCE = '2025-11-25';
/** Of no trail: a client that comes back with it gets a new stream of changes. */
const CHANGES_EVENT_ID = 'changes';

interface OpenStream {
  readonly stream: SseStream;
  readonly feed: Feed;
}

/** The GET streams of sessions. A session has one, wherever it is: a new one takes the place of the old. */
export class SessionStreams {
  private readonly open = new Map<string, OpenStream>();
  private readonly followers = new Map<string, Set<() => void>>();
  private readonly subscription: Subscription;
  private readonly keeping: NodeJS.Timeout;

  constructor(
    private readonly bus: Bus,
    private readonly feeds: ChangeFeeds,
    private readonly trail: TrailSettings,
    private readonly sse: SseSettings,
    private readonly sessions: SessionStore,
  ) {
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
    stream = new SseStream(response, this.sse, { 'mcp-session-id': session.id });
    if (session.revision >= PRIMED_SINCE) stream.prime(CHANGES_EVENT_ID);
    else stream.comment();
    const opened: OpenStream = { stream, feed };
    this.open.set(session.id, opened);
    response.once('close', () => {
      feed.close();
      if (this.open.get(session.id) === opened) this.open.delete(session.id);
    });
  }

  /** Gives again what a stream of the session sent after an event, and what it still sends. */
  resume(session: Session, lastEventId: string, response: ServerResponse): boolean {
    let stream: SseStream | null = null;
    const follower = TrailFollower.from(this.trail, session.id, lastEventId, {
      send: (message, id) => stream?.send(message, id),
      end: () => stream?.end(),
    });
    if (follower === null) return false;
    stream = new SseStream(response, this.sse, { 'mcp-session-id': session.id });
    stream.comment();
    const end = (): void => {
      follower.stop();
      stream.end();
    };
    let ends = this.followers.get(session.id);
    if (ends === undefined) this.followers.set(session.id, (ends = new Set()));
    ends.add(end);
    response.once('close', () => {
      follower.stop();
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
    this.endAll();
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
