import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import type { CredentialCarrier } from '#libs/identity';
import {
  MODERN_REVISION,
  type Operation,
  type ServerCodec,
  isServed,
  negotiateRevision,
  serverCodec,
  singleHeaderValue,
} from '#libs/mcp';
import type { AdmittedCall, DecodedCall, Session } from '../call/index.js';
import type { SessionStore } from '../sessions/index.js';
import type { AdmitCaller } from './caller.js';
import { checkPermission } from './permissions.js';
import type { ResourceServer } from './resource-server.js';

/** The revision that bare JSON-RPC is answered in. */
const RPC_REVISION = '2025-06-18';
/**
 * Of a request over HTTP that names none.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#protocol-version-header
 */
const UNNAMED_REVISION = '2025-03-26';
/** What these would change is a session. */
const OF_SESSIONS: ReadonlySet<string> = new Set(['set-level', 'subscribe', 'unsubscribe']);

/** Who is calling, whether they may do what they ask, and in which session. */
export class Admission {
  constructor(
    readonly caller: AdmitCaller,
    private readonly sessions: SessionStore,
    private readonly sessionsRequired: boolean,
    private readonly resourceServer: ResourceServer | null,
  ) {}

  /** Synchronous when everything is known. */
  admit(call: DecodedCall): AdmittedCall | Promise<AdmittedCall> {
    const admitting = this.caller(call.carrier, call.endpoint.serverId);
    return admitting instanceof Promise
      ? admitting.then((principal) => this.enter(call, principal))
      : this.enter(call, admitting);
  }

  /** Who is calling, as they may do this, by no request of MCP. Fails as `admit` does. */
  async permitted(operation: Operation, carrier: CredentialCarrier, serverId: string | null): Promise<Principal> {
    const principal = await this.caller(carrier, serverId);
    return checkPermission(principal, operation, this.resourceServer, serverId, carrier);
  }

  /** Whether the caller is somebody; throws or rejects with why it is not let in. Synchronous once it is known. */
  knows(carrier: CredentialCarrier, serverId: string | null): boolean | Promise<boolean> {
    const admitting = this.caller(carrier, serverId);
    return admitting instanceof Promise ? admitting.then(isSomebody) : isSomebody(admitting);
  }

  /** Fails with `mcp.session_missing`, or `mcp.session_unknown` for one that is not this caller's as well. */
  session(id: string | null, principal: Principal, serverId: string | null): Session | Promise<Session> {
    if (id === null) throw fail('mcp.session_missing');
    const finding = this.sessions.find(id, principal.id, serverId);
    return finding instanceof Promise ? finding.then(known) : known(finding);
  }

  private enter(call: DecodedCall, principal: Principal): AdmittedCall | Promise<AdmittedCall> {
    if (call.envelope !== null) return this.admitted(call, principal, serverCodec(MODERN_REVISION), null);
    if (call.face === 'rpc') return this.admitted(call, principal, serverCodec(RPC_REVISION), null);
    if (call.request.method === 'initialize') {
      const revision = negotiateRevision(call.request.params.value['protocolVersion']);
      return this.admitted(call, principal, serverCodec(revision), null);
    }
    if (call.sessionId === null && this.isServedWithoutSession(call)) return this.withoutSession(call, principal);
    const session = this.session(call.sessionId, principal, call.endpoint.serverId);
    return session instanceof Promise
      ? session.then((found) => this.admitted(call, principal, serverCodec(found.revision), found))
      : this.admitted(call, principal, serverCodec(session.revision), session);
  }

  private isServedWithoutSession({ face, request }: DecodedCall): boolean {
    return request.method === 'ping' || (face === 'http' && !this.sessionsRequired);
  }

  /** Served as it is: nothing is remembered of it, and it is asked nothing. */
  private withoutSession(call: DecodedCall, principal: Principal): AdmittedCall {
    const named = singleHeaderValue(call.headers ?? {}, 'mcp-protocol-version');
    const revision = isServed(named) ? named : UNNAMED_REVISION;
    const entered = this.admitted(call, principal, serverCodec(revision), null);
    if (!OF_SESSIONS.has(entered.operation.does)) return entered;
    throw fail('mcp.session_missing', {
      message: `${call.request.method} is of a session: Mcp-Session-Id is required`,
    });
  }

  private admitted(call: DecodedCall, principal: Principal, codec: ServerCodec, session: Session | null): AdmittedCall {
    const operation = codec.operations.get(call.request.method);
    if (operation === undefined) throw fail('mcp.method_unknown');
    const { carrier, endpoint } = call;
    const acting = checkPermission(principal, operation, this.resourceServer, endpoint.serverId, carrier);
    return { ...call, codec, operation, principal: acting, session };
  }
}

const isSomebody = ({ kind }: Principal): boolean => kind !== 'anonymous';

const known = (session: Session | null): Session => {
  if (session === null) throw fail('mcp.session_unknown');
  return session;
};
