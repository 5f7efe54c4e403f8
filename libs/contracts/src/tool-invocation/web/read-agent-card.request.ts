import type { UpstreamCredential } from '../../auth/upstream-credential.request.js';
import { defineRequest } from '../../define.js';
import type { UpstreamProfile } from '../../registry/resolve-upstream.request.js';

/**
 * Fetches the card of an A2A agent from the first of some places, all on the origin of its profile, that has one. The body of the reply is
 * its text; `found: false`: every place answered 404 or 405. Failures: `upstream.unreachable`, `upstream.refused`,
 * `upstream.unauthorised`, `upstream.too_large`, `upstream.invalid_answer`, `upstream.timed_out`.
 */
export const ReadAgentCard = defineRequest<
  {
    readonly profile: UpstreamProfile;
    /** In the order in which they are tried. */
    readonly urls: readonly string[];
    readonly bytesMax: number;
    /** What to present; when absent it is asked of auth. */
    readonly credential?: UpstreamCredential | null;
  },
  { readonly found: boolean }
>('tool-invocation', 'agent-card.read', { deadlineMs: 30_000 });
