import type { CallContext } from '#libs/bus';
import type { TaskNotice } from '#contracts/tool-invocation/watch-tasks.request';

/** The bus request that follows tasks: takes changes, and says when it ends. */
export type FollowerContext = Pick<CallContext<TaskNotice>, 'signal' | 'send'>;

const POLL_MS = 1_000;
const POLL_MS_MAX = 30_000;
/** Between two reads of a task whose changes the upstream sends by itself. */
const SAFETY_MS = 60_000;

/** Reads each task whenever there is reason to, until it is over. One that nobody knows any more is over. */
export const followAll = async (
  tasks: Map<string, FollowedTask>,
  signal: AbortSignal,
  read: (taskId: string) => Promise<string | null>,
): Promise<void> => {
  await Promise.all(
    [...tasks.values()].map(async (task) => {
      task.invalidate();
      while (!signal.aborted && !task.isOver) {
        if (task.isStale) {
          task.markFresh();
          const text = await read(task.taskId);
          if (text === null) task.end();
          else task.notify(text);
        }
        if (!task.isOver) await task.untilDue(signal);
      }
      if (task.isOver) tasks.delete(task.taskId);
    }),
  );
};

const OVER: ReadonlySet<unknown> = new Set(['completed', 'failed', 'cancelled']);

/** One task, and what its follower was last sent of it. */
export class FollowedTask {
  isOver = false;
  isStale = true;
  private lastKey: string;
  private pollMs = POLL_MS;
  private isPushed = false;
  private sending: Promise<void> = Promise.resolve();
  private latest: string | undefined;
  private wake: (() => void) | undefined;

  constructor(
    readonly taskId: string,
    private readonly context: FollowerContext,
  ) {
    // Whoever follows a task takes it to be at work.
    this.lastKey = keyOf({ status: 'working' });
  }

  /** Resolves when it is time to read the task again, or there is a reason to. */
  untilDue(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(() => this.invalidate(), this.isPushed ? SAFETY_MS : this.pollMs);
      this.wake = done;
      if (signal.aborted || this.isOver || this.isStale) done();
      else signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Resolves when its follower has everything. */
  async sent(): Promise<void> {
    await this.sending.catch(() => {});
  }

  markPushed(): void {
    this.isPushed = true;
  }

  invalidate(): void {
    this.isStale = true;
    this.wake?.();
  }

  markFresh(): void {
    this.isStale = false;
  }

  end(): void {
    this.isOver = true;
  }

  /** Sends a change to the follower. While the follower is busy, only the latest change waits. */
  notify(text: string): void {
    const task = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { pollIntervalMs, status } = task;
    if (typeof pollIntervalMs === 'number') this.pollMs = Math.min(Math.max(pollIntervalMs, POLL_MS), POLL_MS_MAX);
    const key = keyOf(task);
    if (this.isOver || key === this.lastKey) return;
    this.lastKey = key;
    this.isOver = OVER.has(status);
    if (this.isOver) this.wake?.();
    const isSending = this.latest !== undefined;
    this.latest = text;
    if (isSending) return;
    this.sending = this.sending.then(async () => {
      const body = this.latest;
      this.latest = undefined;
      await this.context.send({ taskId: this.taskId }, body);
    });
    this.sending.catch(() => {});
  }
}

/** Two states of a task with the same key are the same to its follower. */
const keyOf = ({ status, statusMessage, inputRequests }: Readonly<Record<string, unknown>>): string =>
  JSON.stringify([status, statusMessage, Object.keys((inputRequests ?? {}) as object)]);
