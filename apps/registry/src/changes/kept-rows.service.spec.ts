import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StateChanged } from '#contracts/registry/state-changed.event';
import { type Bus, LocalBus } from '#libs/bus';
import type { RegistrySettings } from '../registry.settings.js';
import { KeptRowsService } from './kept-rows.service.js';

const MIB = 1024 * 1024;

let bus: Bus;
let other: Bus;
let kept: KeptRowsService;
let reads: number;
beforeEach(() => {
  const broker = new LocalBus();
  [bus, other] = [broker.join('registry'), broker.join('registry')];
  kept = new KeptRowsService(bus, {
    keptMs: { tools: 20_000, prompts: 0, resources: 1 },
  } as unknown as RegistrySettings);
  reads = 0;
});
afterEach(() => kept.onModuleDestroy());

interface Asked {
  readonly key?: string;
  readonly chars?: number;
  readonly list?: 'tools' | 'prompts';
  readonly meanwhile?: () => void;
}

const ask = async ({ key = '', chars = 1, list = 'tools', meanwhile }: Asked = {}): Promise<number> => {
  const read = async () => {
    reads++;
    meanwhile?.();
    return { reads };
  };
  return (await kept.of({ list, key: [key], read, chars: () => chars })).reads;
};

it('rows are read once when nothing changes, and anew when another replica has told of a change', async () => {
  expect([await ask(), await ask()]).toEqual([1, 1]);
  other.publish(StateChanged, { topic: 'catalog' });
  expect([await ask(), await ask()]).toEqual([2, 2]);
});

it('rows are not kept when something changed while they were read', async () => {
  await ask({ meanwhile: () => kept.drop() });
  expect([await ask(), await ask()]).toEqual([2, 2]);
});

it('rows are read each time when the bus does not answer, and again kept when it does', async () => {
  await ask();
  const flush = vi.spyOn(bus, 'flush').mockRejectedValue(new Error('away'));
  expect([await ask(), await ask()]).toEqual([2, 3]);
  flush.mockRestore();
  expect(await ask()).toBe(3);
});

it('rows are not kept when their list has no time, when they are longer than all that is kept, or could not be read', async () => {
  for (let time = 0; time < 2; time++) await ask({ list: 'prompts' });
  for (let time = 0; time < 2; time++) await ask({ chars: 33 * MIB });
  const meanwhile = (): never => {
    throw new Error('nothing there');
  };
  for (let time = 0; time < 2; time++) await expect(ask({ meanwhile })).rejects.toThrow('nothing there');
  expect(reads).toBe(6);
});

it('rows that nobody asked for longest are read anew when their texts and those of others are longer than all that is kept', async () => {
  for (const key of ['a', 'b', 'a', 'c']) await ask({ key, chars: 12 * MIB });
  expect(reads).toBe(3);
  await ask({ key: 'a', chars: 12 * MIB });
  expect(reads).toBe(3);
  await ask({ key: 'b', chars: 12 * MIB });
  expect(reads).toBe(4);
});

it('rows take room by what was asked when they are none', async () => {
  const keys = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(10 * MIB));
  for (const key of keys) await ask({ key, chars: 0 });
  expect(await ask({ key: keys[0] as string, chars: 0 })).toBe(5);
});
