import type { Socket } from 'node:net';
import type { Msg, NatsConnection, Subscription as NatsSubscription } from '@nats-io/transport-node';
import type { Logger } from '#libs/telemetry';
import { asBuffer } from './wire.js';

/** Bytes waiting in this process for the broker, beyond which it counts as gone: memory stays bounded. */
const UNSENT_BYTES_MAX = 64 * 1024 * 1024;
/** One part of a split message, however much the broker would take: others are let through in between. */
const PAYLOAD_BYTES_MAX = 1024 * 1024;

type Received = (bytes: Buffer, message: Msg) => void;

/** The connection, as the rest of the adapter sees it: never buffers while disconnected, never throws into the parser. */
export class Link {
  private isConnected = true;
  private closing = false;
  private brokerBytesMax: number;
  private readonly reconnected = new Set<() => void>();
  refused: (subject: string) => void = () => {};

  constructor(
    readonly connection: NatsConnection,
    readonly logger: Logger,
    onClosed: (error: Error | undefined) => void,
  ) {
    this.brokerBytesMax = connection.info?.max_payload ?? PAYLOAD_BYTES_MAX;
    void this.watch();
    void connection.closed().then((error) => {
      this.isConnected = false;
      if (this.closing) return;
      logger.fatal({ err: error }, 'the NATS connection is closed for good');
      onClosed(error instanceof Error ? error : undefined);
    });
  }

  get connected(): boolean {
    return this.isConnected;
  }

  get payloadBytesMax(): number {
    return Math.min(this.brokerBytesMax, PAYLOAD_BYTES_MAX);
  }

  /** False when it could not be handed to the broker. */
  send(subject: string, payload: Uint8Array, reply?: string): boolean {
    if (!this.isConnected || this.stuck) return false;
    try {
      this.connection.publish(subject, payload, reply === undefined ? undefined : { reply });
      return true;
    } catch (err) {
      this.logger.error({ err, subject, bytes: payload.length }, 'a bus message could not be sent');
      return false;
    }
  }

  listen(subject: string, received: Received, queue?: string): NatsSubscription {
    // An exception in here would end the client's reader for good.
    const callback = (error: Error | null, message: Msg): void => {
      if (error !== null) {
        this.logger.error({ err: error, subject }, 'a bus subscription was refused');
        return;
      }
      try {
        received(asBuffer(message.data), message);
      } catch (err) {
        this.logger.error({ err, subject }, 'a bus message was dropped');
      }
    };
    return this.connection.subscribe(subject, queue === undefined ? { callback } : { callback, queue });
  }

  onReconnect(handler: () => void): () => void {
    this.reconnected.add(handler);
    return () => this.reconnected.delete(handler);
  }

  async close(): Promise<void> {
    this.closing = true;
    this.isConnected = false;
    await this.connection.close();
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) {
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
          this.resume();
          break;
        case 'error':
          this.report(status.error);
          break;
        default:
      }
    }
  }

  private resume(): void {
    this.isConnected = true;
    this.brokerBytesMax = this.connection.info?.max_payload ?? this.brokerBytesMax;
    this.logger.info('reconnected to NATS');
    for (const handler of this.reconnected) {
      try {
        handler();
      } catch (err) {
        this.logger.error({ err }, 'a reconnect handler failed');
      }
    }
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
    return (this.connection as unknown as { protocol?: { transport?: { socket?: Socket } } }).protocol?.transport
      ?.socket;
  }
}
