import type { GatewayError } from '#libs/errors';
import type { OpenCall } from '../call/open-call.js';
import { staleness } from '../call/stale.js';
import { AWAY, HttpRefusal } from '../transport/http/refusal.js';
import { isFlood } from '../transport/talk-gauge.js';

/** `silent`: nothing was heard of the upstream; whether it is only slow, asking it tells. */
export type Health = 'well' | 'ill' | 'silent' | 'unknown';

/** There is no conversation to be had. */
const NO_CONVERSATION = new Set<string>([
  'upstream.unreachable',
  'upstream.closed',
  'upstream.invalid_answer',
  'upstream.not_mcp',
  'upstream.timed_out',
]);

/**
 * What the failure of a call says about its upstream. Connections and sessions count; what one tool answers, and how long it
 * takes, is no reason to keep others from theirs; a flood is, as reading it takes from all of them.
 */
export const healthAfter = (failure: GatewayError, open: OpenCall): Health => {
  const { code, cause } = failure;
  // While its answer waited for room here, the upstream could not give it.
  if (staleness(failure) !== undefined || open.held.isWaiting) return 'unknown';
  if (open.carrier === undefined) return NO_CONVERSATION.has(code) ? 'ill' : 'unknown';
  switch (code) {
    case 'upstream.closed':
      return 'ill';
    case 'upstream.unreachable':
      return !(cause instanceof HttpRefusal) || AWAY.has(cause.status) ? 'ill' : 'well';
    case 'upstream.timed_out':
      return open.heard ? 'well' : 'silent';
    case 'upstream.too_large':
      return isFlood(failure) ? 'ill' : 'well';
    case 'upstream.invalid_answer':
      return 'well';
    default:
      return 'unknown';
  }
};
