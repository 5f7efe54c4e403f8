import { defineSignal } from '../define.js';

/** A session is no longer what other replicas may remember of it. */
export const SessionChanged = defineSignal<{
  readonly id: string;
  readonly ended: boolean;
  /** The instance that has sent this. */
  readonly by: string;
}>('ingress', 'session.changed', { reaches: 'all' });

/** A session has a new GET stream, which takes the place of the one that another replica may have. */
export const SessionStreamReplaced = defineSignal<{
  readonly sessionId: string;
  /** The instance that has sent this. */
  readonly by: string;
}>('ingress', 'session.stream-replaced', { reaches: 'all' });
