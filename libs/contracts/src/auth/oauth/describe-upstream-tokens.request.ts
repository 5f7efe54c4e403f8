import { defineRequest } from '../../define.js';

/** How an upstream's access token stands. Times are ISO 8601. */
export interface UpstreamTokenState {
  /** Null: there is none. */
  readonly obtainedAt: string | null;
  /** Null: its end is not known. */
  readonly expiresAt: string | null;
  /** Why the last attempt to get one failed; null: it did not. */
  readonly failure: string | null;
  readonly failedAt: string | null;
}

/** By upstream, for those that a token has been asked for. */
export const DescribeUpstreamTokens = defineRequest<
  { readonly upstreamIds: readonly string[] },
  { readonly tokens: Readonly<Record<string, UpstreamTokenState>> }
>('auth', 'upstream-token.describe', { deadlineMs: 2_000 });
