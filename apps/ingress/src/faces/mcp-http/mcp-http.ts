import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '#contracts/auth/principal';
import { type GatewayError, fail } from '#libs/errors';
import {
  type Batch,
  type ClientMessage,
  type ClientNotification,
  type ClientRequest,
  type ClientResponse,
  checkLegacyVersion,
  eraOf,
  paramText,
  readBody,
  serverCodec,
  singleHeaderValue,
  isServed,
} from '#libs/mcp';
import {
  type BodyReader,
  type BodyReceiver,
  HttpReply,
  type OriginGuard,
  type Reply,
  type ReplySettings,
  acceptsEventStream,
  answerEmpty,
  checkAccept,
  checkContentType,
} from '#libs/mcp-http';
import type { RequestPlaces } from '#libs/service';
import type { Admission } from '../../admission/index.js';
import { CallAbort, type Session, type WireCall } from '../../call/index.js';
import type { Pipeline } from '../../pipeline/index.js';
import {
  type EventStore,
  type OpenCalls,
  type ServerRequests,
  type SessionStore,
  type SessionStreams,
  StoredStream,
} from '../../sessions/index.js';
import { mcpEndpointOf } from '../endpoint.js';
import {
  type HttpExchange,
  type RefusalRecords,
  cancelOnClose,
  errorText,
  refuseExchange,
  refuseOnceKnown,
} from '../http-exchange.js';
import { BatchReply } from './batch-reply.js';

interface HttpPost extends HttpExchange {
  /** Whether the client takes an event stream for an answer. */
  readonly streams: boolean;
}

export interface McpHttpParts extends RefusalRecords {
  readonly guard: OriginGuard;
  readonly bodies: BodyReader;
  readonly places: RequestPlaces;
  readonly pipeline: Pipeline;
  readonly admission: Admission;
  readonly sessions: SessionStore;
  readonly streams: SessionStreams;
  readonly events: EventStore;
  readonly calls: OpenCalls;
  readonly serverRequests: ServerRequests;
  readonly reply: ReplySettings;
  /** For clients with sessions. */
  readonly sessionReply: ReplySettings;
  /** Whether requests before 2026-07-28 must name a session. */
  readonly sessionsRequired: boolean;
}

