import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import {
  asObject,
  appendMembers,
  declaresTasks,
  type IncomingRequest,
  type IncomingResult,
  resultHead,
  runsLegacyTasks,
  taskProblem,
} from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import { LegacyTask, type TaskSession } from './task.js';
import { invalidAnswer } from '../upstream-error.js';
import type { TaskListener } from '../peer.js';

type Json = Readonly<Record<string, unknown>>;

/** What is asked of an upstream; it may say less. */
const TTL_MS = 3_600_000;
const TASKS_MAX = 256;
const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/**
 * The tasks of one session with an upstream of 2025-11-25, for clients that know those of the extension: a tool call
 * becomes one, `tasks/get` brings what `tasks/result` has to be asked for there, and questions wait for `tasks/update`.
 * For a client that knows no tasks the gateway sees a task through to its end.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks
 */
export class LegacyTasks {
  private readonly tasks = new Map<string, LegacyTask>();
  private readonly listeners = new Set<TaskListener>();
  /** Calls whose clients know no tasks, by the progress token they began with. */
  private readonly seen = new Map<number, OpenCall>();
  private isEnded = false;

  constructor(private readonly session: TaskSession) {}

  /** Tasks and their followers: they keep the session from being closed for idleness. */
  get size(): number {
    const nowMs = Date.now();
    for (const task of this.tasks.values()) if (task.expiresAtMs <= nowMs) this.drop(task);
    return this.isEnded ? 0 : this.tasks.size + this.listeners.size;
  }

  keeps(taskId: string): boolean {
    return this.tasks.has(taskId);
  }

  /** Whose tasks may still raise questions. */
  *unfinishedOwners(): Generator<string> {
    for (const task of this.tasks.values()) if (!task.isOver) yield task.owner;
  }

  /** Whether a call has to be made, or is better made, as a task. */
  wants({ call: { method, taskSupport, client } }: OpenCall): boolean {
    if (method !== 'tools/call' || taskSupport === undefined) return false;
    if (!runsLegacyTasks(this.session.identity.capabilities)) return false;
    return taskSupport === 'required' || declaresTasks(client.capabilities);
  }

  /** Makes the call as a task. */
  begin(open: OpenCall, paramsText: string): void {
    const call = this.session.send(open, {
      paramsText: appendMembers(paramsText, `"task":{"ttl":${TTL_MS}}`),
      onResult: (message) => this.begun(open, message, call?.exchange.id),
    });
  }

  /** The call that a progress token belongs to. */
  callOf(progressToken: number): OpenCall | undefined {
    return this.seen.get(progressToken);
  }

  /** `tasks/get`, `tasks/update` and `tasks/cancel` of a client. */
  operate(open: OpenCall): void {
    const { method, target } = open.call;
    if (method === 'tasks/get') return this.read(open, (task) => this.answer(open, task));
    const task = this.tasks.get(target);
    if (method === 'tasks/update') {
      task?.answer(asObject(asObject(JSON.parse(open.paramsText)).inputResponses));
      return this.read(open, () => acknowledge(open));
    }
    task?.refuseRequests('The task was cancelled');
    this.cancel(open, () => this.read(open, () => acknowledge(open)));
  }

  /** The task that a request of the upstream names. */
  taskOf({ params }: IncomingRequest): LegacyTask | undefined {
    const { taskId } = asObject(asObject(params._meta)[RELATED_TASK]);
    return typeof taskId === 'string' ? this.tasks.get(taskId) : undefined;
  }

  follow(listener: TaskListener): () => void {
    this.listeners.add(listener);
    listener.onAcknowledged([]);
    return () => this.listeners.delete(listener);
  }

  changed(taskId: unknown): void {
    if (typeof taskId !== 'string') return;
    for (const listener of this.listeners) if (listener.taskIds.includes(taskId)) listener.onUpdate(taskId, null);
  }

  /** The session is lost, or gets no more calls. */
  end(): void {
    this.isEnded = true;
    for (const listener of this.listeners) listener.onEnd();
    this.listeners.clear();
  }

  private begun(open: OpenCall, message: IncomingResult, progressToken: number | undefined): void {
    const { task } = message.result;
    const { meta } = resultHead(message);
    // The upstream may have answered at once.
    if (task === undefined) return this.session.give(open, message);
    const problem = taskProblem(asObject(task));
    if (problem !== null) throw invalidAnswer(problem);
    const { taskId } = task as { taskId: string };
    if (!declaresTasks(open.call.client.capabilities)) return this.seeThrough(open, taskId, progressToken);
    this.keep(open.call, asObject(task));
    open.answer({ kind: 'task', ...(meta && { meta }), affinity: 'session' }, modernTask(asObject(task), {}));
  }

  /** The requests of the task become requests of the call, and its result the answer of the call. */
  private seeThrough(open: OpenCall, taskId: string, progressToken: number | undefined): void {
    for (const [token, call] of this.seen) if (call.ended) this.seen.delete(token);
    if (progressToken !== undefined && open.wantsProgress) this.seen.set(progressToken, open);
    this.session.send(open, {
      method: 'tasks/result',
      paramsText: JSON.stringify({ taskId }),
      follows: true,
      onCancel: () => void this.session.fireAndForget('tasks/cancel', { taskId }),
      onResult: (message) => this.session.give(open, message),
    });
  }

  /** Reads the task; an error of the upstream answers the call. */
  private read(open: OpenCall, then: (task: Json) => void | Promise<void>): void {
    const { target: taskId } = open.call;
    this.session.send(open, {
      method: 'tasks/get',
      paramsText: JSON.stringify({ taskId }),
      onCancel: () => {},
      onResult: ({ result }) => {
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
    this.session.send(open, { method: 'tasks/cancel', paramsText, onCancel: () => {}, onResult: then, onError: then });
  }

  private async answer(open: OpenCall, read: Json): Promise<void> {
    const task = this.tasks.get(open.call.target) ?? this.keep(open.call, read);
    if (isOver(read.status)) task.isOver = true;
    if (read.status === 'completed' || read.status === 'failed') {
      const { outcome, text } = await task.outcome();
      return open.answer({ kind: 'result' }, appendMembers(modernTask(read, { status: outcome }), text));
    }
    if (read.status !== 'input_required') return open.answer({ kind: 'result' }, modernTask(read, {}));
    task.outcome().catch(() => {});
    const requests = await task.inputRequests();
    const isWorking = requests === '{}';
    const text = modernTask(read, { status: isWorking ? 'working' : 'input_required' });
    open.answer({ kind: 'result' }, isWorking ? text : appendMembers(text, `"inputRequests":${requests}`));
  }

  private keep(call: UpstreamCall, { taskId, ttl }: Json): LegacyTask {
    const lifeMs = typeof ttl === 'number' ? Math.min(ttl, TTL_MS) : TTL_MS;
    const id = taskId as string;
    const task = new LegacyTask(this.session, call, id, Date.now() + lifeMs, () => this.changed(id));
    if (this.tasks.size >= TASKS_MAX) this.drop(this.tasks.values().next().value as LegacyTask);
    this.tasks.set(id, task);
    return task;
  }

  /** The task is not lost: whoever has its id may go on asking the upstream. */
  private drop(task: LegacyTask): void {
    this.tasks.delete(task.id);
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

const isOver = (status: unknown): boolean => status === 'completed' || status === 'failed' || status === 'cancelled';

const acknowledge = (open: OpenCall): void => open.answer({ kind: 'result' }, '{}');
