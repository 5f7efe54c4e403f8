import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import type { Principal } from '#contracts/auth/principal';
import type { CallClient } from '#contracts/tool-invocation/execute-call.request';
import { WatchTasks } from '#contracts/tool-invocation/watch-tasks.request';
import { toGatewayError } from '#libs/errors';
import { renamedTask } from '#libs/mcp';
import type { TaskPlace } from '../routing/task-id.js';

const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

export interface TaskScope {
  readonly principal: () => Principal;
  readonly client: CallClient;
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

  private async start(tasks: ReadonlyMap<string, TaskPlace>): Promise<void> {
    const { signal } = this.control;
    let [place] = tasks.values() as Iterable<TaskPlace>;
    for (
      let pauseMs = PAUSE_MS;
      place !== undefined && !signal.aborted;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)
    ) {
      try {
        await this.watch(tasks, place);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const isGone = place.kept !== undefined && toGatewayError(thrown).code === 'bus.no_responders';
        place = isGone ? elsewhere(place) : place;
      }
      await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Comes to an end when there is nothing more to tell of them. */
  private async watch(tasks: ReadonlyMap<string, TaskPlace>, place: TaskPlace): Promise<void> {
    const { upstreamId, kept, capabilities, ownSession } = place;
    const { id, tokenId } = this.scope.principal();
    const { client } = this.scope;
    const names = new Map([...tasks].map(([name, { taskId }]) => [taskId, name]));
    await this.bus.ask(
      WatchTasks,
      {
        upstreamId,
        principal: { id, tokenId },
        client: { ...client, capabilities: capabilities ?? client.capabilities },
        ...(kept !== undefined && { keeper: kept.by }),
        ...(ownSession !== undefined && { ownSession }),
        taskIds: [...names.keys()],
      },
      {
        signal: this.control.signal,
        instance: kept?.instance,
        onFrame: async ({ head, body }) => {
          const name = names.get(head.taskId);
          const known = name === undefined ? undefined : tasks.get(name);
          if (name === undefined || known === undefined || body === undefined) return;
          if ((await this.scope.admits(known)) && !this.control.signal.aborted)
            this.scope.changed(renamedTask(body, name));
        },
      },
    );
  }
}

/** Another instance may find the task at the upstream, unless the one that is gone was all that had it. */
const elsewhere = ({ kept, ...place }: TaskPlace): TaskPlace | undefined =>
  kept?.by === 'instance' ? undefined : place;
