import {
  type PostgresConnectionOptions,
  Queue,
  QueueEvents,
  type QueueOptions,
  Worker,
  type WorkerOptions,
  createPostgresBackend,
  runMigrations,
} from 'bullmq';
import pg from 'pg';
import type { TlsTexts } from '#libs/config';
import { type PostgresLocation, connectionOf, redisClient } from '#libs/storage';

export interface QueuedJob {
  readonly id?: string | undefined;
  readonly data: unknown;
}

type Processor = (job: QueuedJob) => Promise<unknown>;

/** BullMQ, on whichever store. `onError` hears of everything that fails in the background. */
export interface QueueBackend {
  readonly store: 'redis' | 'postgres';
  queue(name: string, options: Omit<QueueOptions, 'connection'>): Queue;
  events(name: string): QueueEvents;
  worker(name: string, process: Processor, options: Omit<WorkerOptions, 'connection'>): Worker;
  close(): Promise<void>;
}

/** All keys of the queue in one slot of a cluster. */
const REDIS_PREFIX = '{switchyard}:queue';
const COMMAND_TIMEOUT_MS = 2_000;

export const openRedisBackend = (
  url: string,
  tls: TlsTexts | null,
  onError: (error: unknown) => void,
): QueueBackend => {
  const clients: ReturnType<typeof redisClient>[] = [];
  const connect = (blocking: boolean) => {
    const client = redisClient(
      url,
      {
        connectTimeout: COMMAND_TIMEOUT_MS,
        // A worker waits for Redis for ever; whoever asks to have something written is told soon that it cannot be.
        ...(blocking
          ? { maxRetriesPerRequest: null }
          : { maxRetriesPerRequest: 1, commandTimeout: COMMAND_TIMEOUT_MS }),
      },
      tls,
    );
    client.on('error', onError);
    clients.push(client);
    return client;
  };
  return {
    store: 'redis',
    queue: (name, options) => new Queue(name, { ...options, prefix: REDIS_PREFIX, connection: connect(false) }),
    events: (name) => new QueueEvents(name, { autorun: false, prefix: REDIS_PREFIX, connection: connect(true) }),
    worker: (name, process, options) =>
      new Worker(name, process, { ...options, prefix: REDIS_PREFIX, connection: connect(true) }),
    close: async () => {
      for (const client of clients) client.disconnect();
    },
  };
};

/** BullMQ keeps to this schema when it is given a pool. */
const POSTGRES_SCHEMA = 'bullmq';
/** Queue, events and worker share them; two of them listen all the time. */
const POSTGRES_CONNECTIONS = 8;

export const openPostgresBackend = async (
  location: PostgresLocation,
  onError: (error: unknown) => void,
): Promise<QueueBackend> => {
  const connection = connectionOf(location);
  // Its SQL names no schema. And without its tables a worker would fail for ever at full speed, so they come first.
  const pool = new pg.Pool({
    ...connection,
    max: POSTGRES_CONNECTIONS,
    keepAlive: true,
    connectionTimeoutMillis: COMMAND_TIMEOUT_MS,
    application_name: 'switchyard-queue',
    options: `-c search_path=${POSTGRES_SCHEMA}`,
  });
  pool.on('error', onError);
  // While a connection is handed out, the pool does not listen to it, and an error unheard ends the process.
  pool.on('connect', (client) => client.on('error', onError));
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client, POSTGRES_SCHEMA);
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    throw error;
  }
  // Under `exactOptionalPropertyTypes` a pool of `pg` is not the pool that BullMQ describes.
  const ready = pool as unknown as PostgresConnectionOptions;
  return {
    store: 'postgres',
    queue: (name, options) =>
      new Queue(name, { ...options, connection: ready }, createPostgresBackend) as unknown as Queue,
    events: (name) =>
      new QueueEvents(name, { autorun: false, connection: ready }, createPostgresBackend) as unknown as QueueEvents,
    worker: (name, process, options) =>
      new Worker(name, process, { ...options, connection: ready }, createPostgresBackend) as unknown as Worker,
    close: () => pool.end(),
  };
};
