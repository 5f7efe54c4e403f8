import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  connectionOf,
  copyCluster,
  type EmbeddedPostgres,
  placeCluster,
  runningPostgres,
  type RunningPostgres,
  startEmbeddedPostgres,
} from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';

const logger = createLogger({ service: 'test', level: 'silent' });
let folder: string;
const started: EmbeddedPostgres[] = [];
const clients: pg.Client[] = [];

beforeEach(() => {
  folder = temporaryFolder('cluster files');
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
  for (const server of started.splice(0)) await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const start = async (name: string): Promise<pg.Client> => {
  const server = await startEmbeddedPostgres({ dataDir: path.join(folder, name, 'postgres'), logger });
  started.push(server);
  const client = new pg.Client(connectionOf(server.location));
  await client.connect();
  clients.push(client);
  return client;
};

it('a copy of a server holds every row from before when it was written to and a table was dropped meanwhile', async () => {
  const client = await start('one');
  await client.query('CREATE TABLE note (n int PRIMARY KEY, text text)');
  await client.query('CREATE TABLE gone AS SELECT g FROM generate_series(1, 1000) g');
  let written = 0;
  const copying = new AbortController();
  const writing = (async () => {
    while (!copying.signal.aborted) {
      await client.query(`INSERT INTO note SELECT $1::int + g, repeat('x', 100) FROM generate_series(1, 10) g`, [
        written,
      ]);
      written += 10;
      if (written === 50) await client.query('DROP TABLE gone; CHECKPOINT');
    }
  })();
  const cluster = await placeCluster(path.join(folder, 'other', 'postgres'), logger);
  let before = 0;
  for await (const file of copyCluster(runningPostgres(path.join(folder, 'one')) as RunningPostgres)) {
    // What was written while its data was being copied is there by its log alone.
    if (file.path === 'global/pg_control') before = written;
    await cluster.add(file);
  }
  copying.abort();
  await writing;
  expect(before).toBeGreaterThan(50);

  const copy = await start('other');
  const [row] = (await copy.query('SELECT count(*)::int AS count, max(n) AS last FROM note')).rows;
  expect(row.last).toBe(row.count);
  expect(row.count).toBeGreaterThanOrEqual(before);
  expect((await copy.query('SELECT n FROM note WHERE n = $1', [before])).rowCount).toBe(1);
  const slots = await client.query('SELECT 1 FROM pg_replication_slots');
  expect(slots.rowCount).toBe(0);
});
