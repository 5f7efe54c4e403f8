import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import type { CallerAdmission } from '#libs/identity';
import type { Heartbeat } from '#libs/mcp-http';
import type { Cache } from '#libs/storage';
import type { Catalogs } from '../catalog/index.js';
import type { IngressSettings } from '../ingress.settings.js';
import { type AdmitCaller, ChangeFeeds } from './feeds/change-feeds.js';
import { OpenCalls } from './open-calls.js';
import { OwnLists } from './own-lists.js';
import type { EventStore } from './resumption/event-store.js';
import { HeldStreams } from './resumption/held-streams.js';
import { Presence } from './resumption/presence.js';
import { ServerRequests } from './server-requests.js';
import { OWNER_KEYS, SessionAffinity } from './session-affinity.js';
import { SESSION_KEYS, SessionStore } from './session-store.js';
import { SessionStreams } from './session-streams.js';

export { watchStreams } from './instruments.js';
export type { ChangeFeeds, Feed } from './feeds/change-feeds.js';
export { type Listener, listenerOf } from './feeds/resource-watch.js';
export type { OpenCalls } from './open-calls.js';
export type { OwnLists } from './own-lists.js';
export type { EventStore } from './resumption/event-store.js';
export { StoredStream } from './resumption/stored-stream.js';
export type { ServerRequests } from './server-requests.js';
export { type SessionAffinity, clientKeyOf, dedicatedSessionOf } from './session-affinity.js';
export type { SessionStore } from './session-store.js';
export type { SubscriptionConfirmation } from './feeds/subscription-confirmation.js';
export type { SessionStreams } from './session-streams.js';

/** What sessions and their streams are built from. */
export interface SessionsDeps {
  readonly bus: Bus;
  readonly cache: Cache;
  readonly catalogs: Catalogs;
  readonly callers: Pick<CallerAdmission, 'onForgotten'>;
  readonly admitCaller: AdmitCaller;
  readonly heartbeat: Heartbeat;
}

/**
 * What outlives a gateway that is one process. With the owners, a session at an upstream that has gone with the process
 * is noticed, and ends the client's session too.
 */
export const KEPT_KEYS: readonly string[] = [SESSION_KEYS, OWNER_KEYS];

/** How long a stopping gateway waits for calls that nobody holds a connection for. */
const STOP_MS = 10_000;

/**
 * What ingress keeps for its clients between requests: the sessions of clients before 2026-07-28, their calls in hand,
 * the events of their streams, and what every open stream subscribes to. All of it is in the shared store or can be had
 * again, so that any replica serves any session.
 */
export const openSessions = (settings: IngressSettings, deps: SessionsDeps) => {
  const { bus, cache, catalogs, callers, admitCaller, heartbeat } = deps;
  const { streams: stream } = settings;
  const held = new HeldStreams(bus);
  const events: EventStore = { cache, bus, ttlMs: settings.sessions.eventTtlMs, held };
  const store = new SessionStore(cache, bus, settings.sessions);
  const calls = new OpenCalls(bus);
  const presence = new Presence(cache, bus.instance);
  const serverRequests = new ServerRequests(bus, settings.inputTimeoutMs);
  const affinity = new SessionAffinity(bus, cache, store, catalogs);
  const ownLists = new OwnLists(bus);
  const feeds = new ChangeFeeds(
    { bus, catalogs, affinity, sessions: store, ownLists, callers, admitCaller },
    stream.perPrincipalMax,
  );
  const { keepAliveMs, pollAfterMs } = stream;
  const streams = new SessionStreams(bus, feeds, events, { heartbeat, keepAliveMs, pollAfterMs }, store);
  return {
    store,
    calls,
    events,
    serverRequests,
    affinity,
    ownLists,
    feeds,
    streams,
    /** Open streams end; resolves when the calls in hand are over, but for those that wait for a person. */
    stop: async (): Promise<void> => {
      serverRequests.rejectAll();
      feeds.endAll();
      streams.endAll();
      const late = new AbortController();
      await Promise.race([calls.idle(), sleep(STOP_MS, undefined, { signal: late.signal }).catch(() => {})]);
      late.abort();
    },
    close: (): void => {
      for (const part of [ownLists, feeds, streams, store, calls, serverRequests, presence, held]) part.close();
    },
  };
};

/** The room of what is kept for clients between requests, as the other rooms use it. */
export type Sessions = ReturnType<typeof openSessions>;
