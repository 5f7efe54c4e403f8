import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueEvents, Worker } from 'bullmq';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type EmbeddedPostgres, connectionOf, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { CallQueueService } from './call-queue.service.js';
import type { CallWriterService } from '../records/call-writer.service.js';
import { openPostgresBackend } from './queue-backend.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const folder = temporaryFolder('call-queue');
let postgres: EmbeddedPostgres;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir: folder, logger });
  client = new pg.Client(connectionOf(postgres.location));
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('CallQueueService pauses between attempts when every look into the queue fails, and goes on afterwards', async () => {
  const backend = await openPostgresBackend(postgres.location, () => {});
  const parts: (Worker | QueueEvents)[] = [];
  const runs: { mock: { settledResults: { type: string; value?: unknown }[] } }[] = [];
  let errors = 0;
  const queue = new CallQueueService(
    {
      ...backend,
      worker: (...of) => {
        const worker = backend.worker(...of).on('error', () => (errors += 1));
        parts.push(worker);
        runs.push(vi.spyOn(worker, 'run'));
        return worker;
      },
      events: (name) => {
        const events = backend.events(name);
        parts.push(events);
        return events;
      },
    },
    { write: async () => 0 } as unknown as CallWriterService,
    logger,
  );
  await Promise.all(parts.map((part) => part.waitUntilReady()));
  await queue.depth();

  await client.query('ALTER SCHEMA bullmq RENAME TO away');
  queue.onModuleInit();
  await sleep(3_000);
  await client.query('ALTER SCHEMA away RENAME TO bullmq');
  expect(errors).toBeGreaterThan(0);
  expect(errors).toBeLessThan(100);

  await sleep(2_500);
  expect(await queue.write('{}\n{}', performance.now() + 60_000)).toBe(0);
  await queue.beforeApplicationShutdown();
  const failed = runs.flatMap(({ mock }) => mock.settledResults.filter(({ type }) => type === 'rejected'));
  expect(failed.map(({ value }) => String(value)).filter((reason) => reason.includes('already running'))).toEqual([]);
});
