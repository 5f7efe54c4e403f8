import type { Questions, ServedTask } from '#libs/a2a';
import type { Cache } from '#libs/storage';

/** A call that waits for the answer to what it asks. */
export interface PendingCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly questions: Questions;
  readonly requestState: string | null;
}

/** What is kept of a task. */
export interface TaskRecord {
  readonly task: ServedTask;
  /** Absent while it works, and where it waits to be told which tool to run. */
  readonly pending?: PendingCall;
}

/** Whose a task is: nobody else finds it. */
export interface TaskOwner {
  readonly principalId: string;
  readonly serverId: string | null;
}

/** How long a task can be asked for after it changed. */
const TTL_MS = 600_000;
/** Of one task. */
const KEPT_CHARS_MAX = 262_144;
/** Of one caller within `TTL_MS`: what comes beyond is run all the same, and cannot be asked for. */
const TASKS_MAX = 1_000;
const TRIES_MAX = 5;

const TOO_LARGE = {
  kind: 'text',
  text: 'What was made is too large to be kept: it was told once, to who waited for it.',
} as const;

/** The tasks of virtual servers as agents, where every replica finds them. */
export class TaskStore {
  constructor(private readonly cache: Cache) {}

  async find(owner: TaskOwner, id: string): Promise<TaskRecord | null> {
    const text = await this.cache.get(keyOf(owner, id));
    return text === null ? null : (JSON.parse(text) as TaskRecord);
  }

  async begin(owner: TaskOwner, record: TaskRecord): Promise<void> {
    const count = await this.cache.increment(`ingress:a2a-tasks:${owner.principalId}`, TTL_MS);
    if (count <= TASKS_MAX) await this.cache.set(keyOf(owner, record.task.id), keptText(record), TTL_MS);
  }

  /** Puts a task on, unless `may` says otherwise of what it is by now. False: it was not kept, or may not. */
  async change(owner: TaskOwner, record: TaskRecord, may: (task: ServedTask) => boolean): Promise<boolean> {
    const key = keyOf(owner, record.task.id);
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const text = await this.cache.get(key);
      if (text === null || !may((JSON.parse(text) as TaskRecord).task)) return false;
      if (await this.cache.compareAndSet(key, text, keptText(record), TTL_MS)) return true;
    }
    return false;
  }
}

const keyOf = ({ principalId, serverId }: TaskOwner, id: string): string =>
  `ingress:a2a-task:${JSON.stringify([serverId, principalId, id])}`;

const keptText = (record: TaskRecord): string => {
  const text = JSON.stringify(record);
  if (text.length <= KEPT_CHARS_MAX) return text;
  return JSON.stringify({ task: { ...record.task, made: [], said: [TOO_LARGE] } } satisfies TaskRecord);
};
