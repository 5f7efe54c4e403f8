import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayError, fail } from '#libs/errors';
import { type Batch, type ClientMessage, eraOf, readBody } from '#libs/mcp';
import {
  type BodyReader,
  type BodyReceiver,
  HttpReply,
  type OriginGuard,
  type ReplySettings,
  answerEmpty,
  checkContentType,
} from '#libs/mcp-http';
import type { RequestPlaces } from '#libs/service';
import type { Admission } from '../../admission/index.js';
import { CallAbort } from '../../call/index.js';
import type { Pipeline } from '../../pipeline/index.js';
import { rpcEndpointOf } from '../endpoint.js';
import { asToolCall } from './tool-method.js';
import {
  type HttpExchange,
  type RefusalRecords,
  cancelOnClose,
  refuseExchange,
  refuseOnceKnown,
} from '../http-exchange.js';

export interface RpcParts extends RefusalRecords {
  readonly guard: OriginGuard;
  readonly bodies: BodyReader;
  readonly places: RequestPlaces;
  readonly pipeline: Pipeline;
  readonly admission: Admission;
  readonly reply: ReplySettings;
  /** Whether a method that MCP does not have is the name of a tool. */
  readonly toolMethods: boolean;
}

/** Bare JSON-RPC over POST: no session, no envelope, no stream; one JSON answer to each request. */
export class Rpc implements BodyReceiver<HttpExchange> {
  constructor(private readonly parts: RpcParts) {}

  /** True when the request is for the endpoint here; it is then answered. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const endpoint = rpcEndpointOf(request.url ?? '', request.method);
    if (endpoint === null) return false;
    const exchange = { request, response, endpoint };
    try {
      this.parts.guard.check(request.headers);
      if (request.method !== 'POST') throw fail('http.method_not_allowed');
      this.post(exchange);
    } catch (thrown) {
      this.refuse(exchange, thrown);
    }
    return true;
  };

  private post(exchange: HttpExchange): void {
    const { request } = exchange;
    try {
      checkContentType(request.headers);
    } catch (thrown) {
      return void refuseOnceKnown(this.parts.admission, exchange, thrown, (reason) => this.refuse(exchange, reason));
    }
    this.parts.bodies.read(exchange, this);
  }

  knows({ request, endpoint }: HttpExchange): boolean | Promise<boolean> {
    return this.parts.admission.knows(request, endpoint.serverId);
  }

  received(exchange: HttpExchange, error: GatewayError | null, text: string): void {
    try {
      if (error !== null) throw error;
      this.parts.places.takePlace(exchange.response);
      const message = readBody(text);
      const isLegacy = message.kind === 'request' && eraOf(message, exchange.request.headers) === 'legacy';
      this.receive(exchange, this.parts.toolMethods && isLegacy ? asToolCall(message) : message);
    } catch (thrown) {
      this.refuse(exchange, thrown);
    }
  }

  private receive(exchange: HttpExchange, message: ClientMessage | Batch): void {
    const { request, response } = exchange;
    switch (message.kind) {
      case 'request': {
        const abort = new CallAbort();
        const reply = new HttpReply(response, this.parts.reply, false, null);
        void this.parts.pipeline.run({
          face: 'rpc',
          request: message,
          headers: request.headers,
          carrier: request,
          endpoint: exchange.endpoint,
          reply,
          abort,
          sessionId: null,
          receivedAtMs: Date.now(),
          inputRefusals: null,
        });
        if (eraOf(message, request.headers) === 'modern') cancelOnClose(response, abort);
        return;
      }
      case 'invalid':
        return this.refuse(exchange, message.error, message.idText);
      case 'batch':
        throw fail('mcp.invalid_request', { message: 'Batches are not accepted here' });
      case 'notification':
      case 'response':
        this.take(exchange, message.kind).catch((thrown: unknown) => this.refuse(exchange, thrown));
    }
  }

  /** Nothing that a client could be told is ever asked of it here. */
  private async take({ request, response, endpoint }: HttpExchange, kind: 'notification' | 'response'): Promise<void> {
    await this.parts.admission.caller(request, endpoint.serverId);
    if (kind === 'response') throw fail('mcp.invalid_request');
    answerEmpty(response, 202);
  }

  private refuse(exchange: HttpExchange, thrown: unknown, idText: string | null = null): void {
    refuseExchange(exchange, thrown, idText, this.parts);
  }
}
