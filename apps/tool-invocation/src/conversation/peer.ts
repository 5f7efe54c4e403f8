import type { CacheHint } from '#contracts/registry/catalog';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import type { Era } from '#contracts/tool-invocation/discover-upstream.request';
import type { GatewayError } from '#libs/errors';
import type { OpenCall } from '../call/open-call.js';
import type { CallFrame } from '#contracts/tool-invocation/execute-call.request';
import { asObject, GATEWAY_META, isGatewayId } from '#libs/mcp';
import type { Response } from './request.js';

/** What an upstream says about itself. */
export interface PeerIdentity {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
  /** What it goes by among gateways, where it is one and says so. */
  readonly gatewayId?: string;
  /** How long this is valid; absent where it is valid as long as the conversation. */
  readonly hint?: CacheHint;
}

/** What the answer to `initialize` or `server/discover` says of the gateway that gave it. */
export const gatewayIdIn = ({ _meta }: Readonly<Record<string, unknown>>): Pick<PeerIdentity, 'gatewayId'> => {
  const id = asObject(_meta)[GATEWAY_META];
  return isGatewayId(id) ? { gatewayId: id } : {};
};

export type LogFrame = Extract<CallFrame, { kind: 'log' }>;

/** What happens at an upstream besides its calls. */
export interface PeerEvents {
  listChanged(list: CatalogList): void;
  resourceUpdated(uri: string): void;
  /** The same, said elsewhere than to whoever follows the resource. */
  resourceHinted(uri: string): void;
  /** A log message for a session of a client that has no call open. */
  logged(clientKey: string, message: LogFrame): void;
  /** Something that a session of a client was sent to a URL for is done. */
  elicitationCompleted(clientKey: string, elicitationId: string): void;
  /** Messages may have been lost: what is cached may be out of date. */
  invalidated(): void;
  closed(): void;
  /** It failed in a way that takes nothing from what it is asked for. */
  passedOver(error: GatewayError): void;
}

/**
 * Whether something of earlier calls may go on and ask: `possible` where one was left without its answer or its task is
 * not over, `shown` once a question was refused for that.
 */
export type Doubt = 'none' | 'possible' | 'shown';

/** What matters of a conversation with a legacy upstream where clients can be asked. */
export interface AskingSide {
  /** The one whose alone it is, by its key; for others too its questions are never meant. */
  client: string | undefined;
  /** Questions may come that do not say by their stream which call raised them. */
  readonly hasCommonStream: boolean;
  readonly doubt: Doubt;
  keepsTask(taskId: string): boolean;
}

/** What matters of a conversation for log messages that do not say whose they are. */
export interface LogSide {
  /** The session whose alone the conversation is, by its key. */
  alone: string | undefined;
}

/** The other end of an MCP conversation, in either era: `modern/` and `legacy/` differ in all but this. */
export interface Peer {
  /** Of a legacy upstream only. */
  readonly asking?: AskingSide;
  /** Absent where no log messages come. */
  readonly logs?: LogSide;
  /** As the upstream said last. */
  identity: PeerIdentity;
  readonly closed: boolean;
  /** Calls it works on, and other uses that keep it from being closed for idleness. */
  readonly uses: number;
  /** Monotonic ms of the last use. */
  readonly usedAtMs: number;
  /** Sends the call; its answer or failure reaches the call itself. */
  start(call: OpenCall): void;
  /** Sends one of the gateway's own requests, `tools/list` for example. Rejects only when there is no answer. */
  request(method: string, params: object, timeoutMs: number): Promise<Response>;
  /** Subscribes to changes of lists and resources. Replaces what was watched before. */
  watch(watched: Watched): void;
  /** Resolves once the upstream has confirmed all that is watched, or will not. */
  watching(): Promise<void>;
  /** Subscribes to changes of tasks. Returns the function that ends it. */
  followTasks(listener: TaskListener): () => void;
  /** No more calls will come: followers go elsewhere. */
  retire(): void;
  close(): Promise<void>;
}

/** Listens to changes of tasks. */
export interface TaskListener {
  readonly taskIds: readonly string[];
  /** Of the client whose tasks they are. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The upstream sends changes of these tasks; the others have to be polled. */
  onAcknowledged(taskIds: readonly string[]): void;
  /** A task has changed; `null` where it has to be read. */
  onUpdate(taskId: string, task: string | null): void;
  /** No more changes will come. */
  onEnd(): void;
}

export interface Watched {
  readonly lists: boolean;
  readonly uris: readonly string[];
}

export const NOTHING_WATCHED: Watched = { lists: false, uris: [] };
