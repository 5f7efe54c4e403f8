import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConformanceFixture,
  type Gateway,
  type LedgerUpstream,
  startConformanceFixture,
  startGateway,
  startLedgerUpstream,
} from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Endpoint, type Said, TASKS_WANTED, type Talk, askModern } from './isolation/endpoint-client.js';

/** Of each test: enough that each replica holds some. */
const TASKS = 12;
/** How long each works on, after the kill as well: all of them have been begun by then, and none has ended. */
const WORK_MS = 15_000;
/** How often it is asked what has become of one: minutes. */
const ASKED_MAX = 400;
const OVER = new Set(['completed', 'failed', 'cancelled']);
const UNKNOWN = 'unknown';

const computed = {
  argsOf: (label: string) => ({ label, seconds: WORK_MS / 1_000 }),
  textOf: (label: string) => `Computed ${label} in ${WORK_MS / 1_000} s`,
};
/** By where the task is kept, tools that run as one. */
const KINDS = {
  modern: { tool: 'modern-slow_compute', ...computed },
  lasting: { tool: 'lasting-slow_compute', ...computed },
  session: { tool: 'session-slow_compute', ...computed },
  gateway: { tool: 'record', argsOf: (label: string) => ({ id: label }), textOf: (label: string) => label },
} as const;
type Kind = keyof typeof KINDS;

