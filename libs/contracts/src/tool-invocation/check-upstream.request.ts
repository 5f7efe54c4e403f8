import { defineRequest } from '../define.js';

/**
 * Asks an upstream whether it is there, by the smallest request that its era has. What it fails with is why it is not:
 * `upstream.…`, in words for whoever runs it.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping
 */
export const CheckUpstream = defineRequest<
  { readonly upstreamId: string; readonly timeoutMs: number },
  { readonly answered: true }
>('tool-invocation', 'upstream.check', { deadlineMs: 60_000 });
