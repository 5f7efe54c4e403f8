import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import type { CredentialCarrier } from '#libs/identity';
import { notificationMessage, CATALOG_LISTS } from '#libs/mcp';
import type { Endpoint } from '../../call/index.js';
import type { Catalogs } from '../../catalog/index.js';
import { type ChangeFeeds, type Feed, listenerOf } from '../../sessions/index.js';
import { Connection, type ConnectionParts } from './connection.js';
import type { Line } from './line.js';

/** Who opened a connection, and where. */
export interface Opening {
  readonly endpoint: Endpoint;
  readonly principal: Principal;
  readonly carrier: CredentialCarrier;
}

/** How long a stopping gateway waits for what its connections have in hand. */
const STOP_MS = 10_000;

/** The connections that are open here. Each hears of changes as a GET stream does, and counts as one of its caller's. */
export class Connections {
  private readonly byId = new Map<string, Connection>();
  private readonly bySession = new Map<string, { readonly connection: Connection; readonly feed: Feed }>();
  private readonly keeping: NodeJS.Timeout;
  private stopping = false;

  constructor(
    private readonly parts: ConnectionParts,
    private readonly catalogs: Catalogs,
    private readonly feeds: ChangeFeeds,
  ) {
    const { sessions } = parts;
    this.keeping = setInterval(() => this.keepSessions(), sessions.ttlMs / 4);
    this.keeping.unref();
    sessions.onChange((session, id) => {
      const open = this.bySession.get(id);
      if (session === null) open?.connection.end('session-ended');
      else open?.feed.follow(session.uris, listenerOf(session));
    });
  }

  get size(): number {
    return this.byId.size;
  }

  /**
   * `connect` completes the connection once its caller is let in; `null` when the client has gone meanwhile. Fails with
   * `registry.server_unknown` or `http.overloaded`.
   */
  async open(opening: Opening, connect: () => Line | null): Promise<Connection | null> {
    const { endpoint, principal, carrier } = opening;
    if (this.stopping) throw fail('platform.not_ready');
    const catalog = await this.catalogs.of(endpoint.serverId);
    if (!catalog.isSeenBy(principal)) throw fail('registry.server_unknown');
    let connection: Connection | null = null;
    const feed = await this.feeds.open(
      {
        carrier,
        serverId: endpoint.serverId,
        era: 'legacy',
        lists: CATALOG_LISTS,
        sessionId: () => connection?.sessionId ?? null,
        notify: (method, params) => {
          if (connection === null || connection.sessionId === null) return;
          void connection.line.send(notificationMessage(method, JSON.stringify(params)));
        },
        // A gateway that stops lets the calls finish first.
        end: () => this.stopping || connection?.end('unauthorised'),
      },
      principal,
    );
    const line = connect();
    if (line === null) {
      feed.close();
      return null;
    }
    connection = this.add(line, opening, feed);
    return connection;
  }

  /** `null` when it is not here, or is somebody else's. */
  find(id: string, principalId: string): Connection | null {
    const connection = this.byId.get(id);
    return connection !== undefined && connection.principalId === principalId ? connection : null;
  }

  /** Takes no new connections, lets the calls in hand finish and ends what is open. */
  async stop(): Promise<void> {
    this.stopping = true;
    const late = new AbortController();
    const ending = [...this.byId.values()].map(async (connection) => {
      await Promise.race([connection.drain(), sleep(STOP_MS, undefined, { signal: late.signal }).catch(() => {})]);
      connection.end('stopping');
    });
    await Promise.all(ending);
    late.abort();
  }

  close(): void {
    clearInterval(this.keeping);
    this.stopping = true;
    for (const connection of this.byId.values()) connection.end('stopping');
  }

  private add(line: Line, { endpoint, principal }: Opening, feed: Feed): Connection {
    const connection: Connection = new Connection(this.parts, line, endpoint, principal.id, {
      begun: (sessionId) => {
        if (this.byId.has(connection.id)) this.bySession.set(sessionId, { connection, feed });
        else this.endSession(connection);
      },
      ended: () => {
        feed.close();
        this.byId.delete(connection.id);
        this.endSession(connection);
      },
    });
    this.byId.set(connection.id, connection);
    return connection;
  }

  private endSession({ sessionId, principalId, endpoint }: Connection): void {
    if (sessionId === null) return;
    this.bySession.delete(sessionId);
    const { sessions } = this.parts;
    const ending = async (): Promise<void> => {
      const session = await sessions.find(sessionId, principalId, endpoint.serverId);
      if (session !== null) await sessions.end(session);
    };
    // While the store is away it is left to expire.
    ending().catch(() => {});
  }

  private keepSessions(): void {
    for (const [id, { connection }] of this.bySession) {
      this.parts.sessions.keep(id).then(
        (kept) => kept || connection.end('session-ended'),
        () => {
          // The store is away: the next turn tries again.
        },
      );
    }
  }
}
