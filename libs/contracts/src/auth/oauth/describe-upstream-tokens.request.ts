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
  /** Of a person's own: there will be no other without a new consent. */
  readonly needsReauth?: true;
}

/** By upstream, for those that a token has been asked for; with `userEmail` for those where they have consented. */
export const DescribeUpstreamTokens = defineRequest<
  { readonly upstreamIds: readonly string[]; readonly userEmail?: string },
  { readonly tokens: Readonly<Record<string, UpstreamTokenState>> }
>('auth', 'upstream-token.describe', { deadlineMs: 2_000 });
