import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { fail, toGatewayError } from '#libs/errors';
import type { CredentialCarrier } from '#libs/identity';
import { readBody } from '#libs/mcp';
import { answerJson, type OriginGuard, refusalAnswer, refusalText } from '#libs/mcp-http';
import { refuseUpgrade } from '#libs/service';
import type { Admission } from '../../admission/index.js';
import type { Connection } from '../connection/connection.js';
import type { Connections } from '../connection/connections.js';
import { type ConnectionPath, connectionPathOf } from '../endpoint.js';
import type { RefusalRecords } from '../http-exchange.js';
import { SocketLine, type SocketSettings } from './socket-line.js';

export interface McpWsParts extends RefusalRecords {
  readonly guard: OriginGuard;
  readonly admission: Admission;
  readonly connections: Connections;
  readonly settings: SocketSettings;
  readonly frameBytesMax: number;
}

const SUBPROTOCOL = 'mcp';
const CLOSE_NOT_TEXT = 1003;

/** MCP over WebSocket: a JSON-RPC message in each text frame. Who calls is settled at the upgrade, by header alone. */
export class McpWs {
  private readonly server: WebSocketServer;

  constructor(private readonly parts: McpWsParts) {
    this.server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: parts.frameBytesMax,
      handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    });
  }

  /** True when the upgrade is for one of the endpoints here; it is then answered. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
    const path = connectionPathOf(request.url ?? '');
    if (path?.kind !== 'ws') return false;
    this.open(path, request, socket, head).catch((thrown: unknown) => {
      this.parts.refusals.unread(request, path.endpoint, toGatewayError(thrown));
      this.refuse(socket, thrown);
    });
    return true;
  };

  /** A request without an upgrade for one of the endpoints here. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    if (connectionPathOf(request.url ?? '')?.kind !== 'ws') return false;
    const { httpStatus, text, headers } = refusalAnswer(fail('http.upgrade_required'), null);
    answerJson(response, httpStatus, text, { ...headers, Upgrade: 'websocket', Connection: 'Upgrade' });
    return true;
  };

  private async open(
    { endpoint }: ConnectionPath,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const { guard, admission, connections, settings } = this.parts;
    guard.check(request.headers);
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw fail('http.upgrade_required');
    const principal = await admission.caller(request, endpoint.serverId);
    const { rawHeaders, headers } = request;
    const carrier: CredentialCarrier = { rawHeaders, headers, socket: request.socket };
    let upgraded: WebSocket | null = null;
    let line: SocketLine | null = null;
    const connection = await connections.open({ endpoint, principal, carrier }, () => {
      // Calls back at once, or not at all after having refused the handshake itself.
      this.server.handleUpgrade(request, socket, head, (opened) => (upgraded = opened));
      if (upgraded === null) return null;
      line = new SocketLine(upgraded, settings);
      return line;
    });
    if (connection !== null && upgraded !== null && line !== null) this.serve(upgraded, line, connection, carrier);
  }

  private serve(socket: WebSocket, line: SocketLine, connection: Connection, carrier: CredentialCarrier): void {
    // What is wrong with a frame, the library closes with the right code itself.
    socket.on('error', (error) => this.parts.logger.debug({ err: error }, 'a WebSocket failed'));
    socket.once('close', () => connection.end('session-ended'));
    socket.on('message', (data, isBinary) => {
      line.heard();
      if (isBinary) socket.close(CLOSE_NOT_TEXT, 'text frames only');
      else void this.take((data as Buffer).toString('utf8'), connection, carrier);
    });
  }

  private async take(text: string, connection: Connection, carrier: CredentialCarrier): Promise<void> {
    let idText: string | null = null;
    try {
      const message = readBody(text);
      if (message.kind === 'request' || message.kind === 'invalid') ({ idText } = message);
      if (message.kind === 'invalid') throw message.error;
      await connection.take(message, carrier);
    } catch (thrown) {
      const failure = toGatewayError(thrown);
      if (failure.code === 'platform.internal') this.parts.logger.error({ err: thrown }, 'a message failed');
      void connection.line.send(refusalText(failure, idText));
    }
  }

  private refuse(socket: Duplex, thrown: unknown): void {
    if (toGatewayError(thrown).code === 'platform.internal')
      this.parts.logger.error({ err: thrown }, 'an upgrade failed');
    const { httpStatus, text, headers } = refusalAnswer(thrown, null);
    if (httpStatus === 426) headers['Upgrade'] = 'websocket';
    const lines = Object.entries({
      ...headers,
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(text)),
      Connection: 'close',
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    refuseUpgrade(socket, `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}\r\n${lines.join('')}\r\n${text}`);
  }
}
