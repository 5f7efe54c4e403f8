import { randomUUID } from 'node:crypto';
import type { CallContext } from '#libs/bus';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { RoutedCall } from '#contracts/tool-invocation/execute-call.request';
import type { TaskNotice, WatchTasks } from '#contracts/tool-invocation/watch-tasks.request';
import { fail, toGatewayError } from '#libs/errors';
import { childTraceparent } from '#libs/telemetry';
import type { HeldTasks } from './deferred-tasks.js';
import { OpenCall } from '../call/open-call.js';
import type { Peer } from '../conversation/peer.js';
import type { UpstreamDirectory } from '../upstreams/upstream-directory.js';

type Request = RequestOf<typeof WatchTasks>;
type Context = Pick<CallContext<TaskNotice>, 'signal' | 'send'>;

const TASKS_MAX = 100;
const READ_MS = 30_000;
const POLL_MS = 1_000;
const POLL_MS_MAX = 30_000;
/** Between two looks at a task of which the upstream tells by itself. */
const SAFETY_MS = 60_000;
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 30_000;

/** Follows tasks of an upstream for an asker: hears of their changes where the upstream tells, and looks where not. */
export class TaskWatchService {
  private readonly stopping = new AbortController();

  constructor(
    private readonly directory: UpstreamDirectory,
    private readonly held: HeldTasks,
  ) {}

  /** Sends everybody who follows something here to another instance. */
  dismiss(): void {
    this.stopping.abort();
  }

  async watch(request: Request, context: Context): Promise<ReplyOf<typeof WatchTasks>> {
    if (request.taskIds.length > TASKS_MAX)
      throw fail('mcp.params_invalid', { message: `More than ${TASKS_MAX} tasks` });
    const signal = AbortSignal.any([context.signal, this.stopping.signal]);
    const all = request.taskIds.map((taskId) => new FollowedTask(taskId, context));
    const tasks = new Map(all.map((task) => [task.taskId, task]));
    for (let failures = 0; !signal.aborted; ) {
      try {
        await (request.keeper === 'instance'
          ? this.followHeld(request, tasks, signal)
          : this.follow(request, tasks, signal));
        failures = 0;
      } catch (error) {
        if (failures++ === 0 && toGatewayError(error).code === 'upstream.unknown') throw error;
      }
      if (tasks.size === 0) {
        await Promise.all(all.map((task) => task.sent()));
        return { ended: true };
      }
      if (!signal.aborted) await pause(Math.min(RETRY_MS * 2 ** failures, RETRY_MS_MAX), signal);
    }
    throw fail(context.signal.aborted ? 'bus.cancelled' : 'bus.responder_lost');
  }

  /** Resolves when the conversation with the upstream is gone, the asker is, or the last task is over. */
  private async follow(request: Request, tasks: Map<string, FollowedTask>, signal: AbortSignal): Promise<void> {
    const { upstreamId, principal, client, ownSession } = request;
    const upstream = await this.directory.upstream(upstreamId);
    const access = await this.directory.access(upstreamId, principal.id);
    const peer = await upstream.peer(access, client.capabilities, principal.id, ownSession);
    const ended = new AbortController();
    const over = AbortSignal.any([signal, ended.signal]);
    const stop = peer.followTasks({
      taskIds: [...tasks.keys()],
      capabilities: client.capabilities,
      told: (taskIds) => {
        for (const taskId of taskIds) tasks.get(taskId)?.isTold();
      },
      changed: (taskId, text) => {
        const task = tasks.get(taskId);
        if (task === undefined) return;
        if (text === null) task.doubt();
        else task.tell(text);
      },
      ended: () => ended.abort(),
    });
    const isLost = upstream.onLost(peer, () => ended.abort());
    try {
      await lookAfter(tasks, over, (taskId) => this.ask(peer, callFor(request, taskId)));
    } finally {
      ended.abort();
      stop();
      isLost();
    }
  }

  /** Calls that this instance turned into tasks. */
  private async followHeld(request: Request, tasks: Map<string, FollowedTask>, signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const over = AbortSignal.any([signal, failed.signal]);
    const stops = [...tasks.values()].map((task) => {
      const onChange = this.held.find(task.taskId, request.principal.id)?.onChange;
      const doubt = (): void => task.doubt();
      onChange?.add(doubt);
      return () => onChange?.delete(doubt);
    });
    const send = async (): Promise<void> => {};
    try {
      await lookAfter(tasks, over, async (taskId) => {
        const body = JSON.stringify({ taskId });
        const asked = { deadlineAtMs: Date.now() + READ_MS, signal: over, traceparent: undefined, body, send };
        const { head, body: told } = await this.held.operate(callFor(request, taskId), asked);
        return head.kind === 'result' ? (told ?? '{}') : null;
      });
    } finally {
      failed.abort();
      for (const stop of stops) stop();
    }
  }

  /** Asks the upstream how a task is; `null`: it does not know it. */
  private async ask(peer: Peer, call: RoutedCall): Promise<string | null> {
    const open = new OpenCall(call, JSON.stringify({ taskId: call.target }), childTraceparent());
    const timer = setTimeout(() => open.cancel(fail('upstream.timed_out'), 'the deadline passed'), READ_MS);
    try {
      const next = open.next();
      peer.start(open);
      const step = await next;
      return step.kind === 'ended' && step.answer.kind === 'result' ? (step.body ?? '{}') : null;
    } finally {
      clearTimeout(timer);
    }
  }
}

const callFor = ({ upstreamId, principal, client }: Request, taskId: string): RoutedCall => ({
  callId: randomUUID(),
  method: 'tasks/get',
  upstreamId,
  target: taskId,
  exposedName: '',
  serverId: null,
  principal,
  client,
  wantsProgress: false,
  headerParams: [],
  receivedAtMs: Date.now(),
});

/** Looks at each task whenever there is reason to, until it is over. One that nobody knows any more is. */
const lookAfter = async (
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
class FollowedTask {
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
    private readonly context: Context,
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

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
