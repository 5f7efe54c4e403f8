import { WithBody } from '#libs/bus';
import type { CallAnswer, UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { heapShare } from '#libs/resilience';
import type { Context, Continuation } from './deferred-task.js';
import { DeferredTask } from './deferred-task.js';

export interface DeferredTaskSettings {
  /** How long a task may run and be read. */
  readonly ttlMs: number;
  readonly perPrincipalMax: number;
}

type Reply = WithBody<CallAnswer>;

/** Characters of results that wait for their clients; the oldest give way. */
const KEPT_CHARS_MAX = Math.min(134_217_728, heapShare(1 / 8));
const UNKNOWN = { kind: 'error', error: { code: -32_602, message: 'Unknown task' } } as const;

/**
 * Calls that were turned into tasks because they took long. They live and end with this instance.
 * https://github.com/modelcontextprotocol/ext-tasks
 */
export class DeferredTasks {
  private readonly tasks = new Map<string, DeferredTask>();
  private readonly perPrincipal = new Map<string, number>();

  constructor(
    private readonly settings: DeferredTaskSettings,
    private readonly calls: Continuation,
  ) {}

  get size(): number {
    return this.tasks.size;
  }

  /** Resolves with the answer of a call, or with a task when the answer takes too long. `detach` gives the call a new context. */
  orTask(
    call: UpstreamCall,
    body: string,
    running: Promise<Reply>,
    detach: (context: Context) => void,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const task = this.begin(call, body);
        if (task === undefined) return;
        detach(task.context());
        task.follow(running);
        resolve(new WithBody({ kind: 'task', affinity: 'instance' }, task.describe()));
      }, call.taskAfterMs);
      running.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  /** `tasks/get`, `tasks/update` and `tasks/cancel` of a client. */
  async operate(call: UpstreamCall, context: Context): Promise<Reply> {
    const task = this.find(call.target, call.principal.id);
    if (task === undefined) return new WithBody(UNKNOWN, undefined);
    if (task.upstreamTask !== undefined) {
      const { taskId, affinity } = task.upstreamTask;
      const { affinity: _here, ...there } = call;
      const body = JSON.stringify({ ...(JSON.parse(context.body ?? '{}') as object), taskId });
      const { deadlineAtMs, signal, traceparent } = context;
      const passed = { deadlineAtMs, signal, traceparent, body, send: context.send.bind(context) };
      return this.calls.execute({ ...there, target: taskId, ...(affinity !== undefined && { affinity }) }, passed);
    }
    if (call.method === 'tasks/get') return new WithBody({ kind: 'result' }, task.describe());
    if (call.method === 'tasks/update') task.update(responsesOf(context.body));
    else task.cancel();
    return new WithBody({ kind: 'result' }, '{}');
  }

  find(id: string, principalId: string): DeferredTask | undefined {
    const task = this.tasks.get(id);
    return task?.call.principal.id === principalId ? task : undefined;
  }

  close(): void {
    for (const task of this.tasks.values()) task.cancel();
    this.tasks.clear();
  }

  private begin(call: UpstreamCall, body: string): DeferredTask | undefined {
    const { id: principalId } = call.principal;
    const count = this.perPrincipal.get(principalId) ?? 0;
    if (count >= this.settings.perPrincipalMax) return undefined;
    const task = new DeferredTask(call, body, this.settings.ttlMs, this.calls);
    this.perPrincipal.set(principalId, count + 1);
    this.tasks.set(task.id, task);
    task.onChange.add(() => this.makeRoom());
    setTimeout(() => this.drop(task), this.settings.ttlMs).unref();
    return task;
  }

  private drop(task: DeferredTask): void {
    if (!this.tasks.delete(task.id)) return;
    task.cancel();
    const { id: principalId } = task.call.principal;
    const count = (this.perPrincipal.get(principalId) ?? 1) - 1;
    if (count > 0) this.perPrincipal.set(principalId, count);
    else this.perPrincipal.delete(principalId);
  }

  private makeRoom(): void {
    let chars = 0;
    for (const task of this.tasks.values()) chars += task.size;
    for (const task of this.tasks.values()) {
      if (chars <= KEPT_CHARS_MAX) return;
      if (!task.isOver) continue;
      chars -= task.size;
      this.drop(task);
    }
  }
}

const responsesOf = (body = '{}'): Readonly<Record<string, unknown>> => {
  const { inputResponses } = JSON.parse(body) as { inputResponses?: Readonly<Record<string, unknown>> };
  return inputResponses ?? {};
};
