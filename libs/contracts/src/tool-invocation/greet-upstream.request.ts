import { defineRequest } from '../define.js';
import type { Era } from '../registry/catalog.js';

/** What an upstream said of itself when it was greeted. */
export interface Greeting {
  /** `modern`: it answered `server/discover`; `legacy`: it answered `initialize`. */
  readonly era: Era;
  readonly protocolVersion: string;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** From the first byte to its answer. */
  readonly elapsedMs: number;
}

/**
 * Opens a conversation with an upstream for this alone, as with one that nothing is known of, and ends it.
 * `hasCredential`: whether one is kept that it was shown. Failures: those of `DiscoverUpstream`, `upstream.unknown`, and
 * `upstream.not_mcp` for an HTTP API, which has no handshake.
 */
export const GreetUpstream = defineRequest<
  { readonly upstreamId: string },
  { readonly greeting: Greeting; readonly hasCredential: boolean }
>('tool-invocation', 'upstream.greet', { deadlineMs: 30_000 });
