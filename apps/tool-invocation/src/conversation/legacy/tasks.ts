import type { RoutedCall } from '#contracts/tool-invocation/execute-call.request';
import {
  asObject,
  appendMembers,
  declaresTasks,
  type IncomingRequest,
  type IncomingResult,
  resultParts,
  runsLegacyTasks,
  taskProblem,
} from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import { KeptTask, type TaskSession } from './task.js';
import { invalidAnswer } from '../upstream-error.js';
import type { TaskEars } from '../peer.js';

type Json = Readonly<Record<string, unknown>>;

/** What is asked of an upstream; it may say less. */
const TTL_MS = 3_600_000;
const KEPT_MAX = 256;
const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/**
 * The tasks of one session with an upstream of 2025-11-25, for clients that know those of the extension: a tool call
 * becomes one, `tasks/get` brings what `tasks/result` has to be asked for there, and questions wait for `tasks/update`.
 * For a client that knows no tasks the gateway sees a task through to its end.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks
 */
export class LegacyTasks {
  private readonly kept = new Map<string, KeptTask>();
  private readonly ears = new Set<TaskEars>();
  /** Calls whose clients know no tasks, by the progress token they began with. */
  private readonly seen = new Map<number, OpenCall>();
  private isEnded = false;

  constructor(private readonly session: TaskSession) {}

  /** Tasks, and who follows them: they keep the session from being ended for idleness. */
  get size(): number {
    const nowMs = Date.now();
    for (const task of this.kept.values()) if (task.expiresAtMs <= nowMs) this.drop(task);
    return this.isEnded ? 0 : this.kept.size + this.ears.size;
  }

  /** Is this a call that has to be made, or is better made, as a task? */
  wants({ call: { method, taskSupport, client } }: OpenCall): boolean {
    if (method !== 'tools/call' || taskSupport === undefined) return false;
    if (!runsLegacyTasks(this.session.identity.capabilities)) return false;
    return taskSupport === 'required' || declaresTasks(client.capabilities);
  }

  /** Makes the call as a task. */
  begin(open: OpenCall, paramsText: string): void {
    const call = this.session.send(open, {
      paramsText: appendMembers(paramsText, `"task":{"ttl":${TTL_MS}}`),
      take: (message) => this.begun(open, message, call?.exchange.id),
    });
  }

  /** Whose progress a token stands for. */
  callOf(progressToken: number): OpenCall | undefined {
    return this.seen.get(progressToken);
  }

  /** `tasks/get`, `tasks/update` and `tasks/cancel` of a client. */
  operate(open: OpenCall): void {
    const { method, target } = open.call;
    if (method === 'tasks/get') return this.look(open, (task) => this.tell(open, task));
    const task = this.kept.get(target);
    if (method === 'tasks/update') {
      task?.answer(asObject(asObject(JSON.parse(open.paramsText)).inputResponses));
      return this.look(open, () => acknowledge(open));
    }
    task?.refuseAsks('The task was cancelled');
    this.cancel(open, () => this.look(open, () => acknowledge(open)));
  }

  /** Who a question that names its task is put to. */
  askedBy({ params }: IncomingRequest): KeptTask | undefined {
    const { taskId } = asObject(asObject(params._meta)[RELATED_TASK]);
    return typeof taskId === 'string' ? this.kept.get(taskId) : undefined;
  }

  follow(ears: TaskEars): () => void {
    this.ears.add(ears);
    ears.told([]);
    return () => this.ears.delete(ears);
  }

  changed(taskId: unknown): void {
    if (typeof taskId !== 'string') return;
    for (const ears of this.ears) if (ears.taskIds.includes(taskId)) ears.changed(taskId, null);
  }

  /** The session is gone, or nobody comes here any more. */
  end(): void {
    this.isEnded = true;
    for (const ears of this.ears) ears.ended();
    this.ears.clear();
  }

