import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineSweep, type SweepSettings } from './deadline-sweep.js';

interface Item {
  deadlineAtMs: number;
  isAborted?: boolean;
}

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const given = (settings: Partial<SweepSettings<Item>> = {}) => {
  const open = new Set<Item>();
  const due: { item: Item; atMs: number }[] = [];
  const sweep = new DeadlineSweep<Item>({
    items: () => open,
    onDue: (item) => {
      open.delete(item);
      due.push({ item, atMs: Date.now() });
    },
    ...settings,
  });
  const add = (item: Item): Item => {
    open.add(item);
    sweep.watch(item.deadlineAtMs);
    return item;
  };
  return { sweep, open, due, add };
};

describe('DeadlineSweep', () => {
  it('DeadlineSweep calls each item due when its deadline is reached, in whatever order they came', () => {
    const { due, add } = given();
    const late = add({ deadlineAtMs: 3_000 });
    const soon = add({ deadlineAtMs: 1_000 });

    vi.advanceTimersByTime(10_000);

    expect(due).toEqual([
      { item: soon, atMs: 1_000 },
      { item: late, atMs: 3_000 },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('DeadlineSweep sets one timer when many items have later deadlines', () => {
    const { add } = given();
    for (let deadlineAtMs = 1_000; deadlineAtMs < 2_000; deadlineAtMs++) add({ deadlineAtMs });

    expect(vi.getTimerCount()).toBe(1);
  });

  it('DeadlineSweep follows an item further when it is given another deadline', () => {
    const { due, add, open } = given({ onDue: (item) => void due.push({ item, atMs: Date.now() }) });
    const item = add({ deadlineAtMs: 1_000 });
    vi.advanceTimersByTime(999);
    item.deadlineAtMs = 5_000;
    vi.advanceTimersByTime(3_000);
    expect(due).toEqual([]);

    vi.advanceTimersByTime(1_001);
    open.clear();
    expect(due[0]).toEqual({ item, atMs: 5_000 });
  });

  it('DeadlineSweep calls an item due again when it goes on with another deadline', () => {
    const times: number[] = [];
    const onDue = (item: Item): void => {
      times.push(Date.now());
      if (times.length === 1) item.deadlineAtMs = 4_000;
      else open.delete(item);
    };
    const { add, open } = given({ onDue });
    add({ deadlineAtMs: 1_000 });

    vi.advanceTimersByTime(10_000);

    expect(times).toEqual([1_000, 4_000]);
  });

  it('DeadlineSweep looks at other reasons as often as it is told to when something is open', () => {
    const { due, add } = given({ everyMs: 50, isDue: ({ isAborted }) => isAborted === true });
    const item = add({ deadlineAtMs: 60_000 });
    vi.advanceTimersByTime(120);
    item.isAborted = true;
    vi.advanceTimersByTime(100);

    expect(due).toEqual([{ item, atMs: 150 }]);
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('DeadlineSweep waits on when a deadline is further away than a timer reaches', () => {
    const { due, add } = given();
    const item = add({ deadlineAtMs: 5_000_000_000 });
    vi.advanceTimersByTime(4_999_999_999);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(20);
    expect(due.map(({ item: one }) => one)).toEqual([item]);
  });

  it('DeadlineSweep calls nothing due when it has been stopped', () => {
    const { sweep, due, add } = given();
    add({ deadlineAtMs: 1_000 });
    sweep.stop();
    vi.advanceTimersByTime(10_000);

    expect(due).toEqual([]);
  });

  it('DeadlineSweep reads what has arrived before it calls anything due when the process was held up over the deadline', async () => {
    vi.useRealTimers();
    const order: string[] = [];
    const server = createServer((socket) => socket.on('data', () => order.push('data'))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await Promise.all([once(client, 'connect'), once(server, 'connection')]);
    const { promise, resolve } = Promise.withResolvers<void>();
    const item = { deadlineAtMs: performance.now() + 50 };
    const sweep = new DeadlineSweep<Item>({
      items: () => (order.includes('due') ? [] : [item]),
      onDue: () => {
        order.push('due');
        resolve();
      },
    });
    sweep.watch(item.deadlineAtMs);

    client.write('x');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    await promise;

    expect(order).toEqual(['data', 'due']);
    sweep.stop();
    client.destroy();
    server.close();
  });
});
