import { defineEvent } from '../../define.js';

/**
 * An instance leaves an upstream alone by now, with the reason, or no more: `null`. Only of upstreams that are reached over a
 * network; a program that ends is started anew.
 */
export const BreakerChanged = defineEvent<{
  readonly upstreamId: string;
  /** Of the profile by which it was called. */
  readonly version: string;
  readonly reason: string | null;
}>('tool-invocation', 'upstream.breaker-changed');
