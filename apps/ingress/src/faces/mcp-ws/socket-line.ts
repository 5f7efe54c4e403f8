import type { WebSocket } from 'ws';
import type { Beating, Heartbeat } from '#libs/mcp-http';
import { heldBytes, scarcePatienceMs } from '#libs/resilience';
import type { Line, LineEnd } from '../connection/line.js';
import { OrderedOutlet } from '../connection/ordered-outlet.js';

export interface SocketSettings {
  readonly heartbeat: Heartbeat;
  /** `null`: no pings. */
  readonly keepAliveMs: number | null;
}

const OPEN = 1;
/** More than this unsent, and senders wait. */
const UNSENT_BYTES = 64 * 1024;
/** More than this unsent because of what the client makes us say, and it is cut off. Room for several whole lists. */
const UNSENT_BYTES_MAX = 32 * 1024 * 1024;
/** A peer that takes nothing, or answers no ping, for this long is cut off. */
const STALL_MS = 30_000;

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const CLOSE_CODES: Readonly<Record<LineEnd, number>> = { stopping: 1001, unauthorised: 1008, 'session-ended': 1000 };

/** All messages of a connection on one WebSocket, each in a text frame. */
export class SocketLine implements Line, Beating {
  slot = -1;
  private readonly outlet = new OrderedOutlet((message) => this.write(message));
  private heardAtMs = Date.now();
  private pingedAtMs: number | null = null;
  private stalledSinceMs: number | null = null;

  constructor(
    private readonly socket: WebSocket,
    private readonly settings: SocketSettings,
  ) {
    settings.heartbeat.add(this);
    socket.on('ping', () => this.heard());
    socket.on('pong', () => this.heard());
    socket.once('close', () => settings.heartbeat.remove(this));
  }

  get backlogChars(): number {
    return this.outlet.backlogChars;
  }

  send(message: string): void | Promise<void> {
    return this.outlet.send(message);
  }

  end(why: LineEnd): void {
    this.settings.heartbeat.remove(this);
    this.socket.close(CLOSE_CODES[why], why);
  }

  /** Something came in; each such thing may have made us answer. */
  heard(): void {
    this.heardAtMs = Date.now();
    this.pingedAtMs = null;
    if (this.socket.bufferedAmount + this.outlet.backlogChars > UNSENT_BYTES_MAX) this.socket.terminate();
  }

  beat(nowMs: number): void {
    if (this.socket.bufferedAmount === 0) this.stalledSinceMs = null;
    else this.stalledSinceMs ??= nowMs;
    const silentSinceMs = this.stalledSinceMs ?? this.pingedAtMs;
    const isScarce = this.stalledSinceMs !== null && heldBytes.isFull;
    const patienceMs = isScarce ? Math.min(scarcePatienceMs(this.socket.bufferedAmount), STALL_MS) : STALL_MS;
    if (silentSinceMs !== null && nowMs - silentSinceMs > patienceMs) return this.socket.terminate();
    const { keepAliveMs } = this.settings;
    if (keepAliveMs === null || this.pingedAtMs !== null || nowMs - this.heardAtMs < keepAliveMs) return;
    this.pingedAtMs = nowMs;
    this.socket.ping();
  }

  private write(message: string): void | Promise<void> {
    if (this.socket.readyState !== OPEN) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.socket.send(message, () => resolve());
    if (this.socket.bufferedAmount > UNSENT_BYTES) return promise;
  }
}
