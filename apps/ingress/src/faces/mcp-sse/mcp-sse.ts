import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestOf } from '#contracts/define';
import { TakeMessage } from '#contracts/ingress/take-message.request';
import type { Bus, Subscription } from '#libs/bus';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { type ClientAddress, type CredentialCarrier, readCredential } from '#libs/identity';
import { checkLegacyVersion, eraOf, readBody } from '#libs/mcp';
import {
  acceptsEventStream,
  answerEmpty,
  answerJson,
  type BodyReader,
  type BodyReceiver,
  checkContentType,
  type OriginGuard,
  refusalAnswer,
  type ReplySettings,
  SseStream,
} from '#libs/mcp-http';
import type { RequestPlaces } from '#libs/service';
import type { Admission } from '../../admission/index.js';
import { passableHeadersOf } from '../../call/index.js';
import type { Seal } from '../../sealing/index.js';
import type { Connections } from '../connection/connections.js';
import type { Line } from '../connection/line.js';
import { OrderedOutlet } from '../connection/ordered-outlet.js';
import { type ConnectionPath, connectionPathOf } from '../endpoint.js';
import { type RefusalRecords, refuseOnceKnown } from '../http-exchange.js';

export interface McpSseParts extends RefusalRecords {
  readonly bus: Bus;
  readonly guard: OriginGuard;
  readonly bodies: BodyReader;
  readonly places: RequestPlaces;
  readonly admission: Admission;
  readonly connections: Connections;
  readonly seal: Seal;
  readonly reply: ReplySettings;
  readonly addressOf: ClientAddress;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: ConnectionPath;
}

/** What the `sessionId` of a POST says, so that any replica knows where it goes and whose it is. */
interface Handle {
  readonly instance: string;
  readonly connectionId: string;
  readonly principalId: string;
  readonly serverId: string | null;
}

const PURPOSE = 'sse-connection';
const HANDLE_CHARS_MAX = 4_096;

/**
 * HTTP+SSE, the transport of 2024-11-05: one GET stream on which everything comes, and a POST for each message, answered
 * with 202 by whichever replica it reaches.
 * https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
 */
export class McpSse implements BodyReceiver<Exchange> {
  private readonly subscription: Subscription;

  constructor(private readonly parts: McpSseParts) {
    this.subscription = parts.bus.answer(TakeMessage, async ({ connectionId, principalId, ...sent }, { body }) => {
      await this.hand(connectionId, principalId, body ?? '', carrierOf(sent));
      return {};
    });
  }

