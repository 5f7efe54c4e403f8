import type { LogLevel } from '#contracts/tool-invocation/execute-call.request';
import type { Revision } from '#libs/mcp';

/** What a session's client hears of logs until it says otherwise. */
export const DEFAULT_LOG_LEVEL: LogLevel = 'info';

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

/**
 * A session under the id that its client sends as `Mcp-Session-Id`.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
 */
export interface Session extends SessionRecord {
  readonly id: string;
}
