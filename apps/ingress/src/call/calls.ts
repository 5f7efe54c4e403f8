import type { Principal } from '#contracts/auth/principal';
import type { LogLevel, UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import type { CredentialCarrier } from '#libs/identity';
import type { ClientRequest, Envelope, HeaderBag, Operation, RequestMeta, ServerCodec } from '#libs/mcp';
import type { Reply } from '#libs/mcp-http';
import type { PassedContext } from '#libs/telemetry';
import type { CatalogView, EndpointCatalog } from '../catalog/index.js';
import type { CallAbort } from './call-abort.js';
import type { Session } from './session.js';

/** Where a request arrived: a virtual server, or (`serverId: null`) everything the caller may see. */
export interface Endpoint {
  readonly serverId: string | null;
}

/**
 * The client protocol a request came in by, and what that protocol has no place for. `connection` carries messages
 * alone, so nothing is mirrored in headers; `rpc` is bare JSON-RPC: no session, no envelope, one JSON answer. Each
 * variant has all members, so that every call is an object of the same shape.
 */
export type Face =
  | { readonly face: 'http'; readonly headers: HeaderBag; readonly sessionId: string | null }
  | { readonly face: 'connection'; readonly headers: null; readonly sessionId: string | null }
  | { readonly face: 'rpc'; readonly headers: HeaderBag; readonly sessionId: null };

/** A request as it came in, and the way back. A `sessionId` is found and bound to its principal during admission. */
export type WireCall = Face & {
  readonly request: ClientRequest;
  /** What the credential comes in. */
  readonly carrier: CredentialCarrier;
  readonly endpoint: Endpoint;
  readonly reply: Reply;
  /** Aborts when the client cancels or, where that means the same, goes away. */
  readonly abort: CallAbort;
  readonly receivedAtMs: number;
  /** Which questions of the result before its client will not answer; `null`: it has said nothing of that. */
  readonly inputRefusals: readonly string[] | null;
};

/** The place of a request in a trace. */
export interface CallTrace {
  /** Its own: what is done for its sake names it as the parent. */
  readonly traceparent: string;
  /** As its client sent it, valid or not. */
  readonly parent: string | undefined;
  readonly passed: PassedContext | undefined;
  /** By which its client finds it in the log: its own, or the id of the trace. */
  readonly correlationId: string;
  readonly isCorrelationGiven: boolean;
}

/** A request whose era is known and whose envelope is right. */
export type DecodedCall = WireCall & {
  readonly meta: RequestMeta;
  /** `null` in the eras of sessions. */
  readonly envelope: Envelope | null;
  readonly trace: CallTrace;
};

/** A request of a known principal, who may do what it asks. */
export type AdmittedCall = DecodedCall & {
  readonly codec: ServerCodec;
  readonly operation: Operation;
  readonly principal: Principal;
  readonly session: Session | null;
};

/** A request with the catalog of its endpoint, and the part of it that its caller sees. */
export type ScopedCall = AdmittedCall & {
  readonly catalog: EndpointCatalog;
  readonly view: CatalogView;
  readonly logLevel: LogLevel | null;
  /** The headers that mirror its arguments; null where there are none. */
  readonly mirrors: HeaderBag | null;
};

/** A call that knows where it goes. */
export type RoutedCall = ScopedCall & {
  /** What tool-invocation is asked to run. */
  readonly outgoing: UpstreamCall;
  /** The params as the upstream gets them. */
  readonly body: string;
  /** When it came first: before `receivedAtMs` where it is the retry of a parked call. */
  readonly startedAtMs: number;
  /** What it may take, from its hand-over on. */
  readonly timeoutMs: number;
  /** The one instance that is asked; `null`: any. */
  readonly instance: string | null;
  /** Set for the retry of a call that is parked. */
  readonly parked: ParkedCallRetry | null;
  /** Of a tool: its upstream offers it otherwise by now, and that is held back. */
  readonly heldChange: 'pending' | 'kept' | null;
  /** What a client says that was sent to where its user consents; `null`: it was not. */
  readonly consent: 'accepted' | 'refused' | null;
};

/** What a client brings to a call that waits at an instance for its input. */
export interface ParkedCallRetry {
  readonly instance: string;
  readonly callId: string;
  readonly round: number;
  readonly inputResponses: Readonly<Record<string, unknown>>;
  readonly refusals?: Readonly<Record<string, ClientRefusal>>;
}

/** The error of a client that cannot or will not answer what it is asked. */
export interface ClientRefusal {
  readonly code: number;
  readonly message: string;
}
