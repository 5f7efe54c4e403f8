import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bus, connectNats } from '#libs/bus';
import { type CallRecord, RecordCalls } from '#contracts/metrics/record-calls.request';
import { Outbox } from '#libs/outbox';
import { type EmbeddedPostgres, connectionOf, openDatabase, redisClient, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import {
  type ChildServer,
  type NatsServer,
  type RedisServer,
  startNatsServer,
  startRedisServer,
  temporaryFolder,
} from '#libs/testing';
import { openPostgresBackend, openRedisBackend } from '../src/queue/queue-backend.js';
import { aCall, calls } from './call-records.js';
import { startMetricsProcess } from './metrics-process.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const folder = temporaryFolder('metrics-faults');

let postgres: EmbeddedPostgres;
let nats: NatsServer;
let database: DataSource;
let bus: Bus;
let redis: RedisServer | undefined;
let outbox: Outbox | undefined;
const processes: ChildServer[] = [];

/** Each test starts processes, some of them again, and waits for what they do. */
const UNHURRIED = { timeout: 1_200_000 };
/** What is waited for comes; an answer may take its time where the test is not about its being late. */
const PATIENCE_MS = 400_000;

const until = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
  await vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 20 });
};

const startProcess = async (): Promise<ChildServer> => {
  const { host } = connectionOf(postgres.location);
  const process = await startMetricsProcess({
    SWITCHYARD_DATA_DIR: folder,
    DATABASE_URL: `postgresql://postgres@localhost/postgres?host=${host}`,
    NATS_URL: nats.url,
    REDIS_URL: redis?.url ?? '',
  });
  processes.push(process);
  return process;
};

const openOutbox = (): Outbox => {
  outbox = new Outbox({ dir: join(folder, 'outbox'), bus, logger, flushIntervalMs: 50, flushCount: 100 });
  return outbox;
};

const refused = (): void => {
  throw new Error('the disk took no record');
};

const run = async (into: Outbox, records: readonly CallRecord[]): Promise<void> => {
  for (const [index, record] of records.entries()) {
    into.settle(
      record,
      into.begin({ ...record, outcome: 'unknown' }, () => {}, refused),
    );
    if (index % 50 === 0) await sleep(5);
  }
};

const counted = async () => {
  const [row] = await database.query<{ rows: number; summed: number; ok: number }[]>(`
    SELECT (SELECT count(*)::integer FROM metrics.calls) AS rows, coalesce(sum(ok + unknown), 0)::integer AS summed,
      coalesce(sum(ok), 0)::integer AS ok
    FROM metrics.rollups WHERE hour = '-infinity'`);
  return row;
};

beforeAll(async () => {
  [postgres, nats] = await Promise.all([
    startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger }),
    startNatsServer(),
  ]);
  bus = await connectNats({ servers: nats.url, name: 'ingress', logger });
  database = await openDatabase({ location: postgres.location, schema: 'test', entities: [], migrations: [], logger });
});

afterAll(async () => {
  await database?.destroy();
  await bus?.drain();
  await nats?.stop();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
  await outbox?.close(0);
  outbox = undefined;
  await Promise.all(processes.splice(0).map((process) => process.kill()));
  await redis?.stop();
  redis = undefined;
  const [made] = await database.query<{ metrics: string | null }[]>("SELECT to_regclass('metrics.calls') AS metrics");
  if (made?.metrics) await database.query('TRUNCATE metrics.calls, metrics.rollups, metrics.refused_records');
});