/**
 * The MCP endpoints over Streamable HTTP: bytes to calls and back.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class McpHttp implements BodyReceiver<HttpPost> {
  constructor(private readonly parts: McpHttpParts) {}

  /** True when the request is for one of the endpoints here; it is then answered. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const endpoint = mcpEndpointOf(request.url ?? '');
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

  private dispatch(exchange: HttpExchange): void {
    const { request } = exchange;
    if (request.method === 'POST') return this.post(exchange);
    this.parts.places.takePlace(exchange.response);
    if (request.method !== 'GET' && request.method !== 'DELETE') throw fail('http.method_not_allowed');
    const serving = request.method === 'GET' ? this.get(exchange) : this.delete(exchange);
    serving.catch((thrown: unknown) => this.refuse(exchange, thrown, null));
  }

  private post(exchange: HttpExchange): void {
    const { request } = exchange;
    let streams: boolean;
    try {
      checkContentType(request.headers);
      streams = checkAccept(request.headers);
    } catch (thrown) {
      return void refuseOnceKnown(this.parts.admission, exchange, thrown, (reason) =>
        this.refuse(exchange, reason, null),
      );
    }
    this.parts.bodies.read({ ...exchange, streams }, this);
  }

  knows({ request, endpoint }: HttpPost): boolean | Promise<boolean> {
    return this.parts.admission.knows(request, endpoint.serverId);
  }

  received(exchange: HttpPost, error: GatewayError | null, text: string): void {
    try {
      if (error !== null) throw error;
      this.parts.places.takePlace(exchange.response);
      this.receive(exchange, readBody(text), exchange.streams);
    } catch (thrown) {
      this.refuse(exchange, thrown, null);
    }
  }

  private receive(exchange: HttpExchange, message: ClientMessage | Batch, streams: boolean): void {
    switch (message.kind) {
      case 'request':
        return this.call(exchange, message, streams);
      case 'invalid':
        return this.refuse(exchange, message.error, message.idText);
      case 'batch':
        this.batch(exchange, message, streams).catch((thrown: unknown) => this.refuse(exchange, thrown, null));
        return;
      case 'notification':
      case 'response':
        this.take(exchange, message).catch((thrown: unknown) => this.refuse(exchange, thrown, null));
    }
  }

  /** `streams`: whether the client takes an event stream for an answer. */
  private call(exchange: HttpExchange, message: ClientRequest, streams: boolean): void {
    const { request, response } = exchange;
    const { pipeline, reply, sessionReply, calls, events } = this.parts;
    const sessionId = sessionIdOf(exchange);
    const modern = eraOf(message, request.headers) === 'modern';
    if (modern || sessionId === null) {
      const abort = new CallAbort();
      const answer = new HttpReply(response, modern ? reply : sessionReply, streams, null);
      void pipeline.run(wireCall(exchange, message, answer, abort, null));
      if (modern) cancelOnClose(response, abort);
      return;
    }
    const abort = new CallAbort();
    const version = singleHeaderValue(request.headers, 'mcp-protocol-version');
    const primes = isServed(version) && serverCodec(version).primesStreams;
    const stored = new StoredStream(events, sessionId, [message.idText], primes);
    calls.add(sessionId, message.idText, abort);
    const wire = wireCall(exchange, message, new HttpReply(response, sessionReply, streams, stored), abort, sessionId);
    void pipeline.run(wire).finally(() => calls.remove(sessionId, message.idText, abort));
  }

  /** A notification or a response. */
  private async take(exchange: HttpExchange, message: ClientNotification | ClientResponse): Promise<void> {
    const { request, response, endpoint } = exchange;
    const principal = await this.parts.admission.caller(request, endpoint.serverId);
    const modern = message.kind === 'notification' && eraOf(message, request.headers) === 'modern';
    if (modern) return answerEmpty(response, 202);
    const sessionId = sessionIdOf(exchange);
    if (sessionId === null && message.kind === 'response') {
      throw fail('mcp.session_missing', {
        message: 'A response is to a request of a session: Mcp-Session-Id is required',
      });
    }
    checkLegacyVersion(request.headers);
    // There is nothing that it could be about.
    if (sessionId === null && !this.parts.sessionsRequired) return answerEmpty(response, 202);
    const session = await this.parts.admission.session(sessionId, principal, endpoint.serverId);
    this.pass(session, message);
    answerEmpty(response, 202);
  }

  private pass(session: Session, message: ClientNotification | ClientResponse): void {
    if (message.kind === 'response') return this.parts.serverRequests.deliver(session.id, message);
    if (message.method !== 'notifications/cancelled') return;
    const idText = paramText(message.params, 'requestId');
    if (idText !== undefined) this.parts.calls.cancel(session.id, idText);
  }

  /** https://modelcontextprotocol.io/specification/2025-03-26/basic#batching */
  private async batch(exchange: HttpExchange, { messages }: Batch, streams: boolean): Promise<void> {
    const { request, response, endpoint } = exchange;
    if (sessionIdOf(exchange) === null) {
      throw fail('mcp.invalid_request', { message: 'Batches are accepted in a session of 2025-03-26 only' });
    }
    const principal = await this.parts.admission.caller(request, endpoint.serverId);
    const session = await this.parts.admission.session(sessionIdOf(exchange), principal, endpoint.serverId);
    if (!serverCodec(session.revision).batches)
      throw fail('mcp.invalid_request', { message: 'This revision has no batches' });
    if (messages.some((message) => message.kind === 'request' && message.method === 'initialize')) {
      throw fail('mcp.invalid_request', { message: 'initialize may not be part of a batch' });
    }
    const answered = messages.filter((message) => message.kind === 'request' || message.kind === 'invalid');
    const { sessionReply, events } = this.parts;
    for (const message of messages)
      if (message.kind === 'response' || message.kind === 'notification') this.pass(session, message);
    if (answered.length === 0) return answerEmpty(response, 202);
    const idTexts = answered.flatMap(({ idText }) => idText ?? []);
    const whole = new HttpReply(response, sessionReply, streams, new StoredStream(events, session.id, idTexts, false));
    const replies = new BatchReply(answered.length, whole, sessionReply.plainJson || !streams);
    for (const message of answered) {
      const reply = replies.member();
      if (message.kind === 'invalid')
        reply.finish(errorText(serverCodec(session.revision), message.idText, message.error), 200);
      else this.batched(exchange, message, reply, session.id);
    }
  }

  private batched(exchange: HttpExchange, message: ClientRequest, reply: Reply, sessionId: string): void {
    const abort = new CallAbort();
    this.parts.calls.add(sessionId, message.idText, abort);
    const running = this.parts.pipeline.run(wireCall(exchange, message, reply, abort, sessionId));
    void running.finally(() => this.parts.calls.remove(sessionId, message.idText, abort));
  }

  private async get(exchange: HttpExchange): Promise<void> {
    const { request, response, endpoint } = exchange;
    const principal = await this.callerOfSession(exchange);
    if (!acceptsEventStream(request.headers.accept ?? '*/*')) throw fail('http.not_acceptable');
    checkLegacyVersion(request.headers);
    const session = await this.parts.admission.session(sessionIdOf(exchange), principal, endpoint.serverId);
    this.parts.reply.releasePlace(response);
    const lastEventId = request.headers['last-event-id'];
    if (typeof lastEventId === 'string' && this.parts.streams.resume(session, lastEventId, response)) return;
    const eventId = typeof lastEventId === 'string' ? lastEventId : null;
    await this.parts.streams.serve(session, principal, request, response, eventId);
  }

  private async delete(exchange: HttpExchange): Promise<void> {
    const { request, response, endpoint } = exchange;
    const principal = await this.callerOfSession(exchange);
    checkLegacyVersion(request.headers);
    const session = await this.parts.admission.session(sessionIdOf(exchange), principal, endpoint.serverId);
    this.parts.calls.cancel(session.id, null);
    await this.parts.sessions.end(session);
    answerEmpty(response, 204);
  }

  /** Who is calling comes first: a client that finds out by a GET whether it must log in has to be told so. */
  private async callerOfSession({ request, endpoint }: HttpExchange): Promise<Principal> {
    const principal = await this.parts.admission.caller(request, endpoint.serverId);
    if (request.headers['mcp-session-id'] === undefined) throw fail('http.method_not_allowed');
    return principal;
  }

  private refuse(exchange: HttpExchange, thrown: unknown, idText: string | null): void {
    refuseExchange(exchange, thrown, idText, this.parts);
  }
}

/** A header without a value counts as absent: some clients send what they do not have. */
const sessionIdOf = ({ request }: HttpExchange): string | null =>
  singleHeaderValue(request.headers, 'mcp-session-id') || null;

const wireCall = (
  exchange: HttpExchange,
  message: ClientRequest,
  reply: Reply,
  abort: CallAbort,
  sessionId: string | null,
): WireCall => ({
  face: 'http',
  request: message,
  headers: exchange.request.headers,
  carrier: exchange.request,
  endpoint: exchange.endpoint,
  reply,
  abort,
  sessionId,
  receivedAtMs: Date.now(),
  inputRefusals: null,
});
