import type { LogLevel } from '#libs/mcp';
import type { PassedContext } from '#libs/telemetry';
import type { Principal } from '../auth/principal.js';
import { defineRequest } from '../define.js';
import type { HeaderParam } from '../registry/catalog.js';

/** The methods of MCP that reach an upstream. */
export type CallMethod =
  | 'tools/call'
  | 'prompts/get'
  | 'resources/read'
  | 'completion/complete'
  | 'tasks/get'
  | 'tasks/update'
  | 'tasks/cancel';

export type { LogLevel };

/** The client a call comes from, as it described itself in this request or in its session. Never trusted. */
export interface CallClient {
  readonly info: Readonly<Record<string, unknown>> | null;
  /** ClientCapabilities, already cut down to what the gateway can relay. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The protocol revision the client speaks. */
  readonly revision: string;
  /** The same for all calls of one session. Absent where the client has none. */
  readonly key?: string;
}

/**
 * Where a task is to be asked for, if not of any instance: `session`, of the one that answered, whose session with the
 * upstream has it (another may find it if the upstream lets it); `instance`, of that one alone.
 */
export type TaskAffinity = 'session' | 'instance';

/** A session at an upstream that is not shared with everybody (`SessionScope`), kept by the instance that is asked. */
export interface DedicatedSession {
  /** Whose it is. */
  readonly key: string;
  /** Whether a new one may take its place unnoticed; else the call fails with `upstream.session_lost`. */
  readonly renewable: boolean;
}

/**
 * A call that knows where it goes. The body is the JSON text of `params` without `_meta`, in the upstream's own names,
 * otherwise as the client wrote it. A retry of an `input_required` upstream answer carries `inputResponses` and
 * `requestState` (the upstream's own) in that body, like any other param.
 */
export interface UpstreamCall {
  readonly callId: string;
  readonly method: CallMethod;
  readonly upstreamId: string;
  /** The upstream's own name or URI of what is called (for completion: of the reference; for tasks: of the task). */
  readonly target: string;
  /** The name or URI the client used; for tasks that of the tool. */
  readonly exposedName: string;
  readonly serverId: string | null;
  readonly principal: { readonly id: string; readonly tokenId: string | null };
  readonly client: CallClient;
  /** Log messages at or above this level are wanted as frames; absent: none. */
  readonly logLevel?: LogLevel;
  readonly wantsProgress: boolean;
  /** `_meta` of the request without the reserved keys, the progress token and the trace context. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** What goes with the trace that the request came in. */
  readonly passedContext?: PassedContext;
  /** By which the client finds its request in the log, where that is not the id of the trace. */
  readonly correlationId?: string;
  readonly headerParams: readonly HeaderParam[];
  /**
   * What goes on to the upstream of the headers that its client sent, by their names in lower case; absent: nothing.
   * Secret. Who sends other values shares no conversation with it.
   */
  readonly passedHeaders?: Readonly<Record<string, string>>;
  /** Of the caller, for an upstream that is shown what it is exchanged for. Encrypted for auth alone. */
  readonly subjectToken?: Principal['subjectToken'];
  readonly dedicatedSession?: DedicatedSession;
  /** Whether the tool may or must run as a task, where it is one of 2025-11-25. */
  readonly taskSupport?: 'optional' | 'required';
  /** A call without an answer after this goes on as a task: only for a client that takes one. */
  readonly taskAfterMs?: number;
  /** Of a `tasks/…` method: who keeps the task. */
  readonly affinity?: TaskAffinity;
  /** Where the client is, for the record alone. */
  readonly address?: string;
  /** Epoch ms at which the gateway had read the request. */
  readonly receivedAtMs: number;
}

/** What may come before the answer. */
export type CallFrame =
  | { readonly kind: 'progress'; readonly progress: number; readonly total?: number; readonly message?: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly logger?: string; readonly data: unknown }
  /** One that MCP does not define; it means whatever the upstream and its client mean by it. */
  | { readonly kind: 'notification'; readonly method: string; readonly params: Readonly<Record<string, unknown>> }
  /** For a client before 2026-07-28: what it was sent to a URL for is done. */
  | { readonly kind: 'elicitation-complete'; readonly elicitationId: string }
  /** The upstream has closed its stream and wants to be asked again after so long; nothing comes before that. */
  | { readonly kind: 'later'; readonly afterMs: number }
  /** There is no place for it at the upstream yet: it waits for its turn. */
  | { readonly kind: 'waits' };

/**
 * The answer. For `result` the body is the JSON text of the result without `_meta`, `resultType`, `ttlMs` and
 * `cacheScope`, which stand here. `input-required` has `inputRequests` (and perhaps the upstream's `requestState`) in
 * its body; with `parked`, a call to a legacy upstream is held open and goes on with `ContinueCall`. `task` has the task
 * in its body, `ttlMs` included, under the id of whoever keeps it; that id is the target of what is done with it.
 */
export type CallAnswer =
  | {
      readonly kind: 'result';
      readonly meta?: Readonly<Record<string, unknown>>;
      readonly ttlMs?: number;
      readonly cacheScope?: 'public' | 'private';
      /** The resources that the result of a tool, or the messages of a prompt, link to. */
      readonly links?: readonly string[];
    }
  | {
      readonly kind: 'input-required';
      readonly meta?: Readonly<Record<string, unknown>>;
      readonly parked?: { readonly round: number };
      /** It is the gateway that asks, for the consent of the caller; said within ingress alone. */
      readonly asksConsent?: true;
    }
  | { readonly kind: 'task'; readonly meta?: Readonly<Record<string, unknown>>; readonly affinity?: TaskAffinity }
  /** The upstream's own JSON-RPC error; -32042 only where all its URLs may be shown to a client. */
  | {
      readonly kind: 'error';
      readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
    };

/** Runs one call against its upstream. Everything that fails on the way is an `upstream.*` or `bus.*` failure. */
export const ExecuteCall = defineRequest<UpstreamCall, CallAnswer, CallFrame>('tool-invocation', 'call.execute', {
  deadlineMs: 60_000,
  sharesHeads: true,
});

/** Gives a parked call the answers it waits for; asked of the instance that parked it. Failure: `mcp.state_invalid`. */
export const ContinueCall = defineRequest<
  {
    readonly callId: string;
    readonly round: number;
    readonly principalId: string;
    /** By the key under which each was asked. */
    readonly inputResponses: Readonly<Record<string, unknown>>;
    /** What the client cannot or will not answer, likewise: the error it gave, which is passed on. */
    readonly refusals?: Readonly<Record<string, { readonly code: number; readonly message: string }>>;
    readonly logLevel?: LogLevel;
    readonly wantsProgress: boolean;
  },
  CallAnswer,
  CallFrame
>('tool-invocation', 'call.continue', { deadlineMs: 60_000 });

/**
 * Stays with a parked call while the asker puts its questions to the client: when the asker goes, the call goes with it.
 * Answers once the call is no longer parked in that round. Asked of the instance that parked it. A call of a client
 * before 2026-07-28 that nobody stays with is not kept for long. Failure: `mcp.state_invalid`.
 */
export const LeaseParkedCall = defineRequest<
  { readonly callId: string; readonly round: number; readonly principalId: string },
  { readonly over: true }
>('tool-invocation', 'parked-call.lease', { deadlineMs: 24 * 3_600_000 });
