import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import type { CallerAdmission } from '#libs/identity';
import type { Outbox } from '#libs/outbox';
import type { Cache } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { BodyReader, Heartbeat, OriginGuard } from '#libs/mcp-http';
import { ABOUT } from './call/about.js';
import { Admission } from './admission/admission.js';
import { Answering } from './pipeline/answering.js';
import { Connections } from './faces/connection/connections.js';
import { Attendance } from './forwarding/parked-call-lease.js';
import { CallJournal } from './forwarding/call-journal.js';
import { Forwarder } from './forwarding/forwarder.js';
import { InputLoop } from './forwarding/input-loop.js';
import { ResourceCache } from './forwarding/resource-cache.js';
import { SessionKeepers } from './sessions/session-affinity.js';
import type { IngressConfig } from './ingress.config.js';
import { Pipeline } from './pipeline/pipeline.js';
import { Catalogs } from './catalog/catalogs.js';
import { Listings } from './catalog/listings.js';
import { ResourceLinks } from './catalog/resource-links.js';
import { Router } from './routing/router.js';
import { Seal } from './sealing/seal.js';
import { Asks } from './sessions/server-requests.js';
import { HeldStreams } from './sessions/resumption/held-streams.js';
import { Presence } from './sessions/resumption/presence.js';
import { OpenCalls } from './sessions/open-calls.js';
import { SessionStore } from './sessions/session-store.js';
import { ChangeFeeds } from './sessions/feeds/change-feeds.js';
import { Listening } from './pipeline/listen.js';
import { SessionStreams } from './sessions/session-streams.js';
import { HttpSse } from './faces/mcp-sse/mcp-sse.js';
import { McpHttp } from './faces/mcp-http/mcp-http.js';
import { WebSockets } from './faces/mcp-ws/mcp-ws.js';

/** What the process gives ingress to work with. */
export interface IngressSurroundings {
  readonly bus: Bus;
  readonly cache: Cache;
  readonly callers: CallerAdmission;
  readonly outbox: Pick<Outbox, 'settle'>;
  readonly logger: Logger;
  /** Gives the place of a request that has become a long stream back. */
  readonly releasePlace: (response: ServerResponse) => void;
}

const SECOND_MS = 1_000;
/** How long a stopping gateway waits for calls that nobody holds a connection for. */
const STOP_MS = 10_000;
/** How often it is looked at, in the time for which it may wait, whether a call has waited for that long. */
const LOOKS_PER_PATIENCE = 4;

/** Ingress, put together: the one place that knows all its parts. */
export class Ingress {
  readonly http: McpHttp;
  readonly sse: HttpSse;
  readonly sockets: WebSockets;
  private readonly heartbeat = new Heartbeat();
  private readonly waiting: Heartbeat;
  private readonly held: HeldStreams;
  private readonly listings: Listings;
  private readonly catalogs: Catalogs;
  private readonly sessions: SessionStore;
  private readonly calls: OpenCalls;
  private readonly asks: Asks;
  private readonly resources: ResourceCache;
  private readonly feeds: ChangeFeeds;
  private readonly streams: SessionStreams;
  private readonly presence: Presence;
  private readonly connections: Connections;

