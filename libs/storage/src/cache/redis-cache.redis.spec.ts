import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { type RedisServer, freePort, startRedisServer } from '#libs/testing';
import { cacheOptions } from './cache.config.js';
import type { Cache } from './cache.js';
import { MemoryCache } from './memory-cache.js';
import { openCache } from './open-cache.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const configOf = (env: Record<string, string>) => parseConfig(cacheOptions, env);

/** Long enough for what is there, on a machine that stands still for seconds; short enough to be waited for. */
const TIMEOUT_S = '3';

/** Whether it is refused before anything can have been waited for. */
const isRefusedAtOnce = async (work: () => Promise<unknown>): Promise<boolean> => {
  let isRefused = false;
  work().catch(() => (isRefused = true));
  await turn();
  await turn();
  return isRefused;
};

const eventually = (check: () => Promise<boolean>): Promise<boolean> =>
  vi.waitUntil(() => check().catch(() => false), { interval: 20 });

describe('a cache in Redis', () => {
  let redis: RedisServer;
  let cache: Cache;

  beforeEach(async () => {
    redis = await startRedisServer();
    cache = await openCache(configOf({ REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: TIMEOUT_S }), logger);
  });
  afterEach(async () => {
    await cache.close();
    await redis.stop();
  });

  it('the cache in Redis keeps its keys under CACHE_PREFIX', async () => {
    const other = await openCache(configOf({ REDIS_URL: redis.url, CACHE_PREFIX: 'other:' }), logger);
    await cache.set('key', 'ours', 10_000);
    await cache.append('list', ['ours'], { lengthMax: 5, ttlMs: 10_000 });
    expect(await other.get('key')).toBeNull();
    expect((await other.readSince('list', 0)).entries).toEqual([]);
    const plain = new Redis(redis.url);
    expect((await plain.keys('*')).sort()).toEqual(['switchyard:key', 'switchyard:list']);
    await plain.quit();
    await other.close();
  });

  it('the cache in Redis fails an operation by its timeout while Redis is stopped, then at once, and mends itself', async () => {
    redis.pause();
    const failure = cache.get('key');
    await expect(failure).rejects.toMatchObject({ code: 'platform.not_ready' });
    await expect.poll(() => isRefusedAtOnce(() => cache.get('key'))).toBe(true);
    expect(cache.ready).toBe(false);
    redis.resume();
    await eventually(async () => (await cache.increment('n', 600_000)) > 0);
    expect(cache.ready).toBe(true);
  });

  it('the cache in Redis refuses at once while Redis is gone, mends itself, and finds what was kept', async () => {
    await cache.set('key', 'kept', 600_000);
    await redis.kill();
    await expect.poll(() => isRefusedAtOnce(() => cache.get('key'))).toBe(true);
    await expect(cache.get('key')).rejects.toMatchObject({ code: 'platform.not_ready' });
    await redis.restart();
    await eventually(async () => (await cache.get('key')) === 'kept');
  });

  it('the cache in Redis does not repeat an increment whose answer was lost', async () => {
    await cache.increment('n', 600_000);
    redis.pause();
    await expect(cache.increment('n', 600_000)).rejects.toMatchObject({ code: 'platform.not_ready' });
    redis.resume();
    let [seen, asked] = [0, 2];
    await eventually(async () => {
      asked++;
      return (seen = await cache.increment('n', 600_000)) > 0;
    });
    // Those that were lost may have been done or not, but never twice.
    expect(seen).toBeGreaterThanOrEqual(2);
    expect(seen).toBeLessThanOrEqual(asked);
  });

  it('the cache in Redis refuses writes, and goes on reading, when Redis is full', async () => {
    const admin = new Redis(redis.url);
    await cache.set('key', 'kept', 600_000);
    await admin.config('SET', 'maxmemory', '1');
    for (let n = 0; n < 5; n++) {
      await expect(cache.set('other', 'x', 600_000)).rejects.toMatchObject({ code: 'platform.not_ready' });
    }
    expect(await cache.get('key')).toBe('kept');
    await admin.config('SET', 'maxmemory', '0');
    await cache.set('other', 'x', 600_000);
    await admin.quit();
  });

  it('the cache in Redis notices a dead connection that nobody uses', async () => {
    const checked = await openCache(
      configOf({ REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: '0.05', REDIS_HEALTH_CHECK_INTERVAL: '0.1' }),
      logger,
    );
    redis.pause();
    await eventually(async () => !checked.ready);
    redis.resume();
    await eventually(async () => checked.ready);
    await checked.close();
  });
});

describe('opening the cache', () => {
  it('openCache rejects when Redis cannot be reached, in the time given', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    await expect(openCache(configOf({ REDIS_URL: url }), logger)).rejects.toThrow();
    const silent = 'redis://192.0.2.1:6379';
    const impatient = configOf({ REDIS_URL: silent, REDIS_SOCKET_CONNECT_TIMEOUT: '0.2' });
    await expect(openCache(impatient, logger)).rejects.toThrow();
  });

  it('openCache keeps it in this process without REDIS_URL, or when told to', async () => {
    expect(await openCache(configOf({}), logger)).toBeInstanceOf(MemoryCache);
    expect(await openCache(configOf({ CACHE_TYPE: 'database' }), logger)).toBeInstanceOf(MemoryCache);
    expect(
      await openCache(configOf({ REDIS_URL: 'redis://127.0.0.1:1', CACHE_TYPE: 'memory' }), logger),
    ).toBeInstanceOf(MemoryCache);
    await expect(openCache(configOf({ CACHE_TYPE: 'redis' }), logger)).rejects.toMatchObject({
      code: 'config.invalid',
    });
  });
});
