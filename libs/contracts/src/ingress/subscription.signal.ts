import { defineSignal } from '../define.js';

/** A session has subscribed to something at one replica, which waits for the one that has the session's GET stream. */
export const SubscriptionAwaited = defineSignal<{
  readonly sessionId: string;
  /** The instance that has sent this. */
  readonly by: string;
}>('ingress', 'subscription.awaited', { reaches: 'instance' });

/** What the session subscribes to stands, or has had its time. */
export const SubscriptionConfirmed = defineSignal<{ readonly sessionId: string }>('ingress', 'subscription.confirmed', {
  reaches: 'instance',
});