  private begun(open: OpenCall, message: IncomingResult, progressToken: number | undefined): void {
    const { task } = message.result;
    const { meta } = resultParts(message);
    // The upstream may have answered at once.
    if (task === undefined) return this.session.give(open, message);
    const problem = taskProblem(asObject(task));
    if (problem !== null) throw invalidAnswer(problem);
    const { taskId } = task as { taskId: string };
    if (!declaresTasks(open.call.client.capabilities)) return this.seeThrough(open, taskId, progressToken);
    this.keep(open.call, asObject(task));
    open.answer({ kind: 'task', ...(meta && { meta }), keeper: 'session' }, modernTask(asObject(task), {}));
  }

  /** Its questions are the call's own, and its result the call's answer. */
  private seeThrough(open: OpenCall, taskId: string, progressToken: number | undefined): void {
    for (const [token, call] of this.seen) if (call.ended) this.seen.delete(token);
    if (progressToken !== undefined && open.wantsProgress) this.seen.set(progressToken, open);
    this.session.send(open, {
      method: 'tasks/result',
      paramsText: JSON.stringify({ taskId }),
      cancel: () => this.session.tell('tasks/cancel', { taskId }),
      take: (message) => this.session.give(open, message),
    });
  }

  /** Asks how the task is; an error is the answer. */
  private look(open: OpenCall, then: (task: Json) => void | Promise<void>): void {
    const { target: taskId } = open.call;
    this.session.send(open, {
      method: 'tasks/get',
      paramsText: JSON.stringify({ taskId }),
      cancel: () => {},
      take: ({ result }) => {
        const problem = taskProblem(result);
        if (problem !== null) throw invalidAnswer(problem);
        return then(result);
      },
    });
  }

  /** The upstream need not obey, and there is nothing wrong with cancelling what is over. */
  private cancel(open: OpenCall, then: () => void): void {
    if (!asObject(this.session.identity.capabilities.tasks).cancel) return then();
    const paramsText = JSON.stringify({ taskId: open.call.target });
    this.session.send(open, { method: 'tasks/cancel', paramsText, cancel: () => {}, take: then, refused: then });
  }

  private async tell(open: OpenCall, told: Json): Promise<void> {
    const task = this.kept.get(open.call.target) ?? this.keep(open.call, told);
    if (told.status === 'completed' || told.status === 'failed') {
      const { outcome, text } = await task.outcome();
      return open.answer({ kind: 'result' }, appendMembers(modernTask(told, { status: outcome }), text));
    }
    if (told.status !== 'input_required') return open.answer({ kind: 'result' }, modernTask(told, {}));
    task.outcome().catch(() => {});
    const asks = await task.asked();
    const status = asks === '{}' ? 'working' : 'input_required';
    const text = modernTask(told, { status });
    open.answer({ kind: 'result' }, asks === '{}' ? text : appendMembers(text, `"inputRequests":${asks}`));
  }

  private keep(call: RoutedCall, { taskId, ttl }: Json): KeptTask {
    const lifeMs = typeof ttl === 'number' ? Math.min(ttl, TTL_MS) : TTL_MS;
    const id = taskId as string;
    const task = new KeptTask(this.session, call, id, Date.now() + lifeMs, () => this.changed(id));
    if (this.kept.size >= KEPT_MAX) this.drop(this.kept.values().next().value as KeptTask);
    this.kept.set(id, task);
    return task;
  }

  /** It is not lost: whoever has its id may go on asking the upstream. */
  private drop(task: KeptTask): void {
    this.kept.delete(task.id);
    task.close();
  }
}

const modernTask = (task: Json, { status = task.status }: { status?: unknown }): string => {
  const { taskId, statusMessage, createdAt, lastUpdatedAt, ttl, pollInterval } = task;
  const now = new Date().toISOString();
  return JSON.stringify({
    taskId,
    status,
    ...(typeof statusMessage === 'string' && { statusMessage }),
    createdAt: typeof createdAt === 'string' ? createdAt : now,
    lastUpdatedAt: typeof lastUpdatedAt === 'string' ? lastUpdatedAt : now,
    ttlMs: typeof ttl === 'number' && ttl > 0 ? Math.ceil(ttl) : null,
    ...(typeof pollInterval === 'number' && pollInterval > 0 && { pollIntervalMs: Math.ceil(pollInterval) }),
  });
};

const acknowledge = (open: OpenCall): void => open.answer({ kind: 'result' }, '{}');
