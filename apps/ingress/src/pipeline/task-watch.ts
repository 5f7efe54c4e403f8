import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import type { CallClient, UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { WatchTasks } from '#contracts/tool-invocation/watch-tasks.request';
import { fail, toGatewayError } from '#libs/errors';
import { renamedTask, toRpcError } from '#libs/mcp';
import { Backoff, type BackoffSettings } from '#libs/resilience';
import type { TaskPlace } from '../sealing/index.js';

const RETRY: BackoffSettings = { firstMs: 1_000, maxMs: 30_000, spread: 0.5 };
/** Looks in vain, one after the other, before an instance counts as gone. */
const MISSED_MAX = 3;
const OVER: ReadonlySet<unknown> = new Set(['completed', 'failed', 'cancelled']);

export interface TaskScope {
  readonly principal: () => Principal;
  readonly client: CallClient;
  /** What of the headers of who listens goes on to an upstream. */
  readonly passedHeaders: (upstreamId: string) => UpstreamCall['passedHeaders'];
  readonly subjectToken: (upstreamId: string) => UpstreamCall['subjectToken'];
  /** May they still see it? */
  readonly admits: (place: TaskPlace) => Promise<boolean>;
  /** The text of a task, as the client knows it. */
  readonly changed: (task: string) => void;
}

/** Follows tasks, each where it is kept, until they are over or nobody wants to hear of them. */
export class TaskWatch {
  private readonly control = new AbortController();

  constructor(
    private readonly bus: Bus,
    private readonly scope: TaskScope,
  ) {}

  /** By the id that the client has for each. */
  follow(tasks: ReadonlyMap<string, TaskPlace>): void {
    const groups = Map.groupBy(tasks, ([, { upstreamId, kept, capabilities }]) =>
      JSON.stringify([upstreamId, kept, capabilities]),
    );
    for (const group of groups.values()) void this.start(new Map(group));
  }

  close(): void {
    this.control.abort();
  }

  private async start(all: ReadonlyMap<string, TaskPlace>): Promise<void> {
    const { signal } = this.control;
    /** Those whose end has not been told. */
    const tasks = new Map(all);
    let [place] = tasks.values() as Iterable<TaskPlace>;
    let missed = 0;
    const backoff = new Backoff(RETRY);
    while (place !== undefined && !signal.aborted) {
      try {
        await this.watch(tasks, place);
        break;
      } catch (thrown) {
        if (signal.aborted) return;
        const isMissing = place.kept !== undefined && toGatewayError(thrown).code === 'bus.no_responders';
        missed = isMissing ? missed + 1 : 0;
        if (isMissing) place = elsewhere(place, missed);
      }
      await sleep(backoff.failed(), undefined, { signal, ref: false }).catch(() => {});
    }
    // Nobody knows these any more, so nothing else will be heard of them.
    for (const [name, known] of tasks) {
      // Whether they may still see it cannot be found out: then it is not told.
      await this.tell(name, known, lostTask(name, known)).catch(() => {});
    }
  }

  /** Comes to an end when there is nothing more to tell of them. */
  private async watch(tasks: Map<string, TaskPlace>, place: TaskPlace): Promise<void> {
    const { upstreamId, kept, capabilities, dedicatedSession } = place;
    const { id, tokenId } = this.scope.principal();
    const { client } = this.scope;
    const passedHeaders = this.scope.passedHeaders(upstreamId);
    const subjectToken = this.scope.subjectToken(upstreamId);
    const names = new Map([...tasks].map(([name, { taskId }]) => [taskId, name]));
    await this.bus.ask(
      WatchTasks,
      {
        upstreamId,
        principal: { id, tokenId },
        client: { ...client, capabilities: capabilities ?? client.capabilities },
        ...(kept !== undefined && { affinity: kept.by }),
        ...(dedicatedSession !== undefined && { dedicatedSession }),
        ...(passedHeaders !== undefined && { passedHeaders }),
        ...(subjectToken !== undefined && { subjectToken }),
        taskIds: [...names.keys()],
      },
      {
        signal: this.control.signal,
        instance: kept?.instance,
        onFrame: async ({ head, body }) => {
          const name = names.get(head.taskId);
          const known = name === undefined ? undefined : tasks.get(name);
          if (name === undefined || known === undefined || body === undefined) return;
          if (OVER.has((JSON.parse(body) as { status?: unknown }).status)) tasks.delete(name);
          await this.tell(name, known, body);
        },
      },
    );
  }

  private async tell(name: string, place: TaskPlace, task: string): Promise<void> {
    if ((await this.scope.admits(place)) && !this.control.signal.aborted) this.scope.changed(renamedTask(task, name));
  }
}

/** What a listener is told of a task that has come to no end, and never will. */
const lostTask = (taskId: string, { createdAt }: TaskPlace): string => {
  const lastUpdatedAt = new Date().toISOString();
  const error = toRpcError(fail('bus.responder_lost', { message: 'The task is lost', executed: 'unknown' }));
  const task = { taskId, status: 'failed', createdAt: createdAt ?? lastUpdatedAt, lastUpdatedAt, ttlMs: null, error };
  return JSON.stringify(task);
};

/**
 * Another instance may find the task at the upstream, unless the one that is gone was all that had it. That one may only
 * have lost its connection for a moment.
 */
const elsewhere = (place: TaskPlace, missed: number): TaskPlace | undefined => {
  const { kept, ...anywhere } = place;
  if (kept?.by !== 'instance') return anywhere;
  return missed < MISSED_MAX ? place : undefined;
};
