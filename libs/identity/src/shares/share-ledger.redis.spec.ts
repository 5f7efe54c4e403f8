import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { type Cache, cacheOptions, openCache } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { type RedisServer, startRedisServer } from '#libs/testing';
import { clientAddress } from '../client-address.js';
import { CallShares } from './call-shares.js';
import { ShareLedger } from './share-ledger.js';
import { shareOptions, shareSettingsOf } from './share.config.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const ann = {
  id: 'ann',
  kind: 'user',
  isAdmin: false,
  teams: [],
  permissions: [],
  serverId: null,
  tokenId: null,
} as const;

let redis: RedisServer;
const closing: (() => unknown)[] = [];

const replica = async (env: Record<string, string>, prefix: string) => {
  const cache: Cache = await openCache(
    parseConfig(cacheOptions, { REDIS_URL: redis.url, CACHE_PREFIX: prefix, REDIS_SOCKET_TIMEOUT: '3' }),
    logger,
  );
  const shares = new CallShares(shareSettingsOf(parseConfig(shareOptions, env), 0), clientAddress([]));
  const ledger = new ShareLedger(shares.owners, cache, logger);
  const close = () => (ledger.close(), shares.close());
  closing.push(close, () => cache.close());
  const enter = () => {
    try {
      return shares.enter(ann, {});
    } catch {
      return null;
    }
  };
  return { shares, ledger, enter, close };
};
const eventually = async (check: () => boolean): Promise<void> => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 20));
};

beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(async () => {
  for (const close of closing) await close();
  await redis.stop();
});

describe('the shares of callers over several replicas', () => {
  it('replicas hold together to how many a caller may have at once, and forget a replica that has died', async () => {
    const env = { CALLER_CONCURRENT_LIMIT: '4' };
    const [a, b] = await Promise.all([replica(env, 'at-once:'), replica(env, 'at-once:')]);
    for (let count = 0; count < 3; count++) a.enter();
    await eventually(() => b.shares.owners.caller.shareOf('ann', 0).inUseElsewhere === 3);
    expect([b.enter() === null, b.enter()]).toEqual([false, null]);
    a.close();
    await eventually(() => b.shares.owners.caller.shareOf('ann', 0).inUseElsewhere === 0);
    expect(b.enter()).not.toBeNull();
  });

  it('replicas hold together to how often a caller may ask', async () => {
    const env = { CALLER_RATE_LIMIT: '6', RATE_LIMIT_BURST: '200' };
    const [a, b] = await Promise.all([replica(env, 'rate:'), replica(env, 'rate:')]);
    // One taken before, so that both have heard of each other's list.
    const first = a.enter();
    await eventually(() => b.shares.owners.caller.size === 1);
    for (let count = 0; count < 12; count++) {
      const taken = a.enter();
      if (taken !== null) a.shares.leave(taken);
    }
    if (first !== null) a.shares.leave(first);
    const share = b.shares.owners.caller.shareOf('ann', performance.now());
    await eventually(() => share.tokens < 10);
    let left = 0;
    while (b.enter() !== null) left++;
    expect(left).toBeGreaterThanOrEqual(6);
    expect(left).toBeLessThanOrEqual(12);
  });

  it('a replica goes by what it knows while Redis is away, and tells the others afterwards', async () => {
    const env = { CALLER_CONCURRENT_LIMIT: '4' };
    const [a, b] = await Promise.all([replica(env, 'away:'), replica(env, 'away:')]);
    redis.pause();
    for (let count = 0; count < 4; count++) expect(a.enter()).not.toBeNull();
    expect(a.enter()).toBeNull();
    await a.ledger.sync();
    redis.resume();
    await eventually(() => b.shares.owners.caller.shareOf('ann', 0).inUseElsewhere === 4);
    expect(b.enter()).toBeNull();
  });
});
