import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import {
  type Batch,
  type ClientMessage,
  type ClientNotification,
  type ClientRequest,
  type ClientResponse,
  LEGACY_REVISIONS,
  MODERN_REVISION,
  type ServerCodec,
  checkLegacyVersion,
  eraOf,
  errorMessage,
  paramText,
  readBody,
  serverCodec,
  singleHeaderValue,
} from '#libs/mcp';
import {
  acceptsEventStream,
  answerEmpty,
  answerJson,
  type BodyReader,
  checkAccept,
  checkContentType,
  refusalHeaders,
  HttpReply,
  type OriginGuard,
  type Reply,
  type ReplySettings,
} from '#libs/mcp-http';
import type { Logger } from '#libs/telemetry';
import type { Admission } from '../../admission/admission.js';
import { CallAbort } from '../../call/call-abort.js';
import type { WireCall } from '../../call/calls.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { Asks } from '../../sessions/server-requests.js';
import { EventTrail, type TrailSettings } from '../../sessions/resumption/event-store.js';
import type { OpenCalls } from '../../sessions/open-calls.js';
import type { Session } from '../../call/session.js';
import type { SessionStore } from '../../sessions/session-store.js';
import type { SessionStreams } from '../../sessions/session-streams.js';
import { BatchReply } from './batch-reply.js';
import { type Endpoint, endpointOf } from '../endpoint.js';

export interface McpHttpParts {
  readonly guard: OriginGuard;
  readonly bodies: BodyReader;
  readonly pipeline: Pipeline;
  readonly admission: Admission;
  readonly sessions: SessionStore;
  readonly streams: SessionStreams;
  readonly calls: OpenCalls;
  readonly asks: Asks;
  readonly reply: ReplySettings;
  /** For clients with sessions. */
  readonly sessionReply: ReplySettings;
  readonly trail: TrailSettings;
  readonly logger: Logger;
}

/** One HTTP exchange: what came in where, and where the answer goes. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: Endpoint;
}

const BATCHED: ReadonlySet<string> = new Set(['2025-03-26', '2024-11-05']);
const PRIMED_SINCE = '2025-11-25';

/** The MCP endpoints over Streamable HTTP, and bare JSON-RPC: bytes to calls and back. */
export class McpHttp {
  constructor(private readonly parts: McpHttpParts) {}

  /** True when the request is for one of the endpoints here; it is then answered. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const endpoint = endpointOf(request.url ?? '');
    if (endpoint === null) return false;
    const exchange = { request, response, endpoint };
    try {
      this.parts.guard.check(request.headers);
      this.dispatch(exchange);
    } catch (thrown) {
      this.refuse(exchange, thrown, null);
    }
    return true;
  };

  private dispatch(exchange: Exchange): void {
    const { request, endpoint } = exchange;
    if (request.method === 'POST') return this.post(exchange);
    const ofSession = endpoint.face === 'mcp' && request.headers['mcp-session-id'] !== undefined;
    if (!ofSession || (request.method !== 'GET' && request.method !== 'DELETE')) throw fail('http.method_not_allowed');
    const serving = request.method === 'GET' ? this.get(exchange) : this.delete(exchange);
    serving.catch((thrown: unknown) => this.refuse(exchange, thrown, null));
  }

  private post(exchange: Exchange): void {
    const { request, endpoint } = exchange;
    checkContentType(request.headers);
    if (endpoint.face === 'mcp') checkAccept(request.headers);
    this.parts.bodies.read(request, (error, text) => {
      try {
        if (error !== null) throw error;
        this.receive(exchange, readBody(text));
      } catch (thrown) {
        this.refuse(exchange, thrown, null);
      }
    });
  }

  private receive(exchange: Exchange, message: ClientMessage | Batch): void {
    switch (message.kind) {
      case 'request':
        return this.call(exchange, message);
      case 'invalid':
        return this.refuse(exchange, message.error, message.idText);
      case 'batch':
      case 'notification':
      case 'response':
        break;
    }
    const taking = message.kind === 'batch' ? this.batch(exchange, message) : this.take(exchange, message);
    taking.catch((thrown: unknown) => this.refuse(exchange, thrown, null));
  }

  private call(exchange: Exchange, message: ClientRequest): void {
    const { request, response, endpoint } = exchange;
    const { reply, sessionReply, calls } = this.parts;
    const sessionId = sessionIdOf(exchange);
    const modern = eraOf(message, request.headers) === 'modern';
    if (modern || sessionId === null) {
      const abort = new CallAbort();
      void this.parts.pipeline.run(
        wireCall(
          exchange,
          message,
          new HttpReply(response, modern ? reply : sessionReply, endpoint.face === 'mcp', null),
          abort,
          null,
        ),
      );
      if (modern) cancelOnClose(response, abort);
      return;
    }
    const abort = new CallAbort();
    const version = singleHeaderValue(request.headers, 'mcp-protocol-version') ?? '';
    const trail = new EventTrail(this.parts.trail, sessionId, [message.idText], version >= PRIMED_SINCE);
    calls.add(sessionId, message.idText, abort);
    const wire = wireCall(exchange, message, new HttpReply(response, sessionReply, true, trail), abort, sessionId);
    void this.parts.pipeline.run(wire).finally(() => calls.remove(sessionId, message.idText, abort));
  }

  /** A notification or a response. */
  private async take(exchange: Exchange, message: ClientNotification | ClientResponse): Promise<void> {
    const { request, response, endpoint } = exchange;
    const principal = await this.parts.admission.caller(request, endpoint.serverId);
    const modern = message.kind === 'notification' && eraOf(message, request.headers) === 'modern';
    if (modern || endpoint.face === 'rpc') {
      if (message.kind === 'response') throw fail('mcp.invalid_request');
      return answerEmpty(response, 202);
    }
    const sessionId = sessionIdOf(exchange);
    if (sessionId === null && message.kind === 'response') throw fail('mcp.invalid_request');
    checkLegacyVersion(request.headers);
    const session = await this.parts.admission.session(sessionId, principal, endpoint.serverId);
    this.pass(session, message);
    answerEmpty(response, 202);
  }

