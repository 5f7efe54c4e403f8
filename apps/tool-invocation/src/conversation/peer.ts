import type { CacheHint } from '#contracts/registry/catalog';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import type { Era } from '#contracts/tool-invocation/discover-upstream.request';
import type { OpenCall } from '../call/open-call.js';
import type { Response } from './request.js';

/** What an upstream tells about itself. */
export interface PeerIdentity {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
  /** How long this is good; absent where it is for as long as the conversation. */
  readonly hint?: CacheHint;
}

/** What happens at an upstream beside its calls. */
export interface PeerEvents {
  listChanged(list: CatalogList): void;
  resourceUpdated(uri: string): void;
  /** Messages were lost or may have been: whatever was known is doubtful. */
  invalidated(): void;
  closed(): void;
}

/** The other end of an MCP conversation. Both eras; `modern-peer` and `legacy-session` differ in all but this. */
export interface Peer {
  /** As it was told last. */
  identity: PeerIdentity;
  readonly closed: boolean;
  /** Calls it works on, and other uses that keep it from being ended for idleness. */
  readonly uses: number;
  /** Monotonic ms of the last use. */
  readonly usedAtMs: number;
  start(call: OpenCall): void;
  /** One of the gateway's own requests (a list, say). */
  request(method: string, params: object, timeoutMs: number): Promise<Response>;
  /** Begins to hear `list_changed` and, for these URIs, updates. Replaces what was watched before. */
  watch(watched: Watched): void;
  /** Begins to hear of tasks; the function that is returned ends it. */
  followTasks(listener: TaskListener): () => void;
  /** Nobody comes here any more: what was kept for later is let go. */
  retire(): void;
  close(): Promise<void>;
}

/** Hears of tasks. */
export interface TaskListener {
  readonly taskIds: readonly string[];
  /** Of the clients whose tasks they are. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The upstream tells of these; of the others it has to be asked. */
  onAcknowledged(taskIds: readonly string[]): void;
  /** One is no longer what it was; `null` where it has to be asked how it is. */
  onUpdate(taskId: string, task: string | null): void;
  /** No more will be heard here. */
  onEnd(): void;
}

export interface Watched {
  readonly lists: boolean;
  readonly uris: readonly string[];
}

export const NOTHING_WATCHED: Watched = { lists: false, uris: [] };
