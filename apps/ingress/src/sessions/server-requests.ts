import { randomBytes } from 'node:crypto';
import { ServerRequestAnswered } from '#contracts/ingress/server-request.signal';
import type { Bus, Subscription } from '#libs/bus';
import { type GatewayError, fail } from '#libs/errors';
import { type ClientResponse, requestMessage } from '#libs/mcp';
import type { Reply } from '#libs/mcp-http';

interface WaitingRequest {
  readonly sessionId: string;
  readonly settle: (response: ClientResponse) => void;
  readonly refuse: (reason: GatewayError) => void;
}

/** The instance of the replica that waits, and a number nobody can guess. */
const REQUEST_ID = /^([A-Za-z0-9_-]{1,64})~[0-9a-f]{24}$/;

/**
 * Requests to a session's client. They go out on the stream of the call they belong to; the response comes by a POST
 * of its own, to whichever replica, and is passed on to the one that waits.
 */
export class ServerRequests {
  private readonly waiting = new Map<string, WaitingRequest>();
  private readonly subscription: Subscription;

  constructor(
    private readonly bus: Bus,
    private readonly timeoutMs: number,
  ) {
    this.subscription = bus.subscribe(ServerRequestAnswered, ({ sessionId, response }) => {
      this.settle(sessionId, response);
    });
  }

  newId(): string {
    return `${this.bus.instance}~${randomBytes(12).toString('hex')}`;
  }

  /** Sends a request on `reply`. Rejects with `bus.cancelled` when `signal` aborts, `mcp.input_unavailable` when nobody answers in time. */
  async send(
    sessionId: string,
    reply: Reply,
    id: string,
    method: string,
    paramsText: string,
    signal: AbortSignal,
  ): Promise<ClientResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<ClientResponse>();
    const cancelled = (): void => reject(fail('bus.cancelled'));
    const timer = setTimeout(
      () => reject(fail('mcp.input_unavailable', { message: 'The client did not answer in time' })),
      this.timeoutMs,
    );
    signal.addEventListener('abort', cancelled);
    if (signal.aborted) cancelled();
    this.waiting.set(id, { sessionId, settle: resolve, refuse: reject });
    try {
      reply.ask(requestMessage(id, method, paramsText));
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancelled);
      this.waiting.delete(id);
    }
  }

  /** A response that a session's client has posted; one that nobody waits for is dropped. */
  deliver(sessionId: string, response: ClientResponse): void {
    if (this.settle(sessionId, response)) return;
    const instance = REQUEST_ID.exec(response.id)?.[1];
    if (instance === undefined || instance === this.bus.instance) return;
    this.bus.signal(ServerRequestAnswered, { sessionId, response }, instance);
  }

  /** Nobody waits any longer: the gateway stops. */
  rejectAll(): void {
    for (const { refuse } of this.waiting.values()) {
      refuse(fail('mcp.input_unavailable', { message: 'The gateway is stopping', executed: 'unknown' }));
    }
  }

  close(): void {
    this.subscription.close();
  }

  private settle(sessionId: string, response: ClientResponse): boolean {
    const waiting = this.waiting.get(response.id);
    if (waiting === undefined || waiting.sessionId !== sessionId) return false;
    waiting.settle(response);
    return true;
  }
}
