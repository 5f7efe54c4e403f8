import type { WebSocket } from 'ws';
import type { ConnectorConnection } from '#contracts/tool-invocation/connectors/connector-connection';
import type { RelayedRequest } from '#contracts/tool-invocation/connectors/relay-request.request';
import {
  FrameSender,
  type GatewayFrame,
  MalformedFrame,
  decodeConnectorFrame,
  encodeGatewayFrame,
} from '#libs/connector';
import { fail, toGatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { GivenUpRequests } from './given-up-requests.js';
import { RelayedStream, type TakesFrame } from './relayed-stream.js';
import { SignsOfLife } from './signs-of-life.js';

/** Requests that are under way over one connection. */
const STREAMS_MAX = 1_024;
const PING_MS = 5_000;
/** A connector that takes nothing of what waits for it for so long is hung up on. */
const STALL_MS = 15_000;

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const CLOSE_POLICY = 1008;
const CLOSE_LEAVING = 1001;
const OPEN = 1;

/** Hears what becomes of a connection. */
export interface ConnectionEvents {
  /** It is open, or its latency was measured again; `isOpen` false: nothing new is to be sent over it. */
  changed(connection: Connection, isOpen: boolean): void;
  closed(connection: Connection, reason: string): void;
}

/** What of a request the one who waits for its answer decides. */
export interface Waiting {
  readonly timeLeftMs: number;
  readonly signal: AbortSignal;
  readonly take: TakesFrame;
}

/** The WebSocket of one connector, at the gateway's end. */
export class Connection {
  private latencyMs: number | null = null;
  private isLeaving = false;
  private isClosed = false;
  private lastId = 0;
  private readonly signs = new SignsOfLife();
  private readonly sender: FrameSender;
  private readonly streams = new Map<number, RelayedStream>();
  private readonly givenUp = new GivenUpRequests();
  private readonly pinging: NodeJS.Timeout;

  constructor(
    private readonly socket: WebSocket,
    private readonly facts: Omit<ConnectorConnection, 'latencyMs'>,
    private readonly events: ConnectionEvents,
    private readonly logger: Logger,
  ) {
    this.sender = new FrameSender(socket);
    socket.on('error', (error) => this.logger.debug({ err: error }, 'the connection of a connector failed'));
    socket.on('message', (data, isBinary) => this.receive(data as Buffer, isBinary));
    socket.on('pong', (payload) => this.ponged(payload));
    socket.once('close', (code) => this.closed(`it was closed (${code})`));
    this.pinging = setInterval(() => this.ping(), PING_MS).unref();
    this.ping();
  }

  get id(): string {
    return this.facts.id;
  }

  get connectorId(): string {
    return this.facts.connectorId;
  }

  /** As it is now. */
  get description(): ConnectorConnection {
    return { ...this.facts, latencyMs: this.latencyMs };
  }

  get takesMore(): boolean {
    return !this.isLeaving && !this.isClosed;
  }

  /**
   * Sends a request to the connector and hands on its response. Resolves when that has ended. Rejects with
   * `upstream.unreachable` and `http.invalid` (nothing was sent), `upstream.busy`, `upstream.closed`.
   */
  async relay(request: RelayedRequest, body: string, { timeLeftMs, signal, take }: Waiting): Promise<void> {
    // Its farewell has come, and the end of the connection soon will.
    if (this.socket.readyState !== OPEN) this.stopTaking();
    if (!this.takesMore || !this.facts.names.includes(request.name)) throw gone();
    if (this.streams.size >= STREAMS_MAX)
      throw fail('upstream.busy', { message: 'The connector has too many requests at once', executed: 'no' });
    if (this.sender.isFull)
      throw fail('upstream.busy', { message: 'The connector does not take what is sent to it', executed: 'no' });
    const stream = new RelayedStream(++this.lastId, (frame, bytes) => this.send(frame, bytes), take);
    const cancel = (): void => {
      if (this.streams.has(stream.id)) void this.send({ type: 'cancel', id: stream.id }).catch(() => {});
      stream.end('Nobody waits for the answer any more');
    };
    this.streams.set(stream.id, stream);
    signal.addEventListener('abort', cancel);
    try {
      if (signal.aborted) throw gone();
      const starting = stream.start(request, body, Math.max(0, Math.round(timeLeftMs)));
      // An upstream may answer before it has read all of the body.
      starting.catch((error: unknown) => stream.end('The request could not be sent', error));
      await stream.done;
    } catch (error) {
      // What the connector says of it goes no further than here.
      const { cause } = toGatewayError(error);
      const { connectorId: connector } = this;
      if (cause instanceof Error)
        this.logger.info(
          { connector, upstream: request.name, reason: cause.message },
          'a request to a connector failed',
        );
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.streams.delete(stream.id);
      if (!stream.isAnswered) this.givenUp.add(stream.id);
    }
  }

  /** This process stops: the connector is to go elsewhere, and closes the connection when what is open has ended. */
  leave(): void {
    if (!this.takesMore) return;
    this.stopTaking();
    void this.send({ type: 'leave' }).catch(() => {});
  }

  /** Ends it, and all that is under way. `isRefused`: its token is no longer good. */
  close(reason: string, isRefused = false): void {
    if (this.isClosed) return;
    this.socket.close(isRefused ? CLOSE_POLICY : CLOSE_LEAVING, reason.slice(0, 100));
    this.closed(reason);
    // Whoever does not answer the farewell is not waited for.
    setTimeout(() => this.socket.terminate(), 1_000).unref();
  }

  private receive(data: Buffer, isBinary: boolean): void {
    if (this.isClosed) return;
    try {
      if (!isBinary) throw new MalformedFrame('a message is text');
      const { frame, bytes } = decodeConnectorFrame(data);
      if (frame.type === 'leave') return this.stopTaking();
      if (frame.id > this.lastId) throw new MalformedFrame('a frame is of no request');
      const stream = this.streams.get(frame.id);
      if (stream === undefined) this.givenUp.pass(frame);
      else stream.receive(frame, bytes);
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.logger.warn({ connector: this.connectorId, reason: error.message }, 'a connector broke the rules');
      this.close(`it broke the rules: ${error.message}`, true);
    }
  }

  private stopTaking(): void {
    if (!this.takesMore) return;
    this.isLeaving = true;
    this.events.changed(this, false);
  }

  private async send(frame: GatewayFrame, bytes?: Buffer): Promise<void> {
    const message = encoded(frame, bytes);
    if (this.socket.readyState !== OPEN) throw gone();
    await (frame.type === 'data' ? this.sender.sendBody(message) : this.sender.send(message));
  }

  private ping(): void {
    if (this.signs.isGone) return this.hangUp('it said nothing any more');
    if (this.sender.stalledMs > STALL_MS) return this.hangUp('it took nothing of what was sent to it any more');
    if (this.socket.readyState === OPEN) this.socket.ping(this.signs.ping());
  }

  private ponged(payload: Buffer): void {
    const tookMs = this.signs.pong(payload);
    if (tookMs === null || !this.takesMore) return;
    this.latencyMs = Math.round(tookMs * 10) / 10;
    this.events.changed(this, true);
  }

  /** Without a farewell, which it would not read. */
  private hangUp(reason: string): void {
    this.socket.terminate();
    this.closed(reason);
  }

  private closed(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.pinging);
    this.sender.close(gone());
    for (const stream of this.streams.values()) stream.end(`The connector is gone: ${reason}`);
    this.events.closed(this, reason);
  }
}

/** Throws what the request fails with that has no room in a frame. */
const encoded = (frame: GatewayFrame, bytes?: Buffer): Buffer => {
  try {
    return encodeGatewayFrame(frame, bytes);
  } catch (cause) {
    const message = 'The headers of the request are too large for a connector';
    throw fail('http.invalid', { message, executed: 'no', cause });
  }
};

const gone = () =>
  fail('upstream.unreachable', { message: 'The connector is no longer connected here', executed: 'no' });