  constructor(config: IngressConfig, { bus, cache, callers, outbox, logger, releasePlace }: IngressSurroundings) {
    const seal = new Seal(secretOf(config));
    const keepAliveMs = config.SSE_KEEPALIVE_ENABLED ? config.SSE_KEEPALIVE_INTERVAL * SECOND_MS : null;
    const patienceMs = config.STREAM_AFTER_MS;
    this.waiting = new Heartbeat(Math.min(SECOND_MS, patienceMs / LOOKS_PER_PATIENCE));
    const reply = {
      heartbeat: this.heartbeat,
      keepAliveMs,
      releasePlace,
      plainJson: true,
      waiting: this.waiting,
      patienceMs,
      pollAfterMs: config.SSE_POLL_AFTER === 0 ? null : config.SSE_POLL_AFTER * SECOND_MS,
    };
    this.held = new HeldStreams(bus);
    const trail = { cache, bus, ttlMs: config.MESSAGE_TTL * SECOND_MS, held: this.held };
    const journal = new CallJournal(outbox);

    const shape = { size: config.LIST_PAGE_SIZE, ttlMsMax: config.LIST_TTL_MS, about: ABOUT };
    this.listings = new Listings(bus, logger);
    this.catalogs = new Catalogs(bus, shape, this.listings, logger);
    this.sessions = new SessionStore(cache, bus, {
      ttlMs: config.SESSION_TTL * SECOND_MS,
      perPrincipalMax: config.SESSIONS_PER_PRINCIPAL_MAX,
    });
    const admission = new Admission(callers, this.sessions);
    this.calls = new OpenCalls(bus);
    this.presence = new Presence(cache, bus.instance);
    this.asks = new Asks(bus, config.INPUT_TIMEOUT * SECOND_MS);
    this.resources = new ResourceCache(bus, journal, {
      size: config.RESOURCE_CACHE_SIZE,
      ttlMsMax: config.RESOURCE_CACHE_TTL * SECOND_MS,
    });
    const links = new ResourceLinks(cache);
    const means = { seal, timeoutMs: config.TOOL_TIMEOUT * SECOND_MS };
    const keepers = new SessionKeepers(bus, cache, this.sessions, this.catalogs);
    const streamsMax = config.STREAMS_PER_PRINCIPAL_MAX;
    this.feeds = new ChangeFeeds(bus, this.catalogs, keepers, this.resources, admission, streamsMax);
    this.streams = new SessionStreams(bus, this.feeds, trail, reply, this.sessions);
    const inputLoop = new InputLoop(this.asks, new Attendance(bus, journal));
    const pipeline = new Pipeline(
      admission,
      new Router(this.catalogs, means, journal, links),
      new Answering(this.sessions, new Listening(this.feeds, this.catalogs, bus, seal), seal),
      new Forwarder(bus, journal, inputLoop, keepers, this.resources, links),
      seal,
      logger,
    );
    const guard = new OriginGuard(config.ALLOWED_HOSTS, config.ALLOWED_ORIGINS);
    const bodies = new BodyReader({ bytesMax: config.MCP_BODY_BYTES_MAX, totalMax: config.MCP_BODY_BYTES_TOTAL });
    this.http = new McpHttp({
      guard,
      bodies,
      pipeline,
      admission,
      sessions: this.sessions,
      streams: this.streams,
      calls: this.calls,
      asks: this.asks,
      reply,
      sessionReply: { ...reply, plainJson: config.JSON_RESPONSE_ENABLED },
      trail,
      logger,
    });
    const { sessions, asks } = this;
    const parts = { pipeline, sessions, asks, callsMax: config.CALLS_PER_CONNECTION_MAX };
    const connections = new Connections(parts, this.catalogs, this.feeds);
    this.connections = connections;
    this.sse = new HttpSse({ bus, guard, bodies, admission, connections, seal, reply, logger });
    this.sockets = new WebSockets({
      guard,
      admission,
      connections,
      settings: reply,
      frameBytesMax: config.MCP_BODY_BYTES_MAX,
      logger,
    });
  }

  /** Open streams get their last message and end; calls in hand go on, but for those that wait for a person. */
  async stopStreams(): Promise<void> {
    const connections = this.connections.stop();
    this.asks.giveUp();
    this.feeds.endAll();
    this.streams.endAll();
    await Promise.all([connections, this.callsOver()]);
  }

  private async callsOver(): Promise<void> {
    const late = new AbortController();
    await Promise.race([this.calls.idle(), sleep(STOP_MS, undefined, { signal: late.signal }).catch(() => {})]);
    late.abort();
  }

  close(): void {
    this.connections.close();
    this.sse.close();
    this.feeds.close();
    this.streams.close();
    const { listings, catalogs, resources, sessions, calls, asks, presence, held } = this;
    for (const part of [listings, catalogs, resources, sessions, calls, asks, presence, held]) part.close();
    this.heartbeat.close();
    this.waiting.close();
  }
}

const secretOf = ({ STATE_SECRET, JWT_SECRET_KEY }: IngressConfig): string => {
  const secret = STATE_SECRET ?? JWT_SECRET_KEY;
  if (secret === null)
    throw fail('config.invalid', { message: 'STATE_SECRET is required where JWT_SECRET_KEY is not set' });
  return secret;
};
