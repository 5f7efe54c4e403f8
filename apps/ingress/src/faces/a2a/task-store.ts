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
  /** The tool that it runs, as its caller has it; absent: none yet. */
  readonly tool?: string | undefined;
  /** Absent while it works, and where it waits to be told which tool to run. */
  readonly pending?: PendingCall | undefined;
}

/** Whose a task is: nobody else finds it. */
export interface TaskOwner {
  readonly principalId: string;
  readonly serverId: string | null;
}

/** How long a task can be asked for after it changed. */
const TTL_MS = 600_000;
/** The same where its caller has too much: so that nothing is kept up by changing it. */
const BEYOND_TTL_MS = 60_000;
/** Of one task. */
const KEPT_CHARS_MAX = 262_144;
/** Of one caller within `TTL_MS`: what comes beyond is run all the same, and cannot be asked for. */
const TASKS_MAX = 1_000;
/** All that is written for one caller within `TTL_MS`: beyond it a task is kept without its parts. */
const WRITTEN_BYTES_MAX = 8 * 1_048_576;
/** What keeping a task takes beside its text. */
const OVERHEAD_BYTES = 512;
const TRIES_MAX = 5;

const TOO_LARGE = 'What was made is too large to be kept: it was told once, to who waited for it.';
const TOO_MUCH = 'Too much is kept for this caller: what was said and made was told once, to who waited for it.';

/** The tasks of virtual servers as agents, where every replica finds them. */
export class TaskStore {
  constructor(private readonly cache: Cache) {}

  async find(owner: TaskOwner, id: string): Promise<TaskRecord | null> {
    const text = await this.cache.get(keyOf(owner, id));
    return text === null ? null : (JSON.parse(text) as TaskRecord);
  }

  async begin(owner: TaskOwner, record: TaskRecord): Promise<void> {
    const count = await this.cache.increment(`ingress:a2a-tasks:${owner.principalId}`, TTL_MS);
    if (count > TASKS_MAX) return;
    const { text, ttlMs } = await this.counted(owner, record);
    await this.cache.set(keyOf(owner, record.task.id), text, ttlMs);
  }

  /** Puts a task on, unless `may` says otherwise of what it is by now. False: it was not kept, or may not. */
  async change(owner: TaskOwner, record: TaskRecord, may: (task: ServedTask) => boolean): Promise<boolean> {
    const key = keyOf(owner, record.task.id);
    let next: Counted | undefined;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const text = await this.cache.get(key);
      if (text === null || !may((JSON.parse(text) as TaskRecord).task)) return false;
      next ??= await this.counted(owner, record);
      if (await this.cache.compareAndSet(key, text, next.text, next.ttlMs)) return true;
    }
    return false;
  }

  private async counted({ principalId }: TaskOwner, record: TaskRecord): Promise<Counted> {
    const text = keptText(record);
    const bytes = Buffer.byteLength(text) + OVERHEAD_BYTES;
    const written = await this.cache.increment(`ingress:a2a-bytes:${principalId}`, TTL_MS, bytes);
    return written <= WRITTEN_BYTES_MAX
      ? { text, ttlMs: TTL_MS }
      : { text: withoutParts(record, TOO_MUCH), ttlMs: BEYOND_TTL_MS };
  }
}

interface Counted {
  readonly text: string;
  readonly ttlMs: number;
}

const keyOf = ({ principalId, serverId }: TaskOwner, id: string): string =>
  `ingress:a2a-task:${JSON.stringify([serverId, principalId, id])}`;

const keptText = (record: TaskRecord): string => {
  const text = JSON.stringify(record);
  return text.length <= KEPT_CHARS_MAX ? text : withoutParts(record, TOO_LARGE);
};

const withoutParts = ({ task, tool }: TaskRecord, why: string): string =>
  JSON.stringify({ task: { ...task, made: [], said: [{ kind: 'text', text: why }] }, tool } satisfies TaskRecord);
