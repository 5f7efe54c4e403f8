import { randomUUID } from 'node:crypto';
import { fail } from '#libs/errors';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { type IncomingError, type IncomingResult, relayedMeta, resultWithMeta } from '#libs/mcp';
import { childTraceparent } from '#libs/telemetry';
import { OpenCall } from '../../call/open-call.js';
import { inputRequestsText, type ServerRequest } from '../../call/server-request.js';
import type { RequestOverrides } from './call.js';
import type { PeerIdentity } from '../peer.js';
import { ownerOf } from '../../call/owner.js';

type Json = Readonly<Record<string, unknown>>;
type Answer = IncomingResult | IncomingError;

/** What a session does for its tasks. */
export interface TaskSession {
  readonly identity: PeerIdentity;
  send(open: OpenCall, overrides: RequestOverrides): { readonly exchange: { readonly id: number } } | undefined;
  give(open: OpenCall, message: Answer): void;
  fireAndForget(method: string, params: object): Promise<void>;
}

const SERVER_REQUESTS_MAX = 32;
/** How long a task that wants input may take to say what it wants. */
const INPUT_WAIT_MS = 1_000;
const COLLECTING_MS = 15;

/** What a finished task has come to, as members of the extension's task. */
interface Outcome {
  readonly outcome: 'completed' | 'failed';
  readonly text: string;
}

/** A task of an upstream of 2025-11-25: its requests to the client, and its result. */
export class LegacyTask {
  /** Its questions are those of the call that it was made of. */
  readonly owner: string;
  isOver = false;
  private readonly requests = new Map<string, ServerRequest>();
  /** Makes keys that no other instance gives out, should the task come to belong to another one. */
  private readonly mark = randomUUID().slice(0, 8);
  private requestCount = 0;
  private reading: Promise<Outcome> | undefined;
  private onInput: (() => void) | undefined;
  private stream: OpenCall | undefined;

  constructor(
    private readonly session: TaskSession,
    readonly call: UpstreamCall,
    readonly id: string,
    readonly expiresAtMs: number,
    private readonly changed: () => void,
  ) {
    this.owner = ownerOf(call);
  }

  /** Takes a request of the upstream; it waits for `tasks/update`. */
  serverRequest(request: Omit<ServerRequest, 'key'>): void {
    if (this.requests.size >= SERVER_REQUESTS_MAX) return request.refuse('Too many questions at once');
    const key = `input_${this.mark}_${++this.requestCount}`;
    this.requests.set(key, { ...request, key });
    this.onInput?.();
    this.changed();
  }

  /** Passes on what the client answers; what answers no request is ignored. */
  answer(responses: Json): void {
    for (const [key, response] of Object.entries(responses)) {
      const request = this.requests.get(key);
      if (request === undefined || typeof response !== 'object' || response === null) continue;
      this.requests.delete(key);
      request.reply(JSON.stringify(response));
    }
  }

  refuseRequests(reason: string): void {
    for (const request of this.requests.values()) request.refuse(reason);
    this.requests.clear();
  }

  /** The requests without an answer, as `inputRequests`. Waits a little: several may come together. */
  async inputRequests(): Promise<string> {
    if (this.requests.size === 0) {
      await new Promise<void>((resolve) => {
        this.onInput = resolve;
        setTimeout(resolve, INPUT_WAIT_MS);
      });
      if (this.requests.size > 0) await new Promise((resolve) => setTimeout(resolve, COLLECTING_MS));
    }
    return inputRequestsText(this.requests.values());
  }

  /** Waits for the end of the task. The upstream also sends its requests on the stream on which the end comes. */
  outcome(): Promise<Outcome> {
    this.reading ??= this.read().finally(() => {
      // A result may be large; it is read from the upstream again when it is wanted again.
      this.reading = undefined;
      this.refuseRequests('The task has ended');
    });
    return this.reading;
  }

  close(): void {
    this.stream?.cancel(fail('bus.cancelled', { executed: 'unknown' }), 'the task has expired');
  }

  private async read(): Promise<Outcome> {
    const open = new OpenCall({ ...this.call, callId: randomUUID(), wantsProgress: false }, '{}', childTraceparent());
    this.stream = open;
    const ended = open.next();
    let outcome: Outcome | undefined;
    const take = (message: Answer): void => {
      outcome = outcomeOf(message);
      this.isOver = true;
      open.answer({ kind: 'result' });
    };
    const paramsText = JSON.stringify({ taskId: this.id });
    this.session.send(open, {
      method: 'tasks/result',
      owner: this.owner,
      paramsText,
      onCancel: () => {},
      onResult: take,
      onError: take,
      onServerRequest: (request) => this.serverRequest(request),
    });
    await ended.finally(() => open.held.release());
    return outcome as Outcome;
  }
}

/** A tool that says it failed has completed; what has failed ends with an error. */
const outcomeOf = (message: Answer): Outcome =>
  message.kind === 'error'
    ? { outcome: 'failed', text: `"error":${JSON.stringify(message.error)}` }
    : { outcome: 'completed', text: `"result":${resultWithMeta(message.text, relayedMeta)}` };
