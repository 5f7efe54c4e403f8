import type { LogLevel } from '#contracts/tool-invocation/execute-call.request';
import type { Revision } from '#libs/mcp';

/** What a client before 2026-07-28 said once and expects to be remembered. */
export interface SessionRecord {
  readonly principalId: string;
  readonly serverId: string | null;
  readonly revision: Revision;
  readonly client: {
    readonly info: Readonly<Record<string, unknown>> | null;
    readonly capabilities: Readonly<Record<string, unknown>>;
  };
  readonly logLevel: LogLevel | null;
  /** URIs of the resources that the client subscribes to. */
  readonly uris: readonly string[];
}

export interface Session extends SessionRecord {
  readonly id: string;
}

const BATCHED: ReadonlySet<string> = new Set(['2025-03-26', '2024-11-05']);
const PRIMED_SINCE = '2025-11-25';

/** Whether the revision has batches: https://modelcontextprotocol.io/specification/2025-03-26/basic#batching */
export const supportsBatches = (revision: string): boolean => BATCHED.has(revision);

/**
 * Whether an event stream of the revision begins with an event that holds an id alone.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server
 */
export const supportsPriming = (revision: string): boolean => revision >= PRIMED_SINCE;
