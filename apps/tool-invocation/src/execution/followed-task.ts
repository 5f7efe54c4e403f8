import type { CallContext } from '#libs/bus';
import type { TaskNotice } from '#contracts/tool-invocation/watch-tasks.request';

/** Whoever follows tasks: where changes are sent, and when nobody wants them any more. */
export type FollowerContext = Pick<CallContext<TaskNotice>, 'signal' | 'send'>;

const POLL_MS = 1_000;
const POLL_MS_MAX = 30_000;
/** Between two looks at a task of which the upstream tells by itself. */
const SAFETY_MS = 60_000;

/** Looks at each task whenever there is reason to, until it is over. One that nobody knows any more is. */
export const lookAfter = async (
  tasks: Map<string, FollowedTask>,
  signal: AbortSignal,
  ask: (taskId: string) => Promise<string | null>,
): Promise<void> => {
  await Promise.all(
    [...tasks.values()].map(async (task) => {
      task.doubt();
      while (!signal.aborted && !task.isOver) {
        if (task.isDoubtful) {
          task.looked();
          const told = await ask(task.taskId);
          if (told === null) task.end();
          else task.tell(told);
        }
        if (!task.isOver) await task.rest(signal);
      }
      if (task.isOver) tasks.delete(task.taskId);
    }),
  );
};

const OVER: ReadonlySet<unknown> = new Set(['completed', 'failed', 'cancelled']);

/** One task, and what its follower was last told of it. */
export class FollowedTask {
  isOver = false;
  isDoubtful = true;
  private told: string;
  private pollMs = POLL_MS;
  private isPushed = false;
  private sending: Promise<void> = Promise.resolve();
  private latest: string | undefined;
  private wake: (() => void) | undefined;

  constructor(
    readonly taskId: string,
    private readonly context: FollowerContext,
  ) {
    // Who asks to hear of a task takes it to be at work.
    this.told = keyOf({ status: 'working' });
  }

  /** Until it is time to look again, or there is a reason to. */
  rest(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(() => this.doubt(), this.isPushed ? SAFETY_MS : this.pollMs);
      this.wake = done;
      if (signal.aborted || this.isOver || this.isDoubtful) done();
      else signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Resolves when its follower has all there is. */
  async sent(): Promise<void> {
    await this.sending.catch(() => {});
  }

  isTold(): void {
    this.isPushed = true;
  }

  doubt(): void {
    this.isDoubtful = true;
    this.wake?.();
  }

  looked(): void {
    this.isDoubtful = false;
  }

  end(): void {
    this.isOver = true;
  }

  /** What is no news is not told; what comes while its follower is busy is told once, when they have time. */
  tell(text: string): void {
    const task = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { pollIntervalMs, status } = task;
    if (typeof pollIntervalMs === 'number') this.pollMs = Math.min(Math.max(pollIntervalMs, POLL_MS), POLL_MS_MAX);
    const key = keyOf(task);
    if (this.isOver || key === this.told) return;
    this.told = key;
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

/** Two tellings with the same key say the same. */
const keyOf = ({ status, statusMessage, inputRequests }: Readonly<Record<string, unknown>>): string =>
  JSON.stringify([status, statusMessage, Object.keys((inputRequests ?? {}) as object)]);
