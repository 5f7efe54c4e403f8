import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Msg, NatsConnection, Status, Subscription } from '@nats-io/transport-node';
import type { Logger } from '#libs/telemetry';
import { Echoes } from './echoes.js';
import { asBuffer } from './wire.js';

/** Bytes waiting in this process for the broker, beyond which it counts as gone: memory stays bounded. */
const UNSENT_BYTES_MAX = 64 * 1024 * 1024;
/** One part of a split message, however much the broker would take: others are let through in between. */
const PAYLOAD_BYTES_MAX = 1024 * 1024;
/** In which the nodes of a cluster have told each other who subscribes where. */
const SPREAD_MS = 250;
const MOVE_RETRY_MS = 500;

type Received = (bytes: Buffer, message: Msg) => void;
/** `finish`: whatever the broker has sent by now still arrives. */
export type StopListening = (finish?: boolean) => void;
/** Opens another connection, to a server other than the one that the given connection is about to lose. */
export type ConnectAgain = (leaving: NatsConnection) => Promise<NatsConnection>;

/** A message that leaves when this turn of the event loop ends. */
interface Outbound {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly reply: string | undefined;
}

interface Listening {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly received: Received;
  readonly on: Map<NatsConnection, Subscription>;
}

/**
 * The connection, as the rest of the adapter sees it: never buffers while disconnected, never throws into the parser. It
 * moves to another server when its own says that it will stop.
 */
export class Link {
  private isConnected = true;
  private closing = false;
  private moving = false;
  private brokerBytesMax: number;
  private echoes: Echoes | undefined;
  /** The one whose server will stop. */
  private leaving: NatsConnection | undefined;
  /** Where it listens: besides the one in use, while it moves, the one to move to or the one that is left. */
  private connections: readonly NatsConnection[];
  private outbound: Outbound[] = [];
  private readonly listenings = new Set<Listening>();
  private readonly reconnected = new Set<() => void>();
  refused: (subject: string) => void = () => {};

  constructor(
    private current: NatsConnection,
    readonly logger: Logger,
    private readonly connectAgain: ConnectAgain,
    private readonly onClosed: (error: Error | undefined) => void,
  ) {
    this.brokerBytesMax = current.info?.max_payload ?? PAYLOAD_BYTES_MAX;
    this.connections = [current];
    this.use(current);
  }

  get connected(): boolean {
    return this.isConnected;
  }

  get payloadBytesMax(): number {
    return Math.min(this.brokerBytesMax, PAYLOAD_BYTES_MAX);
  }

  /**
   * False when it cannot be handed to the broker. What one turn of the event loop sends leaves together when the turn
   * ends: the client would make a write, and the broker a read, of every single message. `payload` stays as it is.
   */
  send(subject: string, payload: Uint8Array, reply?: string): boolean {
    if (!this.isConnected || this.stuck) return false;
    if (this.outbound.push({ subject, payload, reply }) === 1) setImmediate(this.sendAll);
    return true;
  }

  listen(subject: string, received: Received, queue?: string): StopListening {
    this.sendAll();
    const listening: Listening = { subject, queue, received, on: new Map() };
    this.listenings.add(listening);
    for (const connection of this.connections) this.subscribe(listening, connection);
    return (finish = false) => {
      this.sendAll();
      this.listenings.delete(listening);
      for (const [connection, subscription] of listening.on) {
        if (finish && this.isConnected) leave(connection, subscription);
        else subscription.unsubscribe();
      }
    };
  }

  onReconnect(handler: () => void): () => void {
    this.reconnected.add(handler);
    return () => this.reconnected.delete(handler);
  }

  /** Resolves once what was sent has reached the broker, and what it had sent before has arrived. */
  async flush(): Promise<void> {
    this.sendAll();
    await Promise.all(this.connections.map((connection) => connection.flush()));
  }

  async close(): Promise<void> {
    this.sendAll();
    this.closing = true;
    this.isConnected = false;
    await Promise.all(this.connections.map((connection) => connection.close()));
  }

  private readonly sendAll = (): void => {
    if (this.outbound.length === 0) return;
    const messages = this.outbound;
    this.outbound = [];
    // Lost, as what had left just before the connection was lost: it is found out as for that.
    if (!this.isConnected) return;
    for (const { subject, payload, reply } of messages) {
      try {
        this.current.publish(subject, payload, reply === undefined ? undefined : { reply });
      } catch (err) {
        this.logger.error({ err, subject, bytes: payload.length }, 'a bus message could not be sent');
      }
    }
  };

  private subscribe({ subject, queue, received, on }: Listening, connection: NatsConnection): void {
    // An exception in here would end the client's reader for good.
    const callback = (error: Error | null, message: Msg): void => {
      if (error !== null) {
        this.logger.error({ err: error, subject }, 'a bus subscription was refused');
        return;
      }
      try {
        // To a queue group the broker gives each message once, on whichever connection.
        if (queue === undefined && this.echoes?.isEcho(connection === this.connections[0], message)) return;
        received(asBuffer(message.data), message);
      } catch (err) {
        this.logger.error({ err, subject }, 'a bus message was dropped');
      }
    };
    on.set(connection, connection.subscribe(subject, queue === undefined ? { callback } : { callback, queue }));
  }

