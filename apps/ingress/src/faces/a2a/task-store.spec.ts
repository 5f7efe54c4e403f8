import { expect, it } from 'vitest';
import { MemoryCache } from '#libs/storage';
import { TaskStore } from './task-store.js';

const owner = { principalId: 'ada', serverId: 's' };
const taskOf = (id: string, text = '') => ({
  task: { id, contextId: 'c', state: 'working', said: [], made: [{ kind: 'text', text }], at: '' } as const,
  tool: 'bake',
});
const LARGE = 'x'.repeat(260_000);

it('a caller has 8 MiB of tasks, beyond which the parts of a task are not kept, and others have theirs', async () => {
  const store = new TaskStore(new MemoryCache());
  for (let n = 0; n < 40; n++) await store.begin(owner, taskOf(`t${n}`, LARGE));
  const records = await Promise.all(Array.from({ length: 40 }, (_, n) => store.find(owner, `t${n}`)));
  const whole = records.filter((record) => record?.task.made.length === 1);
  expect(whole).toHaveLength(32);
  expect(records[39]).toMatchObject({
    task: { id: 't39', state: 'working', said: [{ text: expect.stringContaining('Too much is kept') }] },
    tool: 'bake',
  });
  const bob = { principalId: 'bob', serverId: 's' };
  await store.begin(bob, taskOf('t', LARGE));
  expect(await store.find(bob, 't')).toEqual(taskOf('t', LARGE));
});

it('what a change writes counts, too', async () => {
  const store = new TaskStore(new MemoryCache());
  await store.begin(owner, taskOf('t'));
  for (let n = 0; n < 32; n++) expect(await store.change(owner, taskOf('t', LARGE), () => true)).toBe(true);
  expect((await store.find(owner, 't'))?.task.made).toHaveLength(1);
  expect(await store.change(owner, taskOf('t', LARGE), () => true)).toBe(true);
  expect((await store.find(owner, 't'))?.task.made).toEqual([]);
  expect(await store.change(owner, taskOf('t'), () => false)).toBe(false);
});
