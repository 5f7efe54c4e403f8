import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { TlsTexts } from '#libs/config';
import { backoffMs } from '#libs/resilience';

export type RedisConnection = Redis | Cluster;

/** Reconnects for ever, soon at first, spread out so that replicas do not come in step. */
const reconnectMs = (attempt: number): number => backoffMs(attempt, { firstMs: 100, maxMs: 1_000 });

/**
 * An unconnected client for what `REDIS_URL` says: one server, a cluster (`?cluster=true`), or the master that
 * sentinels name (`?sentinel=<name>&node=host:port…`).
 */
export const redisClient = (redisUrl: string, options: RedisOptions, tls: TlsTexts | null = null): RedisConnection => {
  const url = new URL(redisUrl);
  const shared: RedisOptions = {
    ...options,
    lazyConnect: true,
    retryStrategy: reconnectMs,
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: { ...tls } }),
  };
  const node = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) };
  const db = Number(url.pathname.slice(1) || 0);
  const master = url.searchParams.get('sentinel');

  if (master !== null) {
    const sentinels = [node, ...url.searchParams.getAll('node').map(nodeOf)];
    return new Redis({ ...shared, db, sentinels, name: master, sentinelRetryStrategy: reconnectMs });
  }
  if (url.searchParams.get('cluster') === 'true') {
    const { keyPrefix, enableOfflineQueue, lazyConnect: _, ...redisOptions } = shared;
    return new Cluster([node], {
      redisOptions,
      lazyConnect: true,
      clusterRetryStrategy: reconnectMs,
      ...(keyPrefix !== undefined && { keyPrefix }),
      ...(enableOfflineQueue !== undefined && { enableOfflineQueue }),
    });
  }
  return new Redis({ ...shared, ...node, db });
};

const nodeOf = (text: string): { host: string; port: number } => {
  const url = new URL(`redis://${text}`);
  return { host: url.hostname, port: Number(url.port || 26_379) };
};
