import { randomUUID } from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;

export interface TaskError {
  readonly code: number;
  readonly message: string;
}

/** Thrown by a tool: the task fails with it, instead of completing. */
export class TaskFailure extends Error {
  constructor(readonly error: TaskError) {
    super(error.message);
  }
}

/** What a tool has at hand while it runs as a task. */
export interface TaskRun {
  readonly signal: AbortSignal;
  /** Puts a request to the client, under a key that is unique in the task. */
  ask(key: string, request: Json): Promise<Json>;
}

export type TaskWork = (run: TaskRun) => Promise<Json>;

const TTL_MS = 600_000;
const POLL_INTERVAL_MS = 100;

/** One task, told of in the words of the extension (`describe`) or of 2025-11-25 (`describeLegacy`). */
export class Task {
  readonly id = randomUUID();
  status: 'working' | 'input_required' | 'completed' | 'cancelled' | 'failed' = 'working';
  result: Json | undefined;
  error: TaskError | undefined;
  readonly asked = new Map<string, { readonly request: Json; readonly answer: (response: Json) => void }>();
  readonly onChange = new Set<() => void>();
  private readonly createdAt = new Date().toISOString();
  private lastUpdatedAt = this.createdAt;
  private readonly control = new AbortController();

  constructor(
    work: TaskWork,
    private readonly forgotten: () => void,
  ) {
    const ask = (key: string, request: Json): Promise<Json> =>
      new Promise((resolve) => {
        this.asked.set(key, { request, answer: resolve });
        this.become('input_required');
      });
    // Not before whoever created it has heard of it.
    setTimeout(() => {
      work({ signal: this.control.signal, ask }).then(
        (result) => this.end('completed', { result }),
        (thrown: unknown) => {
          const error = thrown instanceof TaskFailure ? thrown.error : { code: -32_603, message: String(thrown) };
          this.end('failed', { error });
        },
      );
    }, 0);
    setTimeout(() => this.forgotten(), TTL_MS).unref();
  }

  get isOver(): boolean {
    return this.status === 'completed' || this.status === 'cancelled' || this.status === 'failed';
  }

  update(responses: Json): void {
    for (const [key, response] of Object.entries(responses)) {
      const asked = this.asked.get(key);
      if (asked === undefined || this.isOver) continue;
      this.asked.delete(key);
      asked.answer(response as Json);
    }
    if (this.asked.size === 0 && this.status === 'input_required') this.become('working');
  }

  cancel(): void {
    this.end('cancelled', {});
    this.control.abort();
  }

  describe(): Json {
    const { id: taskId, status, createdAt, lastUpdatedAt } = this;
    return { taskId, status, createdAt, lastUpdatedAt, ttlMs: TTL_MS, pollIntervalMs: POLL_INTERVAL_MS };
  }

  describeInFull(): Json {
    const inputRequests = Object.fromEntries([...this.asked].map(([key, { request }]) => [key, request]));
    return {
      ...this.describe(),
      ...(this.status === 'input_required' && { inputRequests }),
      ...(this.status === 'completed' && { result: this.result }),
      ...(this.status === 'failed' && { error: this.error }),
    };
  }

  describeLegacy(): Json {
    const { id: taskId, status, createdAt, lastUpdatedAt } = this;
    // A tool that says it failed has failed, in 2025-11-25.
    const told = status === 'completed' && this.result?.['isError'] === true ? 'failed' : status;
    return { taskId, status: told, createdAt, lastUpdatedAt, ttl: TTL_MS, pollInterval: POLL_INTERVAL_MS };
  }

  private end(status: Task['status'], how: { result?: Json; error?: TaskError }): void {
    if (this.isOver) return;
    this.result = how.result;
    this.error = how.error;
    this.asked.clear();
    this.become(status);
  }

  private become(status: Task['status']): void {
    this.status = status;
    this.lastUpdatedAt = new Date().toISOString();
    for (const tell of this.onChange) tell();
  }
}

/** The tasks of one fixture, whichever wire they came over. */
export class Tasks {
  private readonly tasks = new Map<string, Task>();

  create(work: TaskWork): Task {
    const task = new Task(work, () => this.tasks.delete(task.id));
    this.tasks.set(task.id, task);
    return task;
  }

  find(id: unknown): Task | undefined {
    return typeof id === 'string' ? this.tasks.get(id) : undefined;
  }

  close(): void {
    for (const task of this.tasks.values()) task.cancel();
    this.tasks.clear();
  }
}
