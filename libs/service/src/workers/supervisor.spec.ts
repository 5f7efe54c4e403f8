import type { Worker as ClusterWorker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '#libs/telemetry';
import { Supervisor } from './supervisor.js';

const PLAN = { count: 1, requestsMax: 0, requestsJitter: 0, silenceMsMax: 60_000 };

class Child extends EventEmitter {
  readonly process: { readonly pid: number | undefined; readonly kill: () => boolean };

  constructor(pid: number | undefined) {
    super();
    this.process = {
      pid,
      kill: () => pid !== undefined && queueMicrotask(() => this.emit('exit', 0, null)) === undefined,
    };
  }

  isConnected(): boolean {
    return false;
  }

  serves(): void {
    this.emit('message', { kind: 'ready', url: 'http://127.0.0.1:1' });
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it.each([
  [
    'is not even begun',
    () => {
      throw new Error('spawn ENOMEM');
    },
  ],
  ['has no process', () => new Child(undefined)],
])('a supervisor starts a worker again when one %s, and ends when it is told to', async (_what, broken) => {
  const children: Child[] = [];
  const forks = [() => new Child(1), broken, () => new Child(2)];
  const fork = (): ClusterWorker => {
    const child = (forks.shift() as () => Child)();
    children.push(child);
    return child as unknown as ClusterWorker;
  };
  const supervisor = new Supervisor(PLAN, fork, createLogger({ service: 'test', level: 'silent' }));
  const ended = supervisor.run();
  children[0]?.serves();
  children[0]?.emit('exit', 1, null);

  await vi.advanceTimersByTimeAsync(1_000);
  if (children.at(-1)?.process.pid === undefined) children.at(-1)?.emit('error', new Error('spawn EAGAIN'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(forks).toEqual([]);
  children.at(-1)?.serves();

  supervisor.stop(1_000);
  expect(await ended).toBe(true);
});
