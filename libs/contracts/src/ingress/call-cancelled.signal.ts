import { defineSignal } from '../define.js';

/** The client of a session has cancelled a call, or every call, which may be under way at another replica. */
export const CallCancelled = defineSignal<{
  readonly sessionId: string;
  /** The JSON text of the request's id; `null`: every call of the session. */
  readonly idText: string | null;
  /** The instance that has sent this. */
  readonly by: string;
}>('ingress', 'call.cancelled', { reaches: 'all' });
