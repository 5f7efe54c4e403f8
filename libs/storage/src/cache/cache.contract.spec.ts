import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '#libs/telemetry';
import { type RedisServer, startRedisServer } from '#libs/testing';
import type { Cache } from './cache.js';
import { MemoryCache } from './memory-cache.js';
import { connectRedisCache } from './redis-cache.js';

const logger = createLogger({ service: 'test', level: 'silent' });
let redis: RedisServer;

const adapters: Record<string, () => Promise<Cache>> = {
  memory: async () => new MemoryCache(),
  redis: () =>
    connectRedisCache({
      tls: null,
      url: redis.url,
      prefix: 'test:',
      timeoutMs: 20_000,
      connectTimeoutMs: 20_000,
      checkIntervalMs: 0,
      logger,
    }),
  'redis cluster': () =>
    connectRedisCache({
      tls: null,
      url: `${cluster.url}?cluster=true`,
      prefix: 'test:',
      timeoutMs: 20_000,
      connectTimeoutMs: 20_000,
      checkIntervalMs: 0,
      logger,
    }),
};

let cluster: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer();
  cluster = await startRedisServer(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
  await formCluster(cluster);
});
afterAll(() => Promise.all([redis?.stop(), cluster?.stop()]));

describe.each(Object.keys(adapters))('the %s cache', (adapter) => {
  let cache: Cache;
  let key: string;
  let count = 0;

  beforeAll(async () => {
    cache = await (adapters[adapter] as () => Promise<Cache>)();
  });
  afterAll(() => cache?.close());
  beforeEach(() => {
    key = `key-${count++}`;
  });

  it('a cache is ready', () => {
    expect(cache.ready).toBe(true);
  });

  it('a cache gives back what was set, and null for what was not', async () => {
    expect(await cache.get(key)).toBeNull();
    await cache.set(key, 'zażółć "\u0000" 🙂', 600_000);
    expect(await cache.get(key)).toBe('zażółć "\u0000" 🙂');
    await cache.set(key, '', 600_000);
    expect(await cache.get(key)).toBe('');
  });

  it('a cache ends every entry by itself', async () => {
    await cache.set(key, 'a', 40);
    await cache.setIfAbsent(`${key}b`, 'b', 40);
    await cache.append(`${key}c`, ['c'], { lengthMax: 9, ttlMs: 40 });
    await cache.increment(`${key}d`, 40);
    await sleep(80);
    expect(await cache.get(key)).toBeNull();
    expect(await cache.get(`${key}b`)).toBeNull();
    expect(await cache.readSince(`${key}c`, 0)).toEqual({ entries: [], complete: true });
    expect(await cache.increment(`${key}d`, 40)).toBe(1);
  });

  it('a cache deletes, and says whether there was something', async () => {
    await cache.set(key, 'a', 600_000);
    expect(await cache.delete(key)).toBe(true);
    expect(await cache.delete(key)).toBe(false);
    expect(await cache.get(key)).toBeNull();
  });

  it('a cache lets one of many take a value', async () => {
    await cache.set(key, 'once', 600_000);
    const taken = await Promise.all(Array.from({ length: 10 }, () => cache.getAndDelete(key)));
    expect(taken.filter((value) => value !== null)).toEqual(['once']);
  });

  it('a cache puts off the end of an entry that is there', async () => {
    await cache.set(key, 'a', 6_000);
    expect(await cache.extend(key, 600_000)).toBe(true);
    expect(await cache.extend(`${key}-absent`, 600_000)).toBe(false);
    await sleep(6_200);
    expect(await cache.get(key)).toBe('a');
  });

  it('a cache gives a lease to one of many, which alone can renew, change and end it', async () => {
    const won = await Promise.all(['a', 'b', 'c'].map((holder) => cache.setIfAbsent(key, holder, 6_000)));
    expect(won.filter(Boolean)).toHaveLength(1);
    const holder = (await cache.get(key)) as string;

    expect(await cache.compareAndExtend(key, 'somebody else', 600_000)).toBe(false);
    expect(await cache.compareAndExtend(key, holder, 600_000)).toBe(true);
    await sleep(6_200);
    expect(await cache.setIfAbsent(key, 'd', 60)).toBe(false);

    expect(await cache.compareAndSet(key, 'somebody else', 'x', 600_000)).toBe(false);
    expect(await cache.compareAndSet(key, holder, 'heir', 600_000)).toBe(true);
    expect(await cache.compareAndDelete(key, holder)).toBe(false);
    expect(await cache.compareAndDelete(key, 'heir')).toBe(true);
    expect(await cache.setIfAbsent(key, 'd', 600_000)).toBe(true);
  });

  it('a cache does not set what it compares with nothing', async () => {
    expect(await cache.compareAndSet(key, '', 'x', 600_000)).toBe(false);
    expect(await cache.compareAndExtend(key, '', 600_000)).toBe(false);
    expect(await cache.compareAndDelete(key, '')).toBe(false);
    expect(await cache.get(key)).toBeNull();
  });

  it('a cache numbers what is appended, and replays what came after a number', async () => {
    const options = { lengthMax: 100, ttlMs: 600_000 };
    const ids: number[] = [];
    for (const value of ['a', 'b', 'c']) ids.push(await cache.append(key, [value], options));
    expect(ids).toEqual([1, 2, 3]);
    expect(await cache.readSince(key, 0)).toEqual({
      entries: [
        { id: 1, value: 'a' },
        { id: 2, value: 'b' },
        { id: 3, value: 'c' },
      ],
      complete: true,
    });
    expect(await cache.readSince(key, 2)).toEqual({ entries: [{ id: 3, value: 'c' }], complete: true });
    expect(await cache.readSince(key, 3)).toEqual({ entries: [], complete: true });
  });

  it('a cache appends several at once in their order, and keeps the last of them', async () => {
    expect(await cache.append(key, ['a', 'b', 'c'], { lengthMax: 4, ttlMs: 600_000 })).toBe(3);
    expect(await cache.append(key, ['d', 'e'], { lengthMax: 4, ttlMs: 600_000 })).toBe(5);
    const kept = ['b', 'c', 'd', 'e'].map((value, index) => ({ id: index + 2, value }));
    expect(await cache.readSince(key, 0)).toEqual({ entries: kept, complete: false });
    expect(await cache.append(key, ['f', 'g', 'h'], { lengthMax: 2, ttlMs: 600_000 })).toBe(8);
    const last = ['g', 'h'].map((value, index) => ({ id: index + 7, value }));
    expect(await cache.readSince(key, 6)).toEqual({ entries: last, complete: true });
  });

  it('a cache gives no number twice when many append', async () => {
    const options = { lengthMax: 100, ttlMs: 600_000 };
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => cache.append(key, [`${n}`], options)));
    expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  it('a cache keeps the last entries of a list and says when some are missing', async () => {
    for (let n = 1; n <= 7; n++) await cache.append(key, [`${n}`], { lengthMax: 3, ttlMs: 600_000 });
    const kept = [5, 6, 7].map((id) => ({ id, value: `${id}` }));
    expect(await cache.readSince(key, 4)).toEqual({ entries: kept, complete: true });
    expect(await cache.readSince(key, 3)).toEqual({ entries: kept, complete: false });
    expect(await cache.readSince(key, 0)).toEqual({ entries: kept, complete: false });
    await cache.append(key, ['8'], { lengthMax: 1, ttlMs: 600_000 });
    expect(await cache.readSince(key, 7)).toEqual({ entries: [{ id: 8, value: '8' }], complete: true });
    expect(await cache.readSince(key, 6)).toEqual({ entries: [{ id: 8, value: '8' }], complete: false });
  });

  it('a cache does not pretend to be complete for a list it does not know, or a number it never gave', async () => {
    expect(await cache.readSince(key, 5)).toEqual({ entries: [], complete: false });
    await cache.append(key, ['a'], { lengthMax: 9, ttlMs: 600_000 });
    expect(await cache.readSince(key, 5)).toEqual({ entries: [], complete: false });
  });

  it('a cache counts until the end that its first increment set', async () => {
    expect(await cache.increment(key, 6_000)).toBe(1);
    expect(await cache.increment(key, 600_000, 5)).toBe(6);
    expect(await cache.increment(key, 600_000, -2)).toBe(4);
    await sleep(6_200);
    expect(await cache.increment(key, 600_000)).toBe(1);
  });

  it('a cache holds a large value whole', async () => {
    const value = 'x'.repeat(2_000_000);
    await cache.set(key, value, 600_000);
    expect(await cache.get(key)).toBe(value);
  });
});

const formCluster = async ({ url }: RedisServer): Promise<void> => {
  const node = new Redis(url);
  await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  while (!String(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await sleep(20);
  await node.quit();
};
