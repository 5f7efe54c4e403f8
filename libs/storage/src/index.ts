export { CACHE } from './cache/cache.js';
export type { Cache, ListEntry, ListSlice } from './cache/cache.js';
export { cacheOptions, redisTls } from './cache/cache.config.js';
export type { CacheConfig } from './cache/cache.config.js';
export { MemoryCache } from './cache/memory-cache.js';
export { openCache } from './cache/open-cache.js';
export type { Keeping } from './cache/open-cache.js';
export { redisClient } from './cache/redis-connection.js';
export type { RedisCacheOptions } from './cache/redis-cache.js';
export { openDatabase } from './postgres/database.js';
export type { DatabaseOptions, Entity } from './postgres/database.js';
export { databaseFailure } from './postgres/database-failure.js';
export {
  InjectDatabase,
  POSTGRES,
  databaseToken,
  provideDatabase,
} from './postgres/database.provider.js';
export { startEmbeddedPostgres } from './postgres/embedded/embedded-postgres.js';
export type { EmbeddedPostgres } from './postgres/embedded/embedded-postgres.js';
export { connectionOf } from './postgres/location.js';
export type { PostgresLocation } from './postgres/location.js';
export type { MigrationClass } from './postgres/migrate.js';
export { postgresOptions, postgresSettings } from './postgres/postgres.config.js';
export type { PostgresConfig, PostgresSettings } from './postgres/postgres.config.js';
export { atLength } from './postgres/at-length.js';
export { transact } from './postgres/transact.js';
