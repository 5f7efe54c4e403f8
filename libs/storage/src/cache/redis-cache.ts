import { ReplyError } from 'ioredis';
import type { TlsTexts } from '#libs/config';
import { fail } from '#libs/errors';
import { CircuitBreaker } from '#libs/resilience';
import { type Logger, tracedAsk } from '#libs/telemetry';
import type { Cache, ListOptions, ListSlice } from './cache.js';
import { type RedisConnection, redisClient } from './redis-connection.js';
import { type ScriptCommands, scripts } from './redis-scripts.js';

/** How a cache in Redis or Valkey is reached; times in milliseconds. */
export interface RedisCacheOptions {
  readonly url: string;
  readonly tls: TlsTexts | null;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** 0: never. */
  readonly checkIntervalMs: number;
  readonly logger: Logger;
}

/** Connects; rejects when it cannot. From then on the connection mends itself, and operations fail fast meanwhile. */
export const connectRedisCache = async (options: RedisCacheOptions): Promise<RedisCache> => {
  const redis = redisClient(
    options.url,
    {
      keyPrefix: options.prefix,
      commandTimeout: options.timeoutMs,
      connectTimeout: options.connectTimeoutMs,
      // Nothing waits for a connection, and what was sent on a lost one is not sent again: it may have been done.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    },
    options.tls,
  );
  redis.on('error', (error: Error) => options.logger.debug({ reason: error.message }, 'redis connection'));
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return new RedisCache(redis, options);
};

type Connection = RedisConnection & ScriptCommands;

const wholeMs = (ttlMs: number): number => Math.max(1, Math.ceil(ttlMs));

export class RedisCache implements Cache {
  private readonly redis: Connection;
  /** Spares callers the wait for a store that does not answer. */
  private readonly breaker = new CircuitBreaker({ failuresMax: 3, openMs: 1_000, openMsMax: 1_000 });
  private readonly logger: Logger;
  private readonly check: NodeJS.Timeout | undefined;

  constructor(
    redis: RedisConnection,
    { logger, checkIntervalMs }: Pick<RedisCacheOptions, 'logger' | 'checkIntervalMs'>,
  ) {
    for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(name, { numberOfKeys: 1, lua });
    this.redis = redis as Connection;
    this.logger = logger;
    if (checkIntervalMs > 0) {
      this.check = setInterval(
        () => void this.run('ping', (client) => client.ping()).catch(() => {}),
        checkIntervalMs,
      ).unref();
    }
  }

  get ready(): boolean {
    return this.redis.status === 'ready' && !this.breaker.isOpen;
  }

  get(key: string): Promise<string | null> {
    return this.run('get', (redis) => redis.get(key));
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.run('set', (redis) => redis.set(key, value, 'PX', wholeMs(ttlMs)));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.run('del', (redis) => redis.del(key))) === 1;
  }

  getAndDelete(key: string): Promise<string | null> {
    return this.run('getdel', (redis) => redis.getdel(key));
  }

  async extend(key: string, ttlMs: number): Promise<boolean> {
    return (await this.run('pexpire', (redis) => redis.pexpire(key, wholeMs(ttlMs)))) === 1;
  }

  async setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    return (await this.run('set', (redis) => redis.set(key, value, 'PX', wholeMs(ttlMs), 'NX'))) === 'OK';
  }

  async compareAndSet(key: string, expected: string, value: string, ttlMs: number): Promise<boolean> {
    return (
      (await this.run('compareAndSet', (redis) => redis.compareAndSet(key, expected, value, wholeMs(ttlMs)))) === 1
    );
  }

  async compareAndExtend(key: string, expected: string, ttlMs: number): Promise<boolean> {
    return (await this.run('compareAndExtend', (redis) => redis.compareAndExtend(key, expected, wholeMs(ttlMs)))) === 1;
  }

  async compareAndDelete(key: string, expected: string): Promise<boolean> {
    return (await this.run('compareAndDelete', (redis) => redis.compareAndDelete(key, expected))) === 1;
  }

  append(key: string, values: readonly string[], { lengthMax, ttlMs }: ListOptions): Promise<number> {
    return this.run('appendToList', (redis) => redis.appendToList(key, lengthMax, wholeMs(ttlMs), ...values));
  }

  async readSince(key: string, id: number): Promise<ListSlice> {
    const [last, oldest, from, values] = await this.run('readList', (redis) => redis.readList(key, id));
    const entries = values.map((value, index) => ({ id: from + index, value }));
    return { entries, complete: last === 0 ? id === 0 : id >= oldest - 1 && id <= last };
  }

  increment(key: string, ttlMs: number, by = 1): Promise<number> {
    return this.run('countUp', (redis) => redis.countUp(key, by, wholeMs(ttlMs)));
  }

  async close(): Promise<void> {
    clearInterval(this.check);
    await this.redis.quit().catch(() => {});
    this.redis.disconnect();
  }

  private async run<T>(name: string, operation: (redis: Connection) => Promise<T>): Promise<T> {
    if (!this.breaker.tryAcquire()) throw unavailable(undefined);
    try {
      const result = await tracedAsk(
        () => operation(this.redis),
        () => ({ name, attributes: { 'db.system.name': 'redis', 'db.operation.name': name } }),
      );
      this.breaker.succeeded();
      return result;
    } catch (error) {
      // A reply, even one that refuses, comes from a server that is well.
      if (error instanceof ReplyError) this.breaker.succeeded();
      else if (this.breaker.failed()) this.reconnect(error);
      throw unavailable(error);
    }
  }

  /** The socket may lead nowhere without anybody having said so. */
  private reconnect(error: unknown): void {
    this.logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'redis does not answer');
    if (this.redis.status === 'ready') this.redis.disconnect(true);
  }
}

const unavailable = (cause: unknown): Error =>
  fail('platform.not_ready', { message: 'The cache is unavailable', cause });