describe.each(['redis', 'postgres'] as const)('with the queue on %s', UNHURRIED, (store) => {
  beforeEach(async () => {
    if (store === 'redis') redis = await startRedisServer(['--appendonly', 'no']);
  });

  it('a batch counts once when its process is killed between commit and answer', async () => {
    const first = await startProcess();
    const batch = calls(200);
    const locking = database.createQueryRunner();
    await locking.startTransaction();
    await locking.query('LOCK TABLE metrics.calls IN SHARE MODE');
    const asked = bus.ask(RecordCalls, { records: batch }).catch((error: unknown) => error);
    await until(async () => {
      const waiting = await database.query<unknown[]>('SELECT 1 FROM pg_locks WHERE NOT granted');
      return waiting.length > 0;
    });
    // The worker is about to write. With its store stopped it cannot finish the job once it has.
    redis?.pause();
    const holding = database.createQueryRunner();
    if (store === 'postgres') {
      await holding.startTransaction();
      await holding.query('LOCK TABLE bullmq.job IN SHARE MODE');
    }
    await locking.commitTransaction();
    await locking.release();
    await until(async () => (await counted())?.rows === 200);
    await first.kill();
    redis?.resume();
    if (store === 'postgres') await holding.rollbackTransaction();
    await holding.release();
    expect(await asked).toMatchObject({ name: 'GatewayError' });

    await startProcess();
    expect((await bus.ask(RecordCalls, { records: batch }, { timeoutMs: PATIENCE_MS })).head.accepted).toBe(200);
    expect(await counted()).toEqual({ rows: 200, summed: 200, ok: 200 });
  });

  it('no record is lost or doubled when processes are killed under load', async () => {
    let victim = await startProcess();
    await startProcess();
    const records = calls(3_000);
    const into = openOutbox();
    const load = run(into, records);
    for (let kills = 0; kills < 2; kills += 1) {
      await sleep(150);
      await victim.kill();
      victim = await startProcess();
    }
    await load;
    await until(() => into.pending === 0);
    expect(await counted()).toEqual({ rows: 3_000, summed: 3_000, ok: 3_000 });
  });

  it('a job is kept after three tries, and the rest goes on, when it cannot be done', async () => {
    await startProcess();
    const backend = redis
      ? openRedisBackend(redis.url, null, () => {})
      : await openPostgresBackend(postgres.location, () => {});
    const queue = backend.queue('call-records', {});
    const poison = await queue.add('write', { nonsense: true }, { attempts: 3, backoff: 50 });
    expect((await bus.ask(RecordCalls, { records: calls(10) }, { timeoutMs: PATIENCE_MS })).head.accepted).toBe(10);
    await until(async () => poison.isFailed());
    expect((await queue.getJob(poison.id ?? ''))?.attemptsMade).toBe(3);
    expect((await bus.ask(RecordCalls, { records: calls(10) }, { timeoutMs: PATIENCE_MS })).head.accepted).toBe(10);
    await queue.close();
    await backend.close();
  });
});

describe('a Redis that keeps nothing on disk', UNHURRIED, () => {
  beforeEach(async () => {
    redis = await startRedisServer(['--appendonly', 'no']);
  });

  it('no record is lost or doubled when a Redis without a disk is killed, flushed and restarted under load', async () => {
    await startProcess();
    const records = calls(3_000);
    const into = openOutbox();
    const load = run(into, records);
    await sleep(100);
    await redis?.kill();
    await sleep(500);
    await redis?.restart();
    const client = redisClient(redis?.url ?? '', {});
    await client.connect();
    for (let flushes = 0; flushes < 5; flushes += 1) {
      await client.flushall();
      await sleep(100);
    }
    client.disconnect();
    await load;
    await until(() => into.pending === 0);
    expect(await counted()).toEqual({ rows: 3_000, summed: 3_000, ok: 3_000 });
  });

  it('RecordCalls waits and loses nothing when Redis is paused', async () => {
    await startProcess();
    redis?.pause();
    const asked = await bus.ask(RecordCalls, { records: [aCall()] }, { timeoutMs: 2_000 }).catch((error) => error);
    expect(asked).toMatchObject({ name: 'GatewayError' });
    redis?.resume();
    await until(async () => {
      const answer = await bus.ask(RecordCalls, { records: [aCall({ callId: 'again' })] }).catch(() => null);
      return answer?.head.accepted === 1;
    });
  });
});
