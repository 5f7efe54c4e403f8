import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { WebSocket } from 'ws';
import {
  type ConnectorFrame,
  FRAME_BYTES_MAX,
  FrameSender,
  MalformedFrame,
  decodeGatewayFrame,
  encodeConnectorFrame,
} from '#libs/connector';
import { Refused, Unreachable } from '../../terminal/failure.js';
import { ServedRequest } from './served-request.js';
import type { UpstreamDoor } from './upstream-door.js';

/** How a connector joins. */
export interface Joining {
  /** Of the gateway, without a slash at its end. */
  readonly url: string;
  readonly token: string;
  readonly zone: string | null;
  /** Names this process. */
  readonly place: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const HANDSHAKE_MS = 10_000;
const ANSWER_CHARS_MAX = 2_048;
/** The gateway pings every few seconds. */
const SILENCE_MS = 20_000;
const LOOK_MS = 5_000;
/** A gateway that takes nothing of what waits for it for so long is hung up on. */
const STALL_MS = 20_000;
/** A gateway sends fewer. */
const REQUESTS_MAX = 2_048;
const DRAIN_MS = 10_000;
/** A request may have crossed the word that nothing new is to be sent. */
const CROSSING_MS = 300;
/** What no second attempt changes: the token, the names, the words. */
const FINAL = new Set([400, 401, 403, 422]);

/** A connection to the gateway, at the connector's end. */
export class GatewayLine {
  /** Resolves with the reason when nothing new comes over it: it has closed, or the gateway's process stops. */
  readonly left: Promise<string>;
  private leave!: (reason: string) => void;
  /** Resolves when the connection is closed. */
  readonly ended: Promise<void>;
  private readonly requests = new Map<number, ServedRequest>();
  private readonly sender: FrameSender;
  private isLeaving = false;
  private crossing: NodeJS.Timeout | undefined;
  private heardAtMs = performance.now();
  private readonly watching: NodeJS.Timeout;

  private constructor(
    private readonly socket: WebSocket,
    private readonly doors: ReadonlyMap<string, UpstreamDoor>,
  ) {
    this.left = new Promise((resolve) => {
      this.leave = resolve;
    });
    this.sender = new FrameSender(socket);
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('message', (data, isBinary) => this.receive(data as Buffer, isBinary));
    socket.on('ping', () => {
      this.heardAtMs = performance.now();
    });
    socket.on('error', () => {});
    socket.once('close', (code, reason) => this.closed(reason.toString() || `it was closed (${code})`));
    this.watching = setInterval(() => {
      if (performance.now() - this.heardAtMs > SILENCE_MS || this.sender.stalledMs > STALL_MS) socket.terminate();
    }, LOOK_MS).unref();
  }

  /** Rejects with `Refused` where another attempt would end the same way, with `Unreachable` otherwise. */
  static open(joining: Joining, doors: ReadonlyMap<string, UpstreamDoor>): Promise<GatewayLine> {
    const { url, token, zone, place, env } = joining;
    const query = new URLSearchParams([...doors.keys()].map((name): [string, string] => ['name', name]));
    query.set('place', place);
    if (zone !== null) query.set('zone', zone);
    const { promise, resolve, reject } = Promise.withResolvers<GatewayLine>();
    const Agent = url.startsWith('https:') ? HttpsAgent : HttpAgent;
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/connectors/join?${query.toString()}`, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: HANDSHAKE_MS,
      // A proxy that HTTPS_PROXY or HTTP_PROXY names leads out of many private networks.
      agent: new Agent({ proxyEnv: env }),
    });
    const failed = (error: NodeJS.ErrnoException): void =>
      reject(new Unreachable(`${url} does not answer (${error.code ?? error.message})`, error));
    socket.once('error', failed);
    socket.once('open', () => {
      socket.off('error', failed);
      resolve(new GatewayLine(socket, doors));
    });
    socket.once('unexpected-response', (request, response) => {
      const { statusCode = 0 } = response;
      response.setEncoding('utf8');
      let said = '';
      response.on('data', (text: string) => {
        said = (said + text).slice(0, ANSWER_CHARS_MAX);
      });
      response.once('close', () => {
        request.destroy();
        const sentence = `${url} answered HTTP ${statusCode}: ${detailOf(said)}`;
        reject(FINAL.has(statusCode) ? new Refused(sentence) : new Unreachable(sentence));
      });
    });
    return promise;
  }

  /** Has the gateway send nothing new, and closes the connection once what is open has ended, or after a while. */
  async close(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    void this.send({ type: 'leave' }).catch(() => {});
    this.drain();
    const timer = setTimeout(() => this.socket.terminate(), DRAIN_MS);
    await this.ended;
    clearTimeout(timer);
  }

  private receive(data: Buffer, isBinary: boolean): void {
    this.heardAtMs = performance.now();
    try {
      if (!isBinary) throw new MalformedFrame('a message is text');
      const { frame, bytes } = decodeGatewayFrame(data);
      if (frame.type === 'leave') {
        this.leave('the gateway asked it to join another process');
        this.drain();
      } else if (frame.type === 'cancel') this.requests.get(frame.id)?.cancel('nobody waits any more');
      else if (frame.type !== 'request') this.requests.get(frame.id)?.receive(frame, bytes);
      else if (this.requests.has(frame.id)) throw new MalformedFrame('a request has come twice');
      else if (this.requests.size >= REQUESTS_MAX) throw new MalformedFrame('there are too many requests at once');
      // Once it closes, no answer could be sent.
      else if (this.socket.readyState === WebSocket.OPEN) void this.serve(frame, bytes);
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.socket.close(1008, error.message.slice(0, 100));
    }
  }

  private async serve(frame: ConstructorParameters<typeof ServedRequest>[0], bytes: Buffer): Promise<void> {
    const request = new ServedRequest(frame, (answer, answerBytes) => this.send(answer, answerBytes));
    this.requests.set(frame.id, request);
    await request.run(this.doors.get(frame.name), bytes);
    this.requests.delete(frame.id);
    if (this.isLeaving) this.drain();
  }

  private async send(frame: ConnectorFrame, bytes?: Buffer): Promise<void> {
    const message = encodeConnectorFrame(frame, bytes);
    await (frame.type === 'data' ? this.sender.sendBody(message) : this.sender.send(message));
  }

  private drain(): void {
    this.isLeaving = true;
    clearTimeout(this.crossing);
    if (this.requests.size > 0) return;
    this.crossing = setTimeout(() => {
      if (this.requests.size === 0) this.socket.close(1000);
    }, CROSSING_MS);
  }

  private closed(reason: string): void {
    clearInterval(this.watching);
    this.sender.close(new Error('the connection is gone'));
    clearTimeout(this.crossing);
    for (const request of this.requests.values()) request.cancel('the gateway is gone');
    this.leave(reason);
  }
}

const detailOf = (said: string): string => {
  try {
    const { detail } = JSON.parse(said) as { readonly detail?: unknown };
    if (typeof detail === 'string') return detail;
  } catch {
    // It is not the gateway's own.
  }
  return 'this is no answer of a gateway; does a proxy before it pass WebSocket?';
};
