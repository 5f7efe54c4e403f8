import type { ClientResponse } from '#libs/mcp';
import { defineSignal } from '../define.js';

/** A request to a session's client waits in the store for the session's GET stream, wherever that is. */
export const ServerRequestEnqueued = defineSignal<{ readonly sessionId: string }>(
  'ingress',
  'server-request.enqueued',
  { reaches: 'all' },
);

/** A client has answered a request, at a replica other than the one that waits for the answer. */
export const ServerRequestAnswered = defineSignal<{
  readonly sessionId: string;
  readonly response: ClientResponse;
}>('ingress', 'server-request.answered', { reaches: 'instance' });