describe('a task that goes on while an instance of tool-invocation is killed', () => {
  let gateway: Gateway;
  let ledger: LedgerUpstream;
  const fixtures: ConformanceFixture[] = [];
  const endings = new Map<Kind, Ending[]>();

  const ask = async (method: string, params: Record<string, unknown>): Promise<Said> =>
    (await askModern(at(gateway), method, params, { meta: TASKS_WANTED })).answer();

  beforeAll(async () => {
    gateway = await startGateway({ mode: 'distributed', replicas: 2, env: { TOOL_TIMEOUT: '60' } });
    const fixture = async (name: string, options: Parameters<typeof startConformanceFixture>[0]): Promise<void> => {
      const started = await startConformanceFixture(options);
      fixtures.push(started);
      await gateway.admin.register({ name, url: started.url });
    };
    await fixture('modern', { era: 'modern' });
    await fixture('lasting', { era: 'legacy', tasksOutliveSessions: true });
    await fixture('session', { era: 'legacy' });
    ledger = await startLedgerUpstream({ latencyMs: WORK_MS });
    const { id } = await gateway.admin.register({ name: 'ledger', url: ledger.url, toolPrefix: '' });
    const [tool] = await gateway.admin.call<{ id: string }[]>('GET', `/tools?gateway_id=${id}`);
    await gateway.admin.call('PUT', `/tools/${tool?.id}`, { taskAfterMs: 200 });

    const begun = await Promise.all((Object.keys(KINDS) as Kind[]).map((kind) => Begun.of(gateway, kind, ask)));
    await gateway.kill('tool-invocation', 0);
    await Promise.all(begun.map(async (tasks) => endings.set(tasks.kind, await tasks.seenThrough(ask))));
  });
  afterAll(async () => {
    await gateway?.stop();
    await ledger?.stop();
    await Promise.all(fixtures.map((fixture) => fixture.stop()));
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const of = (kind: Kind): readonly Ending[] => endings.get(kind) ?? [];

  it.each(Object.keys(KINDS) as Kind[])(
    'a task at a killed instance comes to an end, and no question for it to its deadline: %s',
    (kind) => {
      expect(of(kind)).toHaveLength(TASKS);
    },
  );

  it.each(['modern', 'lasting'] as const)(
    'a task at a killed instance completes where it is the upstream that has it: %s',
    (kind) => {
      for (const { label, status, text, told } of of(kind))
        expect([status, text, told]).toEqual(['completed', KINDS[kind].textOf(label), 'completed']);
    },
  );

  it.each(['session', 'gateway'] as const)(
    'a task at a killed instance completes, or is lost with the one that had it: %s',
    (kind) => {
      const lost = of(kind).filter(({ status }) => status === UNKNOWN);
      expect(lost.length).toBeGreaterThan(0);
      expect(lost.length).toBeLessThan(TASKS);
      for (const { label, status, text, told } of of(kind)) {
        if (status === UNKNOWN) expect(told).toBe('failed');
        else expect([status, text, told]).toEqual(['completed', KINDS[kind].textOf(label), 'completed']);
      }
    },
  );

  it('a task at a killed instance ran once, whatever became of it', async () => {
    const labels = of('gateway').map(({ label }) => label);
    expect([...ledger.executions].sort()).toEqual(labels.sort());
  });

  it('a task at a killed instance that is lost takes nothing any more', async () => {
    const { taskId = '' } = of('gateway').find(({ status }) => status === UNKNOWN) ?? {};
    for (const method of ['tasks/update', 'tasks/cancel']) {
      const { error } = await ask(method, { taskId, inputResponses: {} });
      expect(error).toMatchObject({ code: -32602, message: 'Unknown task' });
    }
  });
});

interface Ending {
  readonly label: string;
  readonly taskId: string;
  readonly status: string;
  readonly text: unknown;
  /** What a listener heard last. */
  readonly told: string;
}

type Ask = (method: string, params: Record<string, unknown>) => Promise<Said>;

const at = (gateway: Gateway): Endpoint => ({ url: `${gateway.url}/mcp`, token: gateway.adminToken });

/** Tasks of one kind, and somebody who listens. */
class Begun {
  private constructor(
    readonly kind: Kind,
    private readonly tasks: readonly { readonly label: string; readonly taskId: string }[],
    private readonly listening: Talk,
  ) {}

  static async of(gateway: Gateway, kind: Kind, ask: Ask): Promise<Begun> {
    const { tool, argsOf } = KINDS[kind];
    const tasks = await Promise.all(
      Array.from({ length: TASKS }, async (_, n) => {
        const label = `${kind} ${n}`;
        const { result, error } = await ask('tools/call', { name: tool, arguments: argsOf(label) });
        if (result?.resultType !== 'task') throw new Error(JSON.stringify(error ?? result));
        return { label, taskId: result.taskId as string };
      }),
    );
    const notifications = { taskIds: tasks.map(({ taskId }) => taskId) };
    const listening = await askModern(at(gateway), 'subscriptions/listen', { notifications }, { meta: TASKS_WANTED });
    await listening.hear(({ method }) => method === 'notifications/subscriptions/acknowledged');
    return new Begun(kind, tasks, listening);
  }

  /** To whatever end each comes. */
  async seenThrough(ask: Ask): Promise<Ending[]> {
    const ended = await Promise.all(
      this.tasks.map(async (task) => ({
        ...task,
        ...(await endOf(ask, task.taskId)),
        told: await this.toldOf(task.taskId),
      })),
    );
    this.listening.leave();
    return ended;
  }

  /** The last thing a listener hears of a task. */
  private async toldOf(taskId: string): Promise<string> {
    const { params } = await this.listening.hear(
      ({ method, params }) => method === 'notifications/tasks' && params.taskId === taskId && OVER.has(params.status),
    );
    return params.status;
  }
}

/** Rejects with what it is told instead, where a question ends by its deadline. */
const endOf = async (ask: Ask, taskId: string): Promise<Pick<Ending, 'status' | 'text'>> => {
  for (let asked = 0; asked < ASKED_MAX; asked++, await sleep(500)) {
    const { result, error } = await ask('tasks/get', { taskId });
    if (error?.code === -32602) return { status: UNKNOWN, text: error.message };
    if (error !== undefined) throw new Error(JSON.stringify(error));
    const { status } = result;
    if (OVER.has(status)) return { status, text: result.result?.content?.[0]?.text ?? result.error };
  }
  throw new Error('the task comes to no end');
};
