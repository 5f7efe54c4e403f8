import fs from 'node:fs';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { authService } from '#apps/auth';
import { metricsService } from '#apps/metrics';
import { type AnyServicePart, type RunningService, startService } from '#libs/service';
import { type EmbeddedPostgres, connectionOf, startEmbeddedPostgres } from '#libs/storage';
import { type Logger, createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';

const MIGRATION_LOCK = 41;

/** The last one, which waits in its midst for as long as the test wants. */
class Waits1999000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE auth.left_over (id integer)');
    await runner.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
  }
  async down(): Promise<void> {}
}

/** A statement that no waiting mends. */
class Fails1999000000001 implements MigrationInterface {
  up(runner: QueryRunner): Promise<void> {
    return runner.query('ALTER TABLE auth.left_over ADD COLUMN broken nonsense');
  }
  async down(): Promise<void> {}
}

const folder = temporaryFolder('interrupted');
let postgres: EmbeddedPostgres;
let env: Record<string, string>;
let holder: pg.Client;
let running: RunningService | null = null;
let lines: string[];
let logger: Logger;

beforeAll(async () => {
  const silent = createLogger({ service: 'test', level: 'silent' });
  postgres = await startEmbeddedPostgres({ dataDir: folder, logger: silent });
  const { socketDir } = postgres.location as { socketDir: string };
  env = {
    PORT: '0',
    SWITCHYARD_DATA_DIR: `${folder}/data`,
    DATABASE_URL: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(socketDir)}`,
    DB_RETRY_INTERVAL_MS: '100',
    JWT_SECRET_KEY: 'nobody guesses these words of the tests 1',
    AUTH_ENCRYPTION_SECRET: 'nobody guesses these words of the tests 2',
  };
});
afterAll(async () => {
  await postgres?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await running?.stop();
  running = null;
});

const connect = async (): Promise<pg.Client> => {
  const client = new pg.Client(connectionOf(postgres.location));
  // It ends with the server that is killed.
  client.on('error', () => {});
  await client.connect();
  return client;
};

const hold = async (sql: string): Promise<void> => {
  holder = await connect();
  await holder.query(sql);
};

/** Until the start is held, and then without the server, which comes back by itself, without what was held. */
const killWhereHeld = async (): Promise<void> => {
  // Not the holder: within a transaction it sees what it saw first.
  const looker = await connect();
  await vi.waitFor(
    async () => {
      const { rows } = await looker.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
      expect(rows).not.toEqual([]);
    },
    { interval: 10 },
  );
  process.kill(postgres.pid, 'SIGKILL');
};

const start = (parts: readonly AnyServicePart[], more: Record<string, string> = {}): Promise<void> => {
  lines = [];
  const destination = { write: (line: string) => void lines.push(line) };
  logger = createLogger({ service: 'test', level: 'warn', destination });
  return startService({ parts, env: { ...env, ...more }, logger }).then((service) => void (running = service));
};

const migrating = (...more: (new () => MigrationInterface)[]): AnyServicePart => {
  const { database } = authService.needs;
  if (database === undefined) throw new Error('auth has a database');
  return { ...authService, needs: { database: { ...database, migrations: [...database.migrations, ...more] } } };
};

const ready = async (): Promise<number> => (await fetch(`${running?.url}/ready`)).status;

it('a service goes on when its database is killed in the middle of a migration', async () => {
  await hold(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
  const starting = start([migrating(Waits1999000000000)]);
  await killWhereHeld();
  await starting;
  expect(await ready()).toBe(200);
  expect(lines.filter((line) => line.includes('PostgreSQL is not reachable yet'))).not.toEqual([]);
});

it.each([
  ['the first work of auth', 'auth', authService],
  ['the queue of call records', 'bullmq', metricsService],
] as const)('a service goes on when its database is killed during %s', async (_what, schema, part) => {
  // The tables are there from the start before.
  await start([part]);
  await running?.stop();
  await hold('BEGIN');
  const tables = await holder.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = $1 AND tablename <> 'migrations'`,
    [schema],
  );
  await holder.query(`LOCK TABLE ${tables.rows.map(({ name }) => name).join(', ')}`);
  const starting = start([part], { DB_LOCK_TIMEOUT_MS: '0', DB_STATEMENT_TIMEOUT_MS: '0' });
  await killWhereHeld();
  await starting;
  expect(await ready()).toBe(200);
  expect(lines.filter((line) => line.includes('is not reachable yet'))).not.toEqual([]);
});

it('a service ends at once when a migration fails, as no waiting mends it', async () => {
  await expect(start([migrating(Waits1999000000000, Fails1999000000001)])).rejects.toThrow(/nonsense/);
  expect(lines.filter((line) => line.includes('is not reachable yet'))).toEqual([]);
});
