import type { UpstreamCredential } from '../../auth/upstream-credential.request.js';
import { defineRequest } from '../../define.js';

/**
 * Fetches a text over HTTP, within the egress policy and without following redirects. The reply's body is the text.
 * Failures: `upstream.unreachable`, `upstream.refused`, `upstream.unauthorised`, `upstream.too_large`,
 * `upstream.invalid_answer`, `upstream.timed_out`.
 */
export const FetchDocument = defineRequest<
  {
    readonly url: string;
    readonly credential?: UpstreamCredential | null;
    /** Whose credential holds the query, where the URL's is masked. Only for a URL that is kept of this upstream. */
    readonly upstreamId?: string;
    /** Whether its certificates are shown too: the URL is at the origin of the upstream. */
    readonly showsCertificates?: boolean;
    readonly bytesMax: number;
    /** The URL is a stranger's: it leads to the internet, or nowhere, whatever upstreams may be reached. */
    readonly isStrangers?: boolean;
    /** The URL of the upstream that named it: where that is on the internet, this leads there too, or nowhere. */
    readonly namedBy?: string;
  },
  { readonly bytes: number }
>('tool-invocation', 'document.fetch', { deadlineMs: 60_000 });
