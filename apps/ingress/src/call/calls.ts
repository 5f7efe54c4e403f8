import type { Principal } from '#contracts/auth/principal';
import type { LogLevel, RoutedCall } from '#contracts/tool-invocation/execute-call.request';
import type { CredentialCarrier } from '#libs/identity';
import type { ClientRequest, Envelope, HeaderBag, Operation, RequestMeta, ServerCodec } from '#libs/mcp';
import type { Reply } from '#libs/mcp-http';
import type { CallAbort } from './call-abort.js';
import type { CatalogView } from '../catalog/catalog-view.js';
import type { EndpointCatalog } from '../catalog/endpoint-catalog.js';
import type { Session } from './session.js';
import type { Endpoint } from '../faces/endpoint.js';

/** A request as it came in, and the way back. */
export interface WireCall {
  readonly request: ClientRequest;
  /** `null` on a connection that carries messages alone: what headers mirror elsewhere is not mirrored there. */
  readonly headers: HeaderBag | null;
  /** What the credential comes in. */
  readonly carrier: CredentialCarrier;
  readonly endpoint: Endpoint;
  readonly reply: Reply;
  /** Aborts when the client cancels or, where that means the same, goes away. */
  readonly abort: CallAbort;
  /** Set for a request of a session: found and bound to its principal during admission. */
  readonly sessionId: string | null;
  readonly receivedAtMs: number;
}

/** A request whose era is known and whose envelope is right. */
export interface DecodedCall extends WireCall {
  readonly meta: RequestMeta;
  /** `null` in the eras of sessions. */
  readonly envelope: Envelope | null;
}

/** A request of somebody we know, who may do what it asks. */
export interface AdmittedCall extends DecodedCall {
  readonly codec: ServerCodec;
  readonly operation: Operation;
  readonly principal: Principal;
  readonly session: Session | null;
}

/** A request that has an endpoint in front of it. */
export interface PlacedCall extends AdmittedCall {
  readonly catalog: EndpointCatalog;
  readonly view: CatalogView;
  readonly logLevel: LogLevel | null;
}

/** A call that knows where it goes. */
export interface BoundCall extends PlacedCall {
  readonly routed: RoutedCall;
  /** The params as the upstream gets them. */
  readonly body: string;
  readonly traceparent: string;
  /** What it may take, from its hand-over on. */
  readonly timeoutMs: number;
  /** The one instance that is asked; `null`: any. */
  readonly instance: string | null;
  /** Set for the retry of a call that is parked. */
  readonly parked: ParkedCall | null;
}

export interface ParkedCall {
  readonly instance: string;
  readonly callId: string;
  readonly round: number;
  readonly inputResponses: Readonly<Record<string, unknown>>;
  readonly refusals?: Readonly<Record<string, Refusal>>;
}

/** The error of a client that cannot or will not answer what it is asked. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

export const LOG_LEVELS: readonly LogLevel[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

export const isLogLevel = (level: unknown): level is LogLevel => (LOG_LEVELS as readonly unknown[]).includes(level);
