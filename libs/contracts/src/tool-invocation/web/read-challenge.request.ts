import { defineRequest } from '../../define.js';

/**
 * Asks an MCP server for something without a credential, within the egress policy and without following redirects, to hear
 * what it wants to be shown. Failures: `upstream.unreachable`, `upstream.refused`, `upstream.timed_out`.
 */
export const ReadChallenge = defineRequest<
  { readonly url: string },
  {
    readonly status: number;
    /** Its `WWW-Authenticate`, joined by commas where there are several; null: it has none. */
    readonly challenge: string | null;
  }
>('tool-invocation', 'challenge.read', { deadlineMs: 6_000 });
