import type { GatewayError } from '#libs/errors';
import type { CarriedJson } from '../json/carried.js';
import type { ListKind } from '../lists.js';
import type { Revision } from '../revisions.js';
import type { TaskMethod } from '../tasks.js';
import type { HeaderBag } from './header-value.js';
import type { ClientRequest } from './message.js';
import type { RequestMeta } from './request-meta.js';
import type { JsonParts, RpcError } from './text.js';

/** What a client's request makes the gateway do. A method that a revision lacks is absent from its `operations`. */
export type Operation =
  | { readonly does: 'discover' }
  | { readonly does: 'initialize' }
  | { readonly does: 'ping' }
  | { readonly does: 'set-level' }
  | { readonly does: 'subscribe' }
  | { readonly does: 'unsubscribe' }
  | { readonly does: 'listen' }
  | { readonly does: 'list'; readonly list: ListKind }
  | { readonly does: 'call'; readonly method: ForwardedMethod };

/** The requests that an upstream answers. */
export type ForwardedMethod = 'tools/call' | 'prompts/get' | 'resources/read' | 'completion/complete' | TaskMethod;

/** What each request of a revision without sessions says of its client. */
export interface Envelope {
  readonly info: Readonly<Record<string, unknown>> | null;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** Unchecked text of the level that log messages are wanted from. */
  readonly logLevel: string | undefined;
}

/** What the endpoint offers, for `server/discover` and `initialize`. */
export interface ServerCapabilities {
  readonly logging: boolean;
  readonly completions: boolean;
  readonly subscribe: boolean;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
  /** The id of the gateway, for gateways in front of it. */
  readonly gatewayId?: string;
}

/**
 * How long, in milliseconds, and by whom a result may be kept.
 * https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching
 */
export interface CacheHints {
  readonly ttlMs: number;
  readonly cacheScope: 'public' | 'private';
}

/** A result in the neutral model: its text without the members that a revision adds or lacks. */
export interface NeutralResult {
  readonly body: CarriedJson;
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  readonly cache: CacheHints;
}

/** What a client of the revision can be asked for in the course of a call. */
export interface ServerRequestSupport {
  readonly elicitationModes: readonly ('form' | 'url')[];
}

/** A failure as one revision answers it over HTTP. */
export interface HttpError {
  readonly httpStatus: number;
  readonly error: RpcError;
}

/**
 * What the gateway says to clients of one revision, and what it hears from them. Pure. `about` is the JSON text of the
 * gateway's own Implementation (name, version).
 */
export interface ServerCodec {
  readonly revision: Revision;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly serverRequests: ServerRequestSupport;
  /** Whether a client may send several messages in one array. */
  readonly batches: boolean;
  /** Whether a stream begins with an event that holds nothing but an id, so that it can be resumed from the start. */
  readonly primesStreams: boolean;
  /**
   * Throws what the revision answers to an envelope or headers that are not right. `null` where there is none. Without
   * headers, on a connection that carries messages alone, there is nothing that has to mirror the body.
   */
  readEnvelope(request: ClientRequest, meta: RequestMeta, headers: HeaderBag | null): Envelope | null;
  /** A list entry as the upstream gave it, as this revision shows it. */
  definition(list: ListKind, text: string): string;
  listResult(
    list: ListKind,
    definitions: readonly string[],
    nextCursor: string | null,
    cache: CacheHints,
    about: string,
  ): string;
  callResult(method: ForwardedMethod, result: NeutralResult, about: string): JsonParts;
  /** The answer that asks the client for input; `null` where the revision asks by requests of its own. */
  inputRequiredResult(body: string, meta: NeutralResult['meta'], about: string): string | null;
  /** The answer that stands for one to come; `null` where the revision has no such thing, or the gateway not in it. */
  taskResult(body: string, meta: NeutralResult['meta'], about: string): string | null;
  /** Acknowledgement with nothing to say. */
  emptyResult(about: string): string;
  /** To `server/discover` or `initialize`. */
  greeting(server: ServerCapabilities, about: string, cache: CacheHints): string;
  error(error: GatewayError): HttpError;
  /** An upstream's own JSON-RPC error. */
  upstreamError(method: ForwardedMethod, target: string, error: RpcError): HttpError;
}