  private use(connection: NatsConnection): void {
    void this.watch(connection);
    void connection.closed().then((error) => {
      if (connection !== this.current) return;
      this.isConnected = false;
      if (this.closing) return;
      this.logger.fatal({ err: error }, 'the NATS connection is closed for good');
      this.onClosed(error instanceof Error ? error : undefined);
    });
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) if (connection === this.current) this.note(status);
  }

  private note(status: Status): void {
    switch (status.type) {
      case 'disconnect':
        this.isConnected = false;
        if (!this.closing) this.logger.warn('disconnected from NATS');
        break;
      case 'staleConnection':
        this.isConnected = false;
        this.logger.warn('NATS does not answer');
        // The client would first wait for its last bytes to leave, which they may never do.
        this.socket?.destroy();
        break;
      case 'reconnect':
        this.leaving = undefined;
        this.resume();
        break;
      case 'ldm':
        this.leaving = this.current;
        void this.move();
        break;
      case 'error':
        this.report(status.error);
        break;
      default:
    }
  }

  private resume(): void {
    this.isConnected = true;
    this.brokerBytesMax = this.current.info?.max_payload ?? this.brokerBytesMax;
    this.logger.info('reconnected to NATS');
    for (const handler of this.reconnected) {
      try {
        handler();
      } catch (err) {
        this.logger.error({ err }, 'a reconnect handler failed');
      }
    }
  }

  /**
   * The server will stop (lame duck), and says so some seconds before it ends its connections. A second one takes over
   * while the first still works, so that nothing is lost.
   * https://docs.nats.io/running-a-nats-service/nats_admin/lame_duck_mode
   */
  private async move(): Promise<void> {
    if (this.moving) return;
    this.moving = true;
    try {
      // The one that it has moved to may stop as well.
      while (this.leaving === this.current && this.isConnected && !this.closing) {
        const old = this.current;
        const next = await this.connectElsewhere(old);
        if (next !== undefined) await this.replace(old, next);
      }
    } catch (err) {
      this.logger.warn({ err }, 'leaving a NATS server that will stop did not work out');
    } finally {
      this.moving = false;
      this.echoes = undefined;
    }
  }

  /** Nothing when the old one is lost meanwhile: then it looks for another server by itself. */
  private async connectElsewhere(old: NatsConnection): Promise<NatsConnection | undefined> {
    while (this.isConnected && !this.closing) {
      try {
        return await this.connectAgain(old);
      } catch (error) {
        this.logger.warn({ reason: String(error) }, 'no other NATS server takes a connection yet');
        await sleep(MOVE_RETRY_MS);
      }
    }
    return undefined;
  }

  private async replace(old: NatsConnection, next: NatsConnection): Promise<void> {
    if (this.closing) return next.close();
    this.echoes = new Echoes();
    this.connections = [old, next];
    for (const listening of this.listenings) this.subscribe(listening, next);
    await next.flush();
    await sleep(SPREAD_MS);
    if (this.closing) return;
    const wasConnected = this.isConnected;
    this.sendAll();
    this.current = next;
    this.use(next);
    if (wasConnected) {
      this.brokerBytesMax = next.info?.max_payload ?? this.brokerBytesMax;
      this.logger.info({ server: next.getServer() }, 'moved to another NATS server, since the last one will stop');
    } else this.resume();
    for (const { on } of this.listenings) {
      const subscription = on.get(old);
      if (subscription !== undefined) leave(old, subscription);
      on.delete(old);
    }
    // What was sent to it has left, and what it had for this process has come.
    if (wasConnected) await old.flush().catch(() => this.resume());
    await sleep(SPREAD_MS);
    this.connections = [next];
    this.echoes = undefined;
    await old.close();
  }

  private report(error: Error): void {
    this.logger.error({ err: error }, 'NATS reports an error');
    const { operation, subject } = error as { operation?: string; subject?: string };
    if (operation === 'publish' && subject !== undefined) this.refused(subject);
  }

  private get stuck(): boolean {
    return (this.socket?.writableLength ?? 0) > UNSENT_BYTES_MAX;
  }

  /** The client keeps its socket to itself; without it a half-open connection cannot be cut. */
  private get socket(): Socket | undefined {
    return (this.current as unknown as { protocol?: { transport?: { socket?: Socket } } }).protocol?.transport?.socket;
  }
}

/** Unlike `unsubscribe`, this still takes what is on its way. */
const leave = (connection: NatsConnection, subscription: Subscription): void => {
  if (connection.isClosed()) return;
  subscription.drain().catch(() => {});
};