  private pass(session: Session, message: ClientNotification | ClientResponse): void {
    if (message.kind === 'response') return this.parts.asks.deliver(session.id, message);
    if (message.method !== 'notifications/cancelled') return;
    const idText = paramText(message.params, 'requestId');
    if (idText !== undefined) this.parts.calls.cancel(session.id, idText);
  }

  /** https://modelcontextprotocol.io/specification/2025-03-26/basic#batching */
  private async batch(exchange: Exchange, { messages }: Batch): Promise<void> {
    const { request, response, endpoint } = exchange;
    if (endpoint.face === 'rpc' || sessionIdOf(exchange) === null)
      throw fail('mcp.invalid_request', { message: 'Batches are not accepted here' });
    const principal = await this.parts.admission.caller(request, endpoint.serverId);
    const session = await this.parts.admission.session(sessionIdOf(exchange), principal, endpoint.serverId);
    if (!BATCHED.has(session.revision)) throw fail('mcp.invalid_request', { message: 'This revision has no batches' });
    if (messages.some((message) => message.kind === 'request' && message.method === 'initialize')) {
      throw fail('mcp.invalid_request', { message: 'initialize may not be part of a batch' });
    }
    const answered = messages.filter((message) => message.kind === 'request' || message.kind === 'invalid');
    const { sessionReply, trail } = this.parts;
    for (const message of messages)
      if (message.kind === 'response' || message.kind === 'notification') this.pass(session, message);
    if (answered.length === 0) return answerEmpty(response, 202);
    const idTexts = answered.flatMap(({ idText }) => idText ?? []);
    const whole = new HttpReply(response, sessionReply, true, new EventTrail(trail, session.id, idTexts, false));
    const replies = new BatchReply(answered.length, whole, sessionReply.plainJson);
    for (const message of answered) {
      const reply = replies.member();
      if (message.kind === 'invalid')
        reply.finish(errorText(serverCodec(session.revision), message.idText, message.error), 200);
      else this.batched(exchange, message, reply, session.id);
    }
  }

  private batched(exchange: Exchange, message: ClientRequest, reply: Reply, sessionId: string): void {
    const abort = new CallAbort();
    this.parts.calls.add(sessionId, message.idText, abort);
    const running = this.parts.pipeline.run(wireCall(exchange, message, reply, abort, sessionId));
    void running.finally(() => this.parts.calls.remove(sessionId, message.idText, abort));
  }

  private async get(exchange: Exchange): Promise<void> {
    const { request, response, endpoint } = exchange;
    if (!acceptsEventStream(request.headers.accept ?? '')) throw fail('http.not_acceptable');
    checkLegacyVersion(request.headers);
    const principal = await this.parts.admission.caller(request, endpoint.serverId);
    const session = await this.parts.admission.session(sessionIdOf(exchange), principal, endpoint.serverId);
    this.parts.reply.releasePlace(response);
    const lastEventId = request.headers['last-event-id'];
    if (typeof lastEventId === 'string' && this.parts.streams.resume(session, lastEventId, response)) return;
    const eventId = typeof lastEventId === 'string' ? lastEventId : null;
    await this.parts.streams.serve(session, principal, request, response, eventId);
  }

  private async delete(exchange: Exchange): Promise<void> {
    const { request, response, endpoint } = exchange;
    checkLegacyVersion(request.headers);
    const principal = await this.parts.admission.caller(request, endpoint.serverId);
    const session = await this.parts.admission.session(sessionIdOf(exchange), principal, endpoint.serverId);
    this.parts.calls.cancel(session.id, null);
    await this.parts.sessions.end(session);
    answerEmpty(response, 204);
  }

  private refuse({ request, response }: Exchange, thrown: unknown, idText: string | null): void {
    const failure = toGatewayError(thrown);
    if (failure.code === 'platform.internal') this.parts.logger.error({ err: thrown }, 'a request failed');
    if (response.headersSent || response.destroyed) return void response.destroy();
    const modern = singleHeaderValue(request.headers, 'mcp-protocol-version') === MODERN_REVISION;
    const codec = serverCodec(modern ? MODERN_REVISION : LEGACY_REVISIONS[0]);
    const { httpStatus } = codec.error(failure);
    answerJson(response, httpStatus, errorText(codec, idText, failure), refusalHeaders(failure, httpStatus));
    if (!request.complete) request.resume();
  }
}

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/cancellation */
const cancelOnClose = (response: ServerResponse, abort: CallAbort): void => {
  response.once('close', () => {
    if (!response.writableFinished) abort.abort();
  });
};

const errorText = (codec: ServerCodec, idText: string | null, failure: GatewayError): string =>
  errorMessage(idText, codec.error(failure).error);

const sessionIdOf = ({ request, endpoint }: Exchange): string | null =>
  endpoint.face === 'mcp' ? (singleHeaderValue(request.headers, 'mcp-session-id') ?? null) : null;

const wireCall = (
  exchange: Exchange,
  message: ClientRequest,
  reply: Reply,
  abort: CallAbort,
  sessionId: string | null,
): WireCall => ({
  request: message,
  headers: exchange.request.headers,
  carrier: exchange.request,
  endpoint: exchange.endpoint,
  reply,
  abort,
  sessionId,
  receivedAtMs: Date.now(),
});
