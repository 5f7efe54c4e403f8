import { defineEvent } from '../define.js';

/**
 * An upstream without sessions says, elsewhere than to a subscription, that a resource is no longer what it was. It may
 * be said to whoever follows the resource, wherever they are.
 */
export const UpstreamResourceChanged = defineEvent<{ readonly upstreamId: string; readonly uri: string }>(
  'tool-invocation',
  'upstream.resource-changed',
);
