import {
  artifactText,
  isOver,
  type Part,
  questionParts,
  resultParts,
  sentText,
  type ServedTask,
  statusText,
  type A2aVersion,
  type TaskState,
} from '#libs/a2a';
import { asObject, type JsonParts, joined } from '#libs/mcp';
import type { HttpReply, Reply } from '#libs/mcp-http';
import type { Logger } from '#libs/telemetry';
import { answeredResponse } from './refusal.js';
import type { TaskOwner, TaskRecord, TaskStore } from './task-store.js';
import type { ToolCall } from './tool-call.js';

/** What a client waits for: the end, each step of the way, or nothing. */
export type Waits = 'send' | 'stream' | 'detached';

export interface TaskReplyParts {
  readonly http: HttpReply;
  readonly waits: Waits;
  readonly version: A2aVersion;
  /** Of the request, as it was written. */
  readonly idText: string;
  readonly owner: TaskOwner;
  readonly tasks: TaskStore;
  readonly call: ToolCall;
  /** The tool that the call runs. */
  readonly tool: string | undefined;
  /** As it was kept before the call, where it is kept already. */
  readonly before: TaskRecord | null;
  readonly logger: Logger;
}

/** Makes of what becomes of a call what becomes of a task, for whoever waits for it and for whoever asks later. */
export class TaskReply implements Reply {
  readonly streams = true;
  private hasBegun = false;
  private hasEnded = false;
  private kept: Promise<unknown> = Promise.resolve();

  constructor(
    private task: ServedTask,
    private readonly parts: TaskReplyParts,
  ) {}

  get answerBytes(): number {
    return this.parts.http.answerBytes;
  }

  /** Up to here a failure is the answer to the request; from here on it is the end of the task. */
  underWay(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    const { http, waits, version, tasks, owner, tool, before } = this.parts;
    this.task = { ...this.task, state: 'working', said: [], at: new Date().toISOString() };
    if (before === null) this.keep(() => tasks.begin(owner, { task: this.task, tool }));
    const told = this.response(sentText(this.task, version));
    if (waits === 'stream') void http.send(told);
    if (waits === 'detached') http.finish(told, 200);
  }

  waits(): void {
    this.parts.http.waits();
  }

  goesOn(): void {
    this.parts.http.goesOn();
  }

  /** Progress is what is said of the work. */
  send(message: string): void | Promise<void> {
    const { http, waits, version } = this.parts;
    if (waits !== 'stream' || this.hasEnded) return;
    const { method, params } = JSON.parse(message) as { method: string; params?: unknown };
    if (method !== 'notifications/progress') return;
    const { message: words, progress, total } = asObject(params);
    const text =
      typeof words === 'string' ? words : `${Number(progress)}${total === undefined ? '' : ` of ${Number(total)}`}`;
    const task = { ...this.task, said: [{ kind: 'text', text } as const], at: new Date().toISOString() };
    return http.send(this.response(statusText(task, version, false)));
  }

  finish(message: JsonParts, httpStatus: number, headers?: Readonly<Record<string, string>>): void {
    const { result, error } = JSON.parse(joined(message)) as { result?: unknown; error?: unknown };
    if (error === undefined) return this.settle(asObject(result));
    const { http, idText } = this.parts;
    if (!this.hasBegun) {
      this.putBack();
      return http.finish(answeredResponse(idText, error), httpStatus, headers);
    }
    const { message: words } = asObject(error);
    this.end('failed', { said: typeof words === 'string' ? [{ kind: 'text', text: words }] : [] });
  }

  abandon(): void {
    if (this.hasBegun) this.end('canceled', {});
    else {
      this.putBack();
      this.parts.http.abandon();
    }
  }

  unsent(): Promise<void> | null {
    return this.parts.http.unsent();
  }

  ask(): void {}

  hold(): void {}

  pause(): void {}

  correlate(correlationId: string): void {
    this.parts.http.correlate(correlationId);
  }

  /** Nothing has run: the task waits as it did. */
  private putBack(): void {
    const { before, tasks, owner } = this.parts;
    if (before !== null) this.keep(() => tasks.change(owner, before, ({ state }) => state === 'working'));
  }

  private settle(result: Readonly<Record<string, unknown>>): void {
    if (result.resultType === 'input_required') {
      const questions = asObject(result.inputRequests);
      const requestState = typeof result.requestState === 'string' ? result.requestState : null;
      const { tool, arguments: args } = this.parts.call;
      const pending = { tool, arguments: args, questions, requestState };
      return this.end('input-required', { said: questionParts(questions), pending });
    }
    const made = resultParts(result);
    if (result.isError === true) this.end('failed', { said: made });
    else this.end('completed', { made });
  }

  private end(
    state: TaskState,
    {
      said = [],
      made = [],
      pending,
    }: { said?: readonly Part[]; made?: readonly Part[]; pending?: TaskRecord['pending'] },
  ): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const { tasks, owner, tool } = this.parts;
    const task = { ...this.task, state, said, made, at: new Date().toISOString() };
    const record = { task, tool, pending };
    let ended = task;
    this.keep(async () => {
      if (await tasks.change(owner, record, (now) => !isOver(now.state))) return;
      // Somebody has cancelled it meanwhile.
      ended = (await tasks.find(owner, task.id))?.task ?? task;
    });
    void this.kept.then(() => this.tellEnd(ended));
  }

  private tellEnd(task: ServedTask): void {
    const { http, waits, version } = this.parts;
    if (waits === 'detached') return;
    if (waits === 'send') return http.finish(this.response(sentText(task, version)), 200);
    if (task.made.length > 0) void http.send(this.response(artifactText(task, version)));
    http.finish(this.response(statusText(task, version, true)), 200);
  }

  /** One after the other. A store that is away costs later requests, not this one. */
  private keep(write: () => Promise<unknown>): void {
    this.kept = this.kept
      .then(write)
      .catch((error: unknown) => this.parts.logger.warn({ err: error }, 'a task of an agent is not kept'));
  }

  private response(result: string): string {
    return `{"jsonrpc":"2.0","id":${this.parts.idText},"result":${result}}`;
  }
}
