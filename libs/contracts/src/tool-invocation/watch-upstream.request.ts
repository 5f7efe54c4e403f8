import { defineRequest } from '../define.js';

/** A change an upstream announced. */
export type UpstreamNotice = { readonly kind: 'resource-updated'; readonly uri: string };

/**
 * Follows resources of an upstream for as long as the asker stays: a frame per change, no answer until the asker
 * cancels. Subscriptions upstream are counted, so many watchers of one URI are one subscription there.
 */
export const WatchUpstream = defineRequest<
  { readonly upstreamId: string; readonly principalId: string; readonly uris: readonly string[] },
  { readonly ended: true },
  UpstreamNotice
>('tool-invocation', 'upstream.watch', { deadlineMs: 24 * 3_600_000 });
