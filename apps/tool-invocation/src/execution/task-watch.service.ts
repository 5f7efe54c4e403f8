import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import type { WatchTasks } from '#contracts/tool-invocation/watch-tasks.request';
import { fail, toGatewayError } from '#libs/errors';
import { textOf } from '#libs/mcp';
import { backoffMs, pause } from '#libs/resilience';
import { childTraceparent } from '#libs/telemetry';
import { OpenCall } from '../call/open-call.js';
import type { Peer } from '../conversation/peer.js';
import type { Upstream } from '../upstreams/upstream.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { CallService } from './call.service.js';
import { FollowedTask, type FollowerContext, followAll } from './followed-task.js';

type Request = RequestOf<typeof WatchTasks>;

const TASKS_MAX = 100;
const READ_MS = 30_000;
const RETRY = { firstMs: 1_000, maxMs: 30_000 };

/** Follows tasks for a subscriber: listens where the upstream sends changes, and reads the tasks where it does not. */
@Injectable()
export class TaskWatchService {
  private readonly stopping = new AbortController();

  constructor(
    private readonly directory: UpstreamDirectory,
    private readonly calls: CallService,
  ) {}

  /** Ends every watch, so that its subscriber goes to another instance. */
  dismiss(): void {
    this.stopping.abort();
  }

  async watch(request: Request, context: FollowerContext): Promise<ReplyOf<typeof WatchTasks>> {
    if (request.taskIds.length > TASKS_MAX)
      throw fail('mcp.params_invalid', { message: `More than ${TASKS_MAX} tasks` });
    const signal = AbortSignal.any([context.signal, this.stopping.signal]);
    const all = request.taskIds.map((taskId) => new FollowedTask(taskId, context));
    const tasks = new Map(all.map((task) => [task.taskId, task]));
    for (let failures = 0; !signal.aborted; ) {
      try {
        await (request.affinity === 'instance'
          ? this.followDeferred(request, tasks, signal)
          : this.follow(request, tasks, signal));
        failures = 0;
      } catch (error) {
        if (failures++ === 0 && toGatewayError(error).code === 'upstream.unknown') throw error;
      }
      if (tasks.size === 0) {
        await Promise.all(all.map((task) => task.sent()));
        return { ended: true };
      }
      if (!signal.aborted) await pause(backoffMs(failures + 1, RETRY), signal);
    }
    throw fail(context.signal.aborted ? 'bus.cancelled' : 'bus.responder_lost');
  }

  /** Resolves when the conversation with the upstream ends, the subscriber goes, or the last task is over. */
  private async follow(request: Request, tasks: Map<string, FollowedTask>, signal: AbortSignal): Promise<void> {
    const upstream = await this.directory.upstream(request.upstreamId);
    const access = await this.directory.credentials.accessOfCall(request);
    // A client without a session may have tasks in several conversations.
    const groups = new Map<Peer, Map<string, FollowedTask>>();
    for (const [target, task] of tasks) {
      const peer = await upstream.peer(access, { ...request, method: 'tasks/get', target });
      groups.set(peer, (groups.get(peer) ?? new Map<string, FollowedTask>()).set(target, task));
    }
    const ended = new AbortController();
    await Promise.all([...groups].map(([peer, some]) => this.followAt(upstream, peer, request, some, signal, ended)));
    for (const [taskId, { isOver }] of tasks) if (isOver) tasks.delete(taskId);
  }

  private async followAt(
    upstream: Upstream,
    peer: Peer,
    request: Request,
    tasks: Map<string, FollowedTask>,
    signal: AbortSignal,
    ended: AbortController,
  ): Promise<void> {
    const over = AbortSignal.any([signal, ended.signal]);
    const stop = peer.followTasks({
      taskIds: [...tasks.keys()],
      capabilities: request.client.capabilities,
      onAcknowledged: (taskIds) => {
        for (const taskId of taskIds) tasks.get(taskId)?.markPushed();
      },
      onUpdate: (taskId, text) => {
        const task = tasks.get(taskId);
        if (task === undefined) return;
        if (text === null) task.invalidate();
        else task.notify(text);
      },
      onEnd: () => ended.abort(),
    });
    const isLost = upstream.onLost(peer, () => ended.abort());
    try {
      await followAll(tasks, over, (taskId) => this.read(peer, callFor(request, taskId)));
    } catch (error) {
      ended.abort();
      throw error;
    } finally {
      stop();
      isLost();
    }
  }

  /** Follows calls that this instance turned into tasks. */
  private async followDeferred(request: Request, tasks: Map<string, FollowedTask>, signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const over = AbortSignal.any([signal, failed.signal]);
    const stops = [...tasks.values()].map((task) => {
      const onChange = this.calls.deferred.find(task.taskId, request.principal.id)?.onChange;
      const invalidate = (): void => task.invalidate();
      onChange?.add(invalidate);
      return () => onChange?.delete(invalidate);
    });
    const send = async (): Promise<void> => {};
    try {
      await followAll(tasks, over, async (taskId) => {
        const body = JSON.stringify({ taskId });
        const asked = { deadlineAtMs: performance.now() + READ_MS, signal: over, traceparent: undefined, body, send };
        const { head, body: text, gone } = await this.calls.deferred.operate(callFor(request, taskId), asked);
        gone?.();
        return head.kind === 'result' ? textOf(text ?? '{}') : null;
      });
    } finally {
      failed.abort();
      for (const stop of stops) stop();
    }
  }

  /** Reads a task of the upstream; `null` where the upstream does not know it. */
  private async read(peer: Peer, call: UpstreamCall): Promise<string | null> {
    const open = new OpenCall(call, JSON.stringify({ taskId: call.target }), childTraceparent());
    const timer = setTimeout(() => open.cancel(fail('upstream.timed_out'), 'the deadline passed'), READ_MS);
    try {
      const next = open.next();
      peer.start(open);
      const step = await next;
      return step.kind === 'ended' && step.answer.kind === 'result' ? textOf(step.body ?? '{}') : null;
    } finally {
      clearTimeout(timer);
      open.held.release();
    }
  }
}

const callFor = ({ upstreamId, principal, client }: Request, taskId: string): UpstreamCall => ({
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
