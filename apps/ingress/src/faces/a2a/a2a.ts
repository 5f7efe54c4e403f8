import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayError, fail } from '#libs/errors';
import { type BodyReader, type BodyReceiver, type OriginGuard, checkContentType } from '#libs/mcp-http';
import type { RequestPlaces } from '#libs/service';
import type { Admission } from '../../admission/index.js';
import { type HttpExchange, type RefusalRecords, refuseOnceKnown } from '../http-exchange.js';
import { a2aPlaceOf } from './place.js';
import { refuseA2a } from './refusal.js';
import type { VirtualAgent } from './virtual-agent.js';

export interface A2aParts extends RefusalRecords {
  readonly guard: OriginGuard;
  readonly bodies: BodyReader;
  readonly places: RequestPlaces;
  readonly admission: Admission;
}

/**
 * Virtual servers as agents of A2A, by JSON-RPC: each tool is a skill. What speaks A2A is loaded with the first request.
 * https://a2a-protocol.org/v1.0.0/specification/#9-json-rpc-protocol-binding
 */
export class A2a implements BodyReceiver<HttpExchange> {
  private loading: Promise<VirtualAgent> | undefined;

  /** `load`: what answers. */
  constructor(
    private readonly parts: A2aParts,
    private readonly load: () => Promise<VirtualAgent>,
  ) {}

  /** True when the request is for an agent here; it is then answered. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const place = a2aPlaceOf(request.url ?? '');
    if (place === null) return false;
    const exchange = { request, response, endpoint: { serverId: place.serverId } };
    try {
      this.parts.guard.check(request.headers);
      if (request.method !== (place.isCard ? 'GET' : 'POST')) throw fail('http.method_not_allowed');
      if (place.isCard) this.card(exchange);
      else this.post(exchange);
    } catch (thrown) {
      this.refuse(exchange, thrown);
    }
    return true;
  };

  /** A request that was refused before it came here, in the words of this face. */
  readonly refuseAny = (request: IncomingMessage, response: ServerResponse, failure: GatewayError): boolean => {
    const place = a2aPlaceOf(request.url ?? '');
    if (place === null) return false;
    this.refuse({ request, response, endpoint: { serverId: place.serverId } }, failure);
    return true;
  };

  knows({ request, endpoint }: HttpExchange): boolean | Promise<boolean> {
    return this.parts.admission.knows(request, endpoint.serverId);
  }

  received(exchange: HttpExchange, error: GatewayError | null, text: string): void {
    if (error !== null) return this.refuse(exchange, error);
    this.serve(exchange, (agent) => agent.answer(exchange, text));
  }

  private card(exchange: HttpExchange): void {
    this.serve(exchange, (agent) => agent.showCard(exchange));
  }

  private post(exchange: HttpExchange): void {
    try {
      checkContentType(exchange.request.headers);
    } catch (thrown) {
      return void refuseOnceKnown(this.parts.admission, exchange, thrown, (reason) => this.refuse(exchange, reason));
    }
    this.parts.bodies.read(exchange, this);
  }

  private serve(exchange: HttpExchange, answer: (agent: VirtualAgent) => Promise<void>): void {
    this.parts.places.takePlace(exchange.response);
    this.loading ??= this.load();
    this.loading.then(answer).catch((thrown: unknown) => this.refuse(exchange, thrown));
  }

  private refuse(exchange: HttpExchange, thrown: unknown): void {
    refuseA2a(exchange, thrown, null, this.parts);
  }
}
