import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { type ClientRequest, type JsonParts, isObject, joined, readBody } from '#libs/mcp';
import {
  type BodyReader,
  type BodyReceiver,
  type OriginGuard,
  type Reply,
  answerJson,
  checkContentType,
  refusalHeaders,
  unsentOf,
} from '#libs/mcp-http';
import type { RequestPlaces } from '#libs/service';
import type { Logger } from '#libs/telemetry';
import type { Admission } from '../../admission/index.js';
import { CallAbort } from '../../call/index.js';
import type { Pipeline } from '../../pipeline/index.js';

export interface ProtocolParts {
  readonly guard: OriginGuard;
  readonly bodies: BodyReader;
  readonly places: RequestPlaces;
  readonly pipeline: Pipeline;
  readonly admission: Admission;
  /** Whether answers say what their request is found by in the log. */
  readonly correlates: boolean;
  readonly logger: Logger;
}

interface ProtocolExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
}

const EVERYTHING = { serverId: null };
const PATH = /^(?:\/v1)?\/protocol\/(initialize|ping|notifications|completion\/complete)\/?(?:\?|$)/;

/**
 * Requests of MCP without the envelope of JSON-RPC, as ContextForge has them: the body of `initialize` and
 * `completion/complete` is their params, and the answer their result; `ping` and `notifications` have a whole message.
 */
export class Protocol implements BodyReceiver<ProtocolExchange> {
  constructor(private readonly parts: ProtocolParts) {}

  /** True when the request is for one of the paths here; it is then answered. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const method = PATH.exec(request.url ?? '')?.[1];
    if (method === undefined) return false;
    try {
      this.parts.guard.check(request.headers);
      if (request.method !== 'POST') throw fail('http.method_not_allowed');
      this.post({ request, response, method }).catch((thrown: unknown) => this.refuse(request, response, thrown));
    } catch (thrown) {
      this.refuse(request, response, thrown);
    }
    return true;
  };

  /** A request that was refused before it came here, in the words of this face. */
  readonly refuseAny = (request: IncomingMessage, response: ServerResponse, failure: GatewayError): boolean => {
    if (!PATH.test(request.url ?? '')) return false;
    this.refuse(request, response, failure);
    return true;
  };

  private async post(exchange: ProtocolExchange): Promise<void> {
    // Who is calling comes first, whatever is wrong with the rest.
    await this.parts.admission.caller(exchange.request, null);
    checkContentType(exchange.request.headers);
    this.parts.bodies.read(exchange, this);
  }

  knows({ request }: ProtocolExchange): boolean | Promise<boolean> {
    return this.parts.admission.knows(request, null);
  }

  received({ request, response, method }: ProtocolExchange, error: GatewayError | null, text: string): void {
    try {
      if (error !== null) throw error;
      this.parts.places.takePlace(response);
      this.receive(request, response, method, text);
    } catch (thrown) {
      this.refuse(request, response, thrown);
    }
  }

  private receive(request: IncomingMessage, response: ServerResponse, method: string, text: string): void {
    if (method === 'notifications') {
      if (readBody(text).kind !== 'notification') throw notA('notification');
      // Nothing that is served here has anything to be told of.
      return void answerJson(response, 200, 'null');
    }
    if (method === 'ping') {
      const message = readBody(text);
      if (message.kind !== 'request' || message.method !== 'ping') throw notA('ping');
      return void answerJson(response, 200, `{"jsonrpc":"2.0","id":${message.idText},"result":{}}`);
    }
    this.call(request, response, requestOf(method, text));
  }

  private call(request: IncomingMessage, response: ServerResponse, message: ClientRequest): void {
    void this.parts.pipeline.run({
      face: 'rpc',
      request: message,
      headers: request.headers,
      carrier: request,
      endpoint: EVERYTHING,
      reply: new BareReply(response, this.parts.places, this.parts.correlates),
      abort: new CallAbort(),
      sessionId: null,
      receivedAtMs: Date.now(),
      inputRefusals: null,
    });
  }

  private refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    const failure = toGatewayError(thrown);
    if (failure.code === 'platform.internal') this.parts.logger.error({ err: thrown }, 'a request failed');
    if (response.headersSent || response.destroyed) return void response.destroy();
    const named = named422(failure);
    answerJson(
      response,
      named.httpStatus,
      failureText(named.message, named.code),
      refusalHeaders(named, named.httpStatus),
    );
    if (!request.complete) request.resume();
  }
}

const notA = (what: string): GatewayError => fail('http.invalid', { message: `The body is no ${what} of JSON-RPC` });

/** As REST says it: a body that cannot be read is 422. */
const named422 = (failure: GatewayError): GatewayError =>
  failure.httpStatus === 400 ? fail('http.invalid', { message: failure.message }) : failure;

const failureText = (detail: string, code: string): string => JSON.stringify({ detail, code });

/** `params` is the text of a JSON object, which is made sure of before it becomes part of another one. */
const requestOf = (method: string, params: string): ClientRequest => {
  if (!isObject(parsed(params))) throw fail('http.invalid', { message: 'The body is no JSON object' });
  const message = readBody(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`);
  if (message.kind === 'invalid') throw message.error;
  if (message.kind !== 'request') throw fail('http.invalid');
  return message;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw fail('http.invalid', { message: 'The body is not valid JSON' });
  }
};

/** Only the result, or what went wrong, leaves. */
class BareReply implements Reply {
  readonly streams = false;
  answerBytes = 0;

  private correlationId: string | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly places: RequestPlaces,
    private readonly correlates: boolean,
  ) {}

  correlate(correlationId: string): void {
    if (this.correlates) this.correlationId = correlationId;
  }

  underWay(): void {
    // There is no stream to keep alive.
  }

  waits(): void {
    this.places.lendPlace(this.response);
  }

  goesOn(): void {
    this.places.takePlace(this.response);
  }

  send(): void {
    // Nothing comes before the answer.
  }

  ask(): void {
    // Nobody can be asked here; the call is told so before.
  }

  finish(json: JsonParts, httpStatus: number, headers: Readonly<Record<string, string>> = {}): void {
    if (this.response.destroyed || this.response.headersSent) return;
    const { result, error } = JSON.parse(joined(json)) as {
      result?: unknown;
      error?: { message: string; data?: { reason?: string } };
    };
    const [status, text] =
      error === undefined
        ? [200, JSON.stringify(result)]
        : [httpStatus === 200 ? 422 : httpStatus, failureText(error.message, error.data?.reason ?? 'http.invalid')];
    this.answerBytes = answerJson(this.response, status, text, headers, this.correlationId);
  }

  hold(): void {
    // As `underWay`.
  }

  pause(): void {
    // As `underWay`.
  }

  unsent(): Promise<void> | null {
    return unsentOf(this.response);
  }

  abandon(): void {
    this.response.destroy();
  }
}
