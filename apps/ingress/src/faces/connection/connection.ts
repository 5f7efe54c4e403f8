import { randomBytes } from 'node:crypto';
import { fail, toGatewayError } from '#libs/errors';
import type { CredentialCarrier } from '#libs/identity';
import {
  type Batch,
  type ClientNotification,
  type ClientRequest,
  type ClientResponse,
  errorMessage,
  eraOf,
  paramText,
  resultMessage,
  serverCodec,
} from '#libs/mcp';
import { ABOUT, CallAbort, type Endpoint } from '../../call/index.js';
import type { Pipeline } from '../../pipeline/index.js';
import type { ServerRequests, SessionStore } from '../../sessions/index.js';
import { type Line, type LineEnd, LineReply } from './line.js';

export interface ConnectionParts {
  readonly pipeline: Pipeline;
  readonly sessions: SessionStore;
  readonly serverRequests: ServerRequests;
  /** Requests that one connection may have in hand. */
  readonly callsMax: number;
}

export interface ConnectionEvents {
  /** The client has initialized a session. */
  readonly begun: (sessionId: string) => void;
  readonly ended: () => void;
}

interface CallInHand {
  readonly idText: string;
  readonly abort: CallAbort;
}

type ValidMessage = ClientRequest | ClientNotification | ClientResponse | Batch;

const ID_BYTES = 18;
/** A client that owes this much is given nothing more to do until it has read. Room for a whole list of each kind. */
const BACKLOG_CHARS_MAX = 16 * 1024 * 1024;
const FIRST_REVISION = serverCodec('2024-11-05');

/**
 * A client that keeps one connection for everything: its session, if it opens one, begins and ends with it, and so do
 * its calls. Requests that bring an envelope (2026-07-28) need no session; they are told apart one by one.
 */
export class Connection {
  readonly id = randomBytes(ID_BYTES).toString('base64url');
  sessionId: string | null = null;
  private readonly inHand = new Set<CallInHand>();
  private initializing = false;
  private closed = false;
  private draining = false;
  private whenIdle: (() => void) | null = null;

  constructor(
    private readonly parts: ConnectionParts,
    readonly line: Line,
    readonly endpoint: Endpoint,
    readonly principalId: string,
    private readonly events: ConnectionEvents,
  ) {}

  /** Takes what the client sent, admitted by `carrier`. Fails when it is more than can be taken, or out of turn. */
  take(message: ValidMessage, carrier: CredentialCarrier): void | Promise<void> {
    if (this.closed) throw fail('mcp.session_unknown');
    switch (message.kind) {
      case 'batch':
        return this.takeBatch(message, carrier);
      case 'request':
        return this.call(message, carrier);
      case 'response':
        if (this.sessionId !== null) this.parts.serverRequests.deliver(this.sessionId, message);
        return;
      case 'notification':
        if (message.method === 'notifications/cancelled') this.cancel(message);
    }
  }

  /** Ends it with everything that is in hand. */
  end(why: LineEnd): void {
    if (this.closed) return;
    this.closed = true;
    for (const { abort } of this.inHand) abort.abort();
    this.line.end(why);
    this.events.ended();
  }

  /** Takes no more requests; resolves when none is in hand any more. */
  drain(): Promise<void> {
    this.draining = true;
    return this.inHand.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.whenIdle = resolve));
  }

  private call(request: ClientRequest, carrier: CredentialCarrier): void {
    if (this.draining) throw fail('platform.not_ready', { message: 'The gateway is stopping' });
    if (this.inHand.size >= this.parts.callsMax || this.line.backlogChars > BACKLOG_CHARS_MAX) {
      throw fail('http.overloaded', { message: 'This connection has too much in hand' });
    }
    const legacy = eraOf(request, null) === 'legacy';
    if (legacy && !this.mayAsk(request)) return;
    const entry = { idText: request.idText, abort: new CallAbort() };
    this.inHand.add(entry);
    const reply = new LineReply(this.line, (headers) => {
      this.inHand.delete(entry);
      if (legacy && request.method === 'initialize') this.initialized(headers['Mcp-Session-Id']);
      if (this.inHand.size === 0) this.whenIdle?.();
    });
    void this.parts.pipeline.run({
      face: 'connection',
      request,
      headers: null,
      carrier,
      endpoint: this.endpoint,
      reply,
      abort: entry.abort,
      sessionId: legacy ? this.sessionId : null,
      receivedAtMs: Date.now(),
      inputRefusals: null,
    });
  }

  /** False when the request is answered already. */
  private mayAsk({ method, idText }: ClientRequest): boolean {
    if (method === 'initialize') {
      if (this.initializing || this.sessionId !== null) {
        throw fail('mcp.invalid_request', { message: 'The session is initialized already' });
      }
      this.initializing = true;
      return true;
    }
    if (this.sessionId !== null) return true;
    if (method !== 'ping') throw fail('mcp.invalid_request', { message: 'initialize comes first' });
    void this.line.send(resultMessage(idText, FIRST_REVISION.emptyResult(ABOUT)));
    return false;
  }

  private initialized(sessionId: string | undefined): void {
    this.initializing = false;
    if (sessionId === undefined) return;
    this.sessionId = sessionId;
    this.events.begun(sessionId);
  }

  private cancel({ params }: ClientNotification): void {
    const idText = paramText(params, 'requestId');
    for (const call of this.inHand) if (call.idText === idText) call.abort.abort();
  }

  /** Each answer travels by itself. https://modelcontextprotocol.io/specification/2025-03-26/basic#batching */
  private async takeBatch({ messages }: Batch, carrier: CredentialCarrier): Promise<void> {
    const { sessionId, principalId, endpoint } = this;
    const session = sessionId && (await this.parts.sessions.find(sessionId, principalId, endpoint.serverId));
    if (!session || !serverCodec(session.revision).batches) {
      throw fail('mcp.invalid_request', { message: 'Batches are not accepted here' });
    }
    const codec = serverCodec(session.revision);
    for (const message of messages) {
      try {
        if (message.kind === 'invalid') throw message.error;
        void this.take(message, carrier);
      } catch (thrown) {
        if (message.kind !== 'request' && message.kind !== 'invalid') continue;
        void this.line.send(errorMessage(message.idText, codec.error(toGatewayError(thrown)).error));
      }
    }
  }
}
