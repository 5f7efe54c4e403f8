import { fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { CacheConfig } from './cache.config.js';
import type { Cache } from './cache.js';
import { MemoryCache } from './memory-cache.js';
import { connectRedisCache } from './redis-cache.js';

/** The cache that the configuration asks for. One attempt to connect: whoever starts the process repeats it. */
export const openCache = async (config: CacheConfig, logger: Logger): Promise<Cache> => {
  const kind = config.CACHE_TYPE === 'auto' ? (config.REDIS_URL === null ? 'memory' : 'redis') : config.CACHE_TYPE;
  if (kind === 'memory') return new MemoryCache();
  if (config.REDIS_URL === null)
    throw fail('config.invalid', { message: 'CACHE_TYPE is redis, but REDIS_URL is not set' });
  return connectRedisCache({
    url: config.REDIS_URL,
    prefix: config.CACHE_PREFIX,
    timeoutMs: config.REDIS_SOCKET_TIMEOUT * 1000,
    connectTimeoutMs: config.REDIS_SOCKET_CONNECT_TIMEOUT * 1000,
    checkIntervalMs: config.REDIS_HEALTH_CHECK_INTERVAL * 1000,
    logger,
  });
};
