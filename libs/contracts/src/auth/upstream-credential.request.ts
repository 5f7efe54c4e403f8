import type { Actor } from '../audit-event.js';
import { defineRequest } from '../define.js';
import type { Principal } from './principal.js';
import type { UpstreamTls } from './tls/upstream-tls.rules.js';
import type { OAuthClient } from './oauth/oauth-client.js';

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
  /** By what it and the gateway know each other in TLS. */
  readonly tls?: UpstreamTls;
  /** Who asks for the access token that stands in `Authorization`; auth shows the token, never this. */
  readonly oauth?: OAuthClient;
}

/** The access token within a credential that is presented. */
export interface PresentedToken {
  readonly id: string;
  /** Whoever uses it on had better ask again after this. */
  readonly askAgainInMs: number;
  /** Null: its end is not known. */
  readonly endsInMs: number | null;
}

/** The version of having nothing to present. */
export const NO_CREDENTIAL = 'none';

/** Keeps (encrypted) or, with `null`, forgets what an upstream is to be shown. `by`: who wants it so; absent: the gateway itself. */
export const KeepUpstreamCredential = defineRequest<
  { readonly upstreamId: string; readonly credential: UpstreamCredential | null; readonly by?: Actor },
  { readonly version: string }
>('auth', 'upstream-credential.keep', { deadlineMs: 3_000 });

/**
 * What to present to this upstream for this caller. `version` changes whenever the credential does, so it can stand
 * for the credential in the key of a connection pool; a new access token is no new credential. `refusedToken`: the id of
 * a token that the upstream took for no good, so that another is got. Rejects with `upstream.…` where no token is to be
 * had, which may take as long as an authorization server takes; with `upstream.consent_needed` where the caller has to
 * consent first. No `principalId`: what the gateway itself shows to find out what there is. `subjectToken`: of this caller, for an upstream
 * that is shown what it is exchanged for.
 */
export const PresentUpstreamCredential = defineRequest<
  {
    readonly upstreamId: string;
    readonly principalId: string;
    readonly refusedToken?: string;
    readonly subjectToken?: Principal['subjectToken'];
  },
  {
    readonly credential: UpstreamCredential | null;
    readonly version: string;
    readonly token?: PresentedToken;
    /** It came of the caller's own consent, or token: nobody else is shown it. */
    readonly isPersonal?: true;
    /**
     * Sign the ids of what the upstream keeps for its callers, so that each has its own alone: of this upstream, the same for all
     * callers and replicas. The first signs, all are good. Secret. Absent: from an auth that knows of none.
     */
    readonly idKeys?: readonly string[];
  }
>('auth', 'upstream-credential.present', { deadlineMs: 10_000 });
