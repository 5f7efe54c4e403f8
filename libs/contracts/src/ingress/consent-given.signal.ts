import { defineSignal } from '../define.js';
import type { CallClient } from '../tool-invocation/execute-call.request.js';

/** What a session's client was sent to a URL of the gateway for is done; the replica that has its stream tells it. */
export const ConsentGiven = defineSignal<{
  readonly clientKey: NonNullable<CallClient['key']>;
  readonly elicitationId: string;
}>('ingress', 'consent.given', { reaches: 'all' });
