import { defineRequest } from '../define.js';

/** What is presented to an upstream: HTTP headers and a query, or environment variables and arguments of a child process. Secret. */
export interface UpstreamCredential {
  readonly headers?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Behind the `?` of the upstream's URL, in place of the masked query; of an HTTP API, of every request. */
  readonly query?: string;
  /** The same of the document that describes an HTTP API. */
  readonly documentQuery?: string;
  /** All of them, in place of the masked ones. */
  readonly args?: readonly string[];
}

/** The version of having nothing to present. */
export const NO_CREDENTIAL = 'none';

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
