import { defineRequest } from '../define.js';
import type { CallClient, DedicatedSession, UpstreamCall } from './execute-call.request.js';

/** A change an upstream announced, or that it has confirmed all that is followed: no change is missed from then on. */
export type UpstreamNotice =
  | { readonly kind: 'resource-updated'; readonly uri: string }
  | { readonly kind: 'standing' };

/**
 * Follows resources of an upstream for as long as the asker stays: a frame per change, no answer until the asker
 * cancels. Subscriptions upstream are counted, so many watchers of one URI are one subscription there. Where a session
 * with the upstream is the listener's own, they are followed over that session, by the instance that keeps it: an
 * upstream may tell only the session in which something was changed. Failures: `upstream.session_lost`,
 * and `http.malformed` where that session began with other headers.
 */
export const WatchUpstream = defineRequest<
  {
    readonly upstreamId: string;
    readonly principalId: string;
    readonly uris: readonly string[];
    /** That the listener speaks; absent: 2026-07-28. */
    readonly revision?: string;
    readonly dedicatedSession?: DedicatedSession;
    /** What the listener declares in its calls, which is part of what its own session is. */
    readonly capabilities?: Readonly<Record<string, unknown>>;
    /** As in its calls, likewise. */
    readonly clientKey?: CallClient['key'];
    /** As in its calls, likewise: of the headers of the request that opened its stream. Secret. */
    readonly passedHeaders?: UpstreamCall['passedHeaders'];
    readonly subjectToken?: UpstreamCall['subjectToken'];
  },
  { readonly ended: true },
  UpstreamNotice
>('tool-invocation', 'upstream.watch', { deadlineMs: 24 * 3_600_000 });
