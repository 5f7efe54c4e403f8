import { defineRequest } from '../../define.js';

/** One address of an upstream that has several. */
export interface AddressStanding {
  /** Without what of it is secret. */
  readonly url: string;
  /** `ejected`: it has failed again and again, and is left alone until it answers. */
  readonly state: 'active' | 'ejected';
  /** Why it failed last, in words for whoever runs it; null: it answered. */
  readonly reason: string | null;
  /** ISO 8601: since when it is in this state, as far as who tells it knows. */
  readonly since: string;
}

/**
 * Asks an upstream whether it is there, by the smallest request that its era has. What it fails with is why it is not:
 * `upstream.…`, in words for whoever runs it. Of an upstream with several addresses each is asked, and stands in
 * `addresses`, in the `data` of a failure too.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping
 */
export const CheckUpstream = defineRequest<
  { readonly upstreamId: string; readonly timeoutMs: number },
  { readonly answered: true; readonly addresses?: readonly AddressStanding[] }
>('tool-invocation', 'upstream.check', { deadlineMs: 60_000 });
