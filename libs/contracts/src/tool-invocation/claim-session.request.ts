import { defineRequest } from '../define.js';

/**
 * Makes whichever instance answers the owner of a session that is not shared. It opens it with the first call, and
 * keeps it until it is released or idle for too long. Failure: `upstream.unknown`.
 */
export const ClaimSession = defineRequest<
  { readonly upstreamId: string; readonly key: string },
  { readonly claimed: true }
>('tool-invocation', 'session.claim', { deadlineMs: 5_000 });

/** Its client has ended its own; asked of the instance that keeps it. */
export const ReleaseSession = defineRequest<
  { readonly upstreamId: string; readonly key: string },
  { readonly released: true }
>('tool-invocation', 'session.release', { deadlineMs: 5_000 });
