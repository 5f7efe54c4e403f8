import { type ConfigOf, type TlsTexts, decimal, oneOf, optionalText, readTlsFiles, text, url } from '#libs/config';

/** The settings of the cache, for every process that keeps something in it. */
export const cacheOptions = {
  CACHE_TYPE: oneOf(
    ['auto', 'redis', 'memory', 'database'],
    'auto',
    'Where sessions, events for resumption, leases and counters are kept. `auto`: in Redis when `REDIS_URL` is set, else in this process. `memory` is for a single replica. `database`, a word of ContextForge, means `auto`.',
  ),
  CACHE_PREFIX: text('switchyard:', 'What every key in Redis begins with.'),
  REDIS_URL: url(
    ['redis:', 'rediss:'],
    'Redis or Valkey; `rediss://` encrypts. A cluster: `redis://any-node:6379?cluster=true`. Sentinels: `redis://sentinel:26379/0?sentinel=<name of the master>`, more of them by `&node=host:port`.',
  ),
  REDIS_CA_PATH: optionalText(
    'PEM file of the authorities that the certificate of Redis is checked with (`rediss://`); unset: those that Node.js knows.',
  ),
  REDIS_CERT_PATH: optionalText('PEM file of the certificate that the process shows to Redis (`rediss://`).'),
  REDIS_KEY_PATH: optionalText('PEM file of its key.'),
  REDIS_SOCKET_TIMEOUT: decimal(0.5, 'Seconds an operation on Redis may take.', { min: 0.01 }),
  REDIS_SOCKET_CONNECT_TIMEOUT: decimal(2, 'Seconds connecting to Redis may take.', { min: 0.01 }),
  REDIS_HEALTH_CHECK_INTERVAL: decimal(
    30,
    'Seconds between checks of a Redis connection that nobody uses; 0 is never.',
  ),
} as const;

/** The parsed values of `cacheOptions`. */
export type CacheConfig = ConfigOf<typeof cacheOptions>;

/** What `redisClient` needs for `REDIS_URL`; `null` where that is not encrypted. Throws `config.invalid`. */
export const redisTls = (config: CacheConfig): TlsTexts | null => {
  const isEncrypted = config.REDIS_URL?.startsWith('rediss:') ?? false;
  const tls = readTlsFiles(
    {
      ca: ['REDIS_CA_PATH', config.REDIS_CA_PATH],
      cert: ['REDIS_CERT_PATH', config.REDIS_CERT_PATH],
      key: ['REDIS_KEY_PATH', config.REDIS_KEY_PATH],
    },
    isEncrypted,
  );
  return isEncrypted ? tls : null;
};
