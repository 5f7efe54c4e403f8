import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { WebSocketServer } from 'ws';
import { AdmitConnector, FindGoodConnectors } from '#contracts/auth/connectors/admit-connector.request';
import { ConnectorRevoked } from '#contracts/auth/connectors/connector-revoked.event';
import { ConnectionAnnounced, ConnectionsWanted } from '#contracts/tool-invocation/connectors/connection.signal';
import type { ReplyOf } from '#contracts/define';
import { type Bus, InjectBus, type Subscription } from '#libs/bus';
import { FRAME_BYTES_MAX } from '#libs/connector';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, networkOf, readCredential } from '#libs/identity';
import { RawHttp, refuseUpgrade } from '#libs/service';
import { InjectLogger, type Logger, meter } from '#libs/telemetry';
import { AdmissionPlaces } from './admission-places.js';
import { ConnectionNotes } from './connection-notes.js';
import { Connection, type ConnectionEvents } from './connection.js';
import { type JoinWish, joinWishOf } from './join-wish.js';

const CONNECTIONS_MAX = 1_000;
const CONNECTIONS_PER_CONNECTOR_MAX = 16;
/** Should the event of a revocation be lost. */
const RECHECK_MS = 30_000;
/** What a timer can wait for at most; who is let in for longer is asked about again. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
/** What auth gives out; anything else is not worth asking about. */
const CONNECTOR_TOKEN = /^swc_[A-Za-z0-9_-]{43}$/;

const refusals = meter().createCounter('connector_refusals_total', {
  description: 'Connectors that were not let in, by the code of the reason.',
});

type Admitted = ReplyOf<typeof AdmitConnector>;

