import { fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { type CacheConfig, redisTls } from './cache.config.js';
import type { Cache } from './cache.js';
import type { PostgresLocation } from '../postgres/location.js';
import { KeptCache } from './kept/kept-cache.js';
import { MemoryCache } from './memory-cache.js';
import { connectRedisCache } from './redis-cache.js';

/** Where entries that must outlive the process are kept, and which: those whose keys begin with one of `prefixes`. */
export interface Keeping {
  readonly location: PostgresLocation;
  readonly prefixes: readonly string[];
}

/**
 * The cache that the configuration asks for. One attempt to connect: whoever starts the process repeats it. Redis outlives
 * the process by itself; memory does so with `keeping`. Rejects with `config.invalid` where no Redis is named, and with
 * what the store said.
 */
export const openCache = async (config: CacheConfig, logger: Logger, keeping?: Keeping): Promise<Cache> => {
  const { CACHE_TYPE: asked } = config;
  const isOpen = asked === 'auto' || asked === 'database';
  const kind = isOpen ? (config.REDIS_URL === null ? 'memory' : 'redis') : asked;
  if (kind === 'memory') {
    return keeping === undefined ? new MemoryCache() : KeptCache.open(keeping.location, keeping.prefixes, logger);
  }
  if (config.REDIS_URL === null)
    throw fail('config.invalid', { message: 'CACHE_TYPE is redis, but REDIS_URL is not set' });
  return connectRedisCache({
    url: config.REDIS_URL,
    tls: redisTls(config),
    prefix: config.CACHE_PREFIX,
    timeoutMs: config.REDIS_SOCKET_TIMEOUT * 1000,
    connectTimeoutMs: config.REDIS_SOCKET_CONNECT_TIMEOUT * 1000,
    checkIntervalMs: config.REDIS_HEALTH_CHECK_INTERVAL * 1000,
    logger,
  });
};