  /** True when the request is for one of the endpoints here; it is then answered. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = connectionPathOf(request.url ?? '');
    if (path === null || path.kind === 'ws') return false;
    const exchange = { request, response, path };
    try {
      this.parts.guard.check(request.headers);
      if (request.method !== (path.kind === 'sse' ? 'GET' : 'POST')) throw fail('http.method_not_allowed');
      if (path.kind === 'message') this.post(exchange);
      else this.open(exchange).catch((thrown: unknown) => this.refuse(exchange, thrown));
    } catch (thrown) {
      this.refuse(exchange, thrown);
    }
    return true;
  };

  close(): void {
    this.subscription.close();
  }

  private async open({ request, response, path }: Exchange): Promise<void> {
    const { admission, connections, reply, bus, seal } = this.parts;
    const { serverId } = path.endpoint;
    this.parts.places.takePlace(response);
    const principal = await admission.caller(request, serverId);
    if (!acceptsEventStream(request.headers.accept ?? '*/*')) throw fail('http.not_acceptable');
    // Kept for hours, so without the rest of the request.
    const carrier = { rawHeaders: request.rawHeaders, ...from(this.parts.addressOf(request)) };
    let stream: SseStream | null = null;
    const connection = await connections.open({ endpoint: path.endpoint, principal, carrier }, () => {
      if (response.destroyed) return null;
      reply.releasePlace(response);
      stream = new SseStream(response, reply);
      return new SseLine(stream);
    });
    if (connection === null || stream === null) return;
    response.once('close', () => connection.end('session-ended'));
    const handle: Handle = {
      instance: bus.instance,
      connectionId: connection.id,
      principalId: principal.id,
      serverId,
    };
    const prefix = serverId === null ? '' : `/servers/${encodeURIComponent(serverId)}`;
    (stream as SseStream).tell('endpoint', `${prefix}/message?sessionId=${seal.close(PURPOSE, handle)}`);
  }

  private post(exchange: Exchange): void {
    try {
      checkContentType(exchange.request.headers);
    } catch (thrown) {
      const { request, path } = exchange;
      const refuse = (reason: unknown): void => this.refuse(exchange, reason);
      return void refuseOnceKnown(this.parts.admission, { request, endpoint: path.endpoint }, thrown, refuse);
    }
    this.parts.bodies.read(exchange, this);
  }

  knows({ request, path }: Exchange): boolean | Promise<boolean> {
    return this.parts.admission.knows(request, path.endpoint.serverId);
  }

  received(exchange: Exchange, error: GatewayError | null, text: string): void {
    if (error !== null) return this.refuse(exchange, error);
    this.take(exchange, text).catch((thrown: unknown) => this.refuse(exchange, thrown));
  }

  private async take(exchange: Exchange, text: string): Promise<void> {
    const { request, response, path } = exchange;
    const { admission, bus } = this.parts;
    const { serverId } = path.endpoint;
    this.parts.places.takePlace(response);
    const message = readBody(text);
    if (message.kind === 'invalid') return this.refuse(exchange, message.error, message.idText);
    const idText = message.kind === 'request' ? message.idText : null;
    try {
      if (message.kind === 'response' || message.kind === 'batch' || eraOf(message, null) === 'legacy') {
        checkLegacyVersion(request.headers);
      }
      const principal = await admission.caller(request, serverId);
      const { instance, connectionId } = this.handleOf(path, principal.id);
      if (instance === bus.instance) await this.hand(connectionId, principal.id, text, request);
      else {
        const asked = {
          connectionId,
          principalId: principal.id,
          credential: readCredential(request),
          passableHeaders: passableHeadersOf(request.rawHeaders),
          address: this.parts.addressOf(request),
        };
        await bus.ask(TakeMessage, asked, { instance, body: text }).catch(gone);
      }
      answerEmpty(response, 202);
    } catch (thrown) {
      this.refuse(exchange, thrown, idText);
    }
  }

  private handleOf({ sessionId, endpoint }: ConnectionPath, principalId: string): Handle {
    if (sessionId === null) throw fail('mcp.session_missing', { message: 'sessionId is required' });
    const handle =
      sessionId.length > HANDLE_CHARS_MAX
        ? undefined
        : (this.parts.seal.open(PURPOSE, sessionId) as Handle | undefined);
    if (handle === undefined || handle.principalId !== principalId || handle.serverId !== endpoint.serverId) {
      throw fail('mcp.session_unknown');
    }
    return handle;
  }

  /** Gives a message to a connection that is open here. */
  private async hand(id: string, principalId: string, text: string, carrier: CredentialCarrier): Promise<void> {
    const connection = this.parts.connections.find(id, principalId);
    if (connection === null) throw fail('mcp.session_unknown');
    const message = readBody(text);
    if (message.kind === 'invalid') throw message.error;
    await connection.take(message, carrier);
  }

  private refuse({ request, response, path }: Exchange, thrown: unknown, idText: string | null = null): void {
    const failure = toGatewayError(thrown);
    this.parts.refusals.unread(request, path.endpoint, failure);
    if (failure.code === 'platform.internal') this.parts.logger.error({ err: thrown }, 'a request failed');
    if (response.headersSent || response.destroyed) return void response.destroy();
    const { httpStatus, text, headers } = refusalAnswer(thrown, idText);
    if (httpStatus === 405) headers['Allow'] = path.kind === 'sse' ? 'GET' : 'POST';
    answerJson(response, httpStatus, text, headers);
    if (!request.complete) request.resume();
  }
}

type Sent = Pick<RequestOf<typeof TakeMessage>, 'credential' | 'passableHeaders' | 'address'>;

const carrierOf = ({ credential, passableHeaders = [], address = '' }: Sent): CredentialCarrier => ({
  rawHeaders: credential === null ? passableHeaders : ['authorization', `Bearer ${credential}`, ...passableHeaders],
  ...from(address),
});

/** Where something came from, which has been found out. */
const from = (address: string): Pick<CredentialCarrier, 'socket'> => ({ socket: { remoteAddress: address } });

/** The replica that held the stream is no more, and the stream with it. */
const gone = (thrown: unknown): never => {
  throw toGatewayError(thrown).code === 'bus.no_responders' ? fail('mcp.session_unknown') : thrown;
};

/** All messages of a connection on one event stream. */
class SseLine implements Line {
  private readonly outlet: OrderedOutlet;

  constructor(private readonly stream: SseStream) {
    this.outlet = new OrderedOutlet((message) => stream.send(message));
  }

  get backlogChars(): number {
    return this.outlet.backlogChars;
  }

  send(message: string): void | Promise<void> {
    return this.outlet.send(message);
  }

  end(): void {
    this.stream.end();
  }
}
