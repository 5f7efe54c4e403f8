import { defineRequest } from '../define.js';

/** What is presented to an upstream: HTTP headers, or environment variables of a child process. Secret. */
export interface UpstreamCredential {
  readonly headers?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Keeps (encrypted) or, with `null`, forgets what an upstream is to be shown. */
export const KeepUpstreamCredential = defineRequest<
  { readonly upstreamId: string; readonly credential: UpstreamCredential | null },
  { readonly version: string }
>('auth', 'upstream-credential.keep', { deadlineMs: 3_000 });

/**
 * What to present to this upstream for this caller. `version` changes whenever the credential does, so it can stand
 * for the credential in the key of a connection pool.
 */
export const PresentUpstreamCredential = defineRequest<
  { readonly upstreamId: string; readonly principalId: string },
  { readonly credential: UpstreamCredential | null; readonly version: string }
>('auth', 'upstream-credential.present', { deadlineMs: 2_000 });
