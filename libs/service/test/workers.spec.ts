import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkerPlan } from '../src/workers/plan-workers.js';

const PROGRAM = new URL('./worker-program.mjs', import.meta.url);
const PLAN: WorkerPlan = { count: 2, requestsMax: 0, requestsJitter: 0, silenceMsMax: 60_000 };

interface Told {
  readonly ready?: number;
  readonly url?: string;
  readonly text?: string;
}

/** A supervisor in a process of its own, and what it tells. */
class Given {
  url = '';
  /** Of all workers that ever served, in this order. */
  readonly pids: number[] = [];
  private readonly program: ChildProcess;

  constructor(plan: Partial<WorkerPlan>) {
    this.program = fork(PROGRAM, [JSON.stringify({ ...PLAN, ...plan })], { execArgv: [] });
    this.program.on('message', ({ ready, url }: Told) => {
      if (ready === undefined) return;
      this.pids.push(ready);
      this.url ||= url ?? '';
    });
  }

  async serving(count: number): Promise<void> {
    await expect.poll(() => this.pids.length, { timeout: 200_000, interval: 20 }).toBeGreaterThanOrEqual(count);
  }

  /** The process that answered. */
  call(path: string, agent: Agent): Promise<number> {
    return new Promise((resolve, reject) => {
      get(`${this.url}${path}`, { agent }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(Number(text)));
        response.on('error', reject);
      }).on('error', reject);
    });
  }

  async metrics(): Promise<string> {
    this.program.send('metrics');
    for (;;) {
      const [{ text }] = (await once(this.program, 'message')) as [Told];
      if (text !== undefined) return text;
    }
  }

  async stop(): Promise<number | null> {
    if (this.program.exitCode === null && this.program.signalCode === null) {
      this.program.kill('SIGTERM');
      await once(this.program, 'exit');
    }
    return this.program.exitCode;
  }

  /** `kill -9` of the supervisor alone. */
  orphan(): void {
    this.program.kill('SIGKILL');
  }
}

let given: Given;
const opened: Agent[] = [];
const newAgent = (): Agent => {
  const agent = new Agent({ keepAlive: true });
  opened.push(agent);
  return agent;
};
afterEach(async () => {
  for (const agent of opened.splice(0)) agent.destroy();
  await given.stop();
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the workers of a service', () => {
  it('workers are replaced without a lost call when they have had their share of requests', async () => {
    given = new Given({ requestsMax: 200, requestsJitter: 50 });
    await given.serving(2);
    const REPLACED = 5;
    const load = { answered: 0, isOver: false };
    const callers = Array.from({ length: 8 }, async () => {
      const agent = newAgent();
      while (!load.isOver) {
        expect(await given.call('/?ms=5', agent)).toBeGreaterThan(0);
        load.answered++;
      }
    });
    await Promise.race([given.serving(2 + REPLACED), ...callers]);
    load.isOver = true;
    await Promise.all(callers);
    expect(load.answered).toBeGreaterThan(REPLACED * 200);

    // Those that are gone are counted as well.
    const text = await given.metrics();
    const [, counted] = /^http_requests_total\{method="GET",route="test",status="200"\} (\d+)$/m.exec(text) ?? [];
    expect(Number(counted)).toBe(load.answered);
    expect(text).toMatch(/^switchyard_workers\{state="serving",worker="supervisor"\} 2$/m);
    expect(await given.stop()).toBe(0);
  });

  it('a worker that is killed takes with it what it held alone, and has a successor', async () => {
    given = new Given({});
    await given.serving(2);
    const [first = 0, second = 0] = given.pids;
    // The other one is stopped, so that the first has them all, and goes on when they are its own.
    process.kill(second, 'SIGSTOP');
    const agents = [newAgent(), newAgent()];
    for (const agent of agents) expect(await given.call('/', agent)).toBe(first);
    const held = agents.map((agent) => given.call('/?ms=60000', agent).catch(() => 'lost'));
    process.kill(second, 'SIGCONT');
    process.kill(first, 'SIGKILL');
    expect(await Promise.all(held)).toEqual(['lost', 'lost']);
    expect(await given.call('/', newAgent())).toBe(second);
    await given.serving(3);
    for (let call = 0; call < 20; call++) expect(given.pids.slice(1)).toContain(await given.call('/', newAgent()));
  });

  it('a worker that is stuck is ended, and nobody who came to the others waits for it', async () => {
    given = new Given({ silenceMsMax: 8_000 });
    await given.serving(2);
    const [first = 0, second = 0] = given.pids;
    process.kill(first, 'SIGSTOP');
    for (let call = 0; call < 20; call++) expect(await given.call('/', newAgent())).toBe(second);
    await given.serving(3);
  });

  it('workers finish what they have when their supervisor is killed', async () => {
    given = new Given({});
    await given.serving(2);
    const agents = Array.from({ length: 4 }, newAgent);
    // Each has its connection; what comes on it now is in hand.
    for (const agent of agents) await given.call('/', agent);
    const calls = agents.map((agent) => given.call('/?ms=1000', agent));
    given.orphan();
    for (const pid of await Promise.all(calls)) expect(given.pids).toContain(pid);
    await expect.poll(() => given.pids.some(isAlive), { timeout: 200_000 }).toBe(false);
  });
});