/** An upgrade that is asked for. */
interface Knock {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Who knocks. */
interface Visitor {
  readonly address: string;
  /** Known once auth has said so. */
  connector: { readonly id: string; readonly label: string } | null;
}

/** Where connectors come in: by WebSocket at `/connectors/join`. Holds their connections, and tells all instances of them. */
@Injectable()
export class ConnectorDoor
  implements ConnectionEvents, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
  });
  private readonly connections = new Map<string, Connection>();
  private readonly expiries = new Map<string, NodeJS.Timeout>();
  /** Revoked while somebody was being let in. */
  private readonly revoked = new Set<string>();
  private readonly places = new AdmissionPlaces();
  private readonly visitors = new Map<string, Visitor>();
  private readonly notes: ConnectionNotes;
  private isStopping = false;
  private subscriptions: Subscription[] = [];
  private rechecking: NodeJS.Timeout | undefined;

  constructor(
    @InjectBus() private readonly bus: Bus,
    private readonly raw: RawHttp,
    @InjectLogger() private readonly logger: Logger,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {
    this.notes = new ConnectionNotes(bus, logger);
  }

  onApplicationBootstrap(): void {
    this.subscriptions = [
      this.bus.subscribe(ConnectorRevoked, ({ connectorId }) => this.refuse(connectorId)),
      this.bus.subscribe(ConnectionsWanted, () => {
        for (const connection of this.connections.values()) if (connection.takesMore) this.changed(connection, true);
      }),
      this.bus.onReconnect(() => void this.recheck()),
    ];
    this.rechecking = setInterval(() => void this.recheck(), RECHECK_MS).unref();
    this.raw.onUpgrade(this.upgrade);
    this.raw.onStopping(async () => {
      this.isStopping = true;
      for (const connection of this.connections.values()) connection.leave();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.rechecking);
    for (const connection of this.connections.values()) connection.close('the gateway stops');
    await this.notes.close();
  }

  onApplicationShutdown(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  get size(): number {
    return this.connections.size;
  }

  /** Throws `upstream.unreachable` where it is not held here. */
  connection(id: string): Connection {
    const found = this.connections.get(id);
    if (found !== undefined) return found;
    throw fail('upstream.unreachable', { message: 'The connector is no longer connected here', executed: 'no' });
  }

  changed(connection: Connection, isOpen: boolean): void {
    this.bus.signal(ConnectionAnnounced, { connection: connection.description, isOpen });
  }

  closed(connection: Connection, reason: string): void {
    this.connections.delete(connection.id);
    clearTimeout(this.expiries.get(connection.id));
    this.expiries.delete(connection.id);
    this.changed(connection, false);
    const { connectorId: connector, names, zone } = connection.description;
    this.logger.info({ connector, names, reason }, 'a connector has left');
    const visitor = this.visitors.get(connection.id);
    this.visitors.delete(connection.id);
    if (visitor !== undefined) this.note('closed', visitor, { names, zone }, reason);
  }

  /** True when the upgrade is for connectors; it is then answered. */
  private readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
    const wish = joinWishOf(request.url ?? '');
    if (wish === null) return false;
    const visitor: Visitor = { address: networkOf(this.addressOf(request)), connector: null };
    this.admit(request, wish, visitor).then(
      ([admitted, wanted]) => this.open({ request, socket, head }, admitted, wanted, visitor),
      (thrown: unknown) => {
        const failure = toGatewayError(thrown);
        this.turnAway(socket, failure);
        refusals.add(1, { code: failure.code });
        const { names = [], zone = null } = 'names' in wish ? wish : {};
        const { code } = failure;
        if (this.note('refused', visitor, { names, zone }, code))
          this.logger.info(
            { connector: visitor.connector?.id, address: visitor.address, names, code },
            'a connector is refused',
          );
      },
    );
    return true;
  };

  private async admit(
    request: IncomingMessage,
    wish: JoinWish | GatewayError,
    visitor: Visitor,
  ): Promise<[Admitted, JoinWish]> {
    const token = readCredential(request);
    if (token === null) throw fail('auth.credential_missing');
    if (!CONNECTOR_TOKEN.test(token)) throw fail('auth.credential_invalid');
    if (this.isStopping || this.connections.size >= CONNECTIONS_MAX) throw fail('http.overloaded');
    const leave = this.places.take(visitor.address);
    try {
      const { head } = await this.bus.ask(AdmitConnector, { token }).catch((error: unknown) => {
        const failure = toGatewayError(error);
        throw failure.code.startsWith('bus.') ? fail('auth.unavailable', { cause: error }) : failure;
      });
      visitor.connector = { id: head.connectorId, label: head.label };
      if (!('names' in wish)) throw wish;
      const strange = wish.names.find((name) => !head.names.includes(name));
      if (strange !== undefined)
        throw fail('auth.grant_missing', { message: `This connector may not serve "${strange}"` });
      const own = [...this.connections.values()].filter(({ connectorId }) => connectorId === head.connectorId);
      if (own.length >= CONNECTIONS_PER_CONNECTOR_MAX) throw fail('http.overloaded');
      // It may have begun to stop while auth was asked.
      if (this.isStopping) throw fail('http.overloaded');
      return [head, wish];
    } finally {
      leave();
    }
  }

  private open({ request, socket, head }: Knock, admitted: Admitted, wish: JoinWish, visitor: Visitor): void {
    const { connectorId, label, expiresInMs } = admitted;
    this.server.handleUpgrade(request, socket, head, (opened) => {
      const { instance } = this.bus;
      const since = new Date().toISOString();
      const facts = { id: randomUUID(), instance, connectorId, ...wish, since };
      const connection = new Connection(opened, facts, this, this.logger);
      this.connections.set(connection.id, connection);
      this.visitors.set(connection.id, visitor);
      this.note('opened', visitor, wish, null);
      this.expireIn(connection, expiresInMs);
      if (this.revoked.has(connectorId)) return connection.close('the connector is revoked', true);
      this.changed(connection, true);
      this.logger.info({ connector: connectorId, label, names: wish.names, zone: wish.zone }, 'a connector has joined');
    });
  }

  private expireIn(connection: Connection, ms: number): void {
    const expire = (): void =>
      ms > TIMEOUT_MS_MAX
        ? this.expireIn(connection, ms - TIMEOUT_MS_MAX)
        : connection.close('the token has expired', true);
    this.expiries.set(connection.id, setTimeout(expire, Math.min(ms, TIMEOUT_MS_MAX)).unref());
  }

  private refuse(connectorId: string): void {
    // Whoever was admitted before this came may be about to be let in.
    this.revoked.add(connectorId);
    setTimeout(() => this.revoked.delete(connectorId), AdmitConnector.deadlineMs * 2).unref();
    for (const connection of this.connections.values())
      if (connection.connectorId === connectorId) connection.close('the connector is revoked', true);
  }

  /** A revocation may have been missed. */
  private async recheck(): Promise<void> {
    const connectorIds = [...new Set([...this.connections.values()].map((connection) => connection.connectorId))];
    if (connectorIds.length === 0) return;
    try {
      const { head } = await this.bus.ask(FindGoodConnectors, { connectorIds });
      const good = new Set(head.connectorIds);
      for (const id of connectorIds) if (!good.has(id)) this.refuse(id);
    } catch (error) {
      this.logger.warn({ err: error }, 'whether the connectors here are still good could not be asked');
    }
  }

  private note(
    what: 'opened' | 'closed' | 'refused',
    { address, connector }: Visitor,
    { names, zone }: Pick<JoinWish, 'names' | 'zone'>,
    reason: string | null,
  ): boolean {
    const { id: connectorId = null, label = null } = connector ?? {};
    return this.notes.note({ what, connectorId, label, address, names, zone, reason });
  }

  private turnAway(socket: Duplex, { httpStatus, code, message }: GatewayError): void {
    const text = JSON.stringify({ detail: message, code });
    const challenge = httpStatus === 401 ? 'WWW-Authenticate: Bearer\r\n' : '';
    refuseUpgrade(
      socket,
      `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}\r\n${challenge}Content-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
    );
  }
}
