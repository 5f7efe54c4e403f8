import { rmSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type EmbeddedPostgres, openDatabase, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { CALLS, DaysRepository } from '../src/retention/days.repository.js';
import { RetentionRepository } from '../src/retention/retention.repository.js';
import { metricsDatabase } from '../src/storage/metrics.database.js';

const DAY_MS = 86_400_000;
const logger = createLogger({ service: 'test', level: 'silent' });
const folder = temporaryFolder('days');
let postgres: EmbeddedPostgres;
let database: DataSource;

const open = async (migrations: number = metricsDatabase.migrations.length): Promise<void> => {
  database = await openDatabase({
    ...metricsDatabase,
    migrations: metricsDatabase.migrations.slice(0, migrations),
    location: postgres.location,
    pool: { statementTimeoutMs: 2_000, poolSize: 1 },
    logger,
  });
};
const insert = (callId: string, atMs: number): Promise<unknown> =>
  database.query(
    `INSERT INTO metrics.calls (call_id, started_at, latency_ms, principal_id, method, name, outcome, request_bytes, response_bytes)
     VALUES ($1, $2, 1, 'ann@example.com', 'tools/call', 'echo', 'ok', 1, 1)`,
    [callId, new Date(atMs)],
  );
/** Which partition each call stands in, without the digits of days. */
const places = async (): Promise<Record<string, string>> => {
  const rows = await database.query<{ id: string; place: string }[]>(
    `SELECT call_id AS id, regexp_replace(tableoid::regclass::text, '\\d{8}', 'DAY') AS place FROM metrics.calls`,
  );
  return Object.fromEntries(rows.map(({ id, place }) => [id, place]));
};

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir: folder, logger });
});
afterEach(async () => {
  await database.query('DROP EVENT TRIGGER IF EXISTS slow');
  await database.query('DROP SCHEMA metrics CASCADE');
  await database.destroy();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('DaysRepository makes partitions when making one takes longer than DB_STATEMENT_TIMEOUT_MS', async () => {
  await open();
  await database.query(
    `CREATE FUNCTION metrics.linger() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2.6); END'`,
  );
  await database.query(
    `CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION metrics.linger()`,
  );
  const nowMs = Date.now();
  await new DaysRepository(database).prepare(CALLS, nowMs, 0);
  await insert('now', nowMs);
  expect(await places()).toEqual({ now: 'metrics.calls_DAY' });
});

it.each([
  ['as one table', 1],
  ['with a default partition alone', 2],
])('DaysRepository reads no call of before when it makes a day and calls were kept %s', async (_how, migrations) => {
  await open(migrations);
  const nowMs = Date.now();
  await insert('old', nowMs - 20 * DAY_MS);
  await insert('now', nowMs);
  await insert('ahead', nowMs + 3 * DAY_MS);
  await database.destroy();

  await open();
  expect(await places()).toEqual({
    old: 'metrics.calls_before_DAY',
    now: 'metrics.calls_before_DAY',
    ahead: 'metrics.calls_of_other_days',
  });
  const days = new DaysRepository(database);
  await days.prepare(CALLS, nowMs, 3);
  expect((await places())['ahead']).toBe('metrics.calls_DAY');
  const [read] = await database.query<{ rows: number }[]>(
    'SELECT count(*)::integer AS rows FROM ONLY metrics.calls_of_other_days',
  );
  expect(read).toEqual({ rows: 0 });

  await insert('late', nowMs - 19 * DAY_MS);
  await insert('far ahead', nowMs + 90 * DAY_MS);
  const before = new Date(nowMs - 10 * DAY_MS);
  expect(
    await new RetentionRepository(database).deleteOlder({
      callsBefore: before,
      hoursBefore: before,
      linesBefore: before,
    }),
  ).toEqual({ calls: 2, lines: 0 });
  expect(Object.keys(await places()).sort()).toEqual(['ahead', 'far ahead', 'now']);

  // The end of what was before is the day after tomorrow, as it was when the migration ran.
  const [{ endMs } = { endMs: 0 }] = (await days.spans(CALLS)).filter(({ startMs }) => startMs === 0);
  expect([nowMs, Date.now()].map((ms) => (Math.floor(ms / DAY_MS) + 2) * DAY_MS)).toContain(endMs);
  expect(await days.dropBefore(CALLS, endMs - 1)).toBe(0);
  expect(await days.dropBefore(CALLS, endMs)).toBe(1);
  expect(Object.keys(await places()).sort()).toEqual(['ahead', 'far ahead']);
});

it('the migration to calls of before keeps the days that there are when calls of other days stand beside them', async () => {
  await open(2);
  const nowMs = Date.now();
  const days = new DaysRepository(database);
  await insert('old', nowMs - 20 * DAY_MS);
  await days.prepare(CALLS, nowMs, 1);
  await insert('now', nowMs);
  await insert('ahead', nowMs + 9 * DAY_MS);
  await database.destroy();

  await open();
  expect(await places()).toEqual({
    old: 'metrics.calls_before_DAY',
    now: 'metrics.calls_DAY',
    ahead: 'metrics.calls_of_other_days',
  });
});

it('the calls of a trace are found by an index when there are many others', async () => {
  await open();
  // Of the one connection there is: so many rows take a busy machine longer.
  await database.query('SET statement_timeout = 0');
  await database.query(`
    INSERT INTO metrics.calls (
      call_id, started_at, latency_ms, principal_id, method, name, outcome, request_bytes, response_bytes, trace_id)
    SELECT n::text, now() - n * interval '1 s', 1, 'ann@example.com', 'tools/call', 'echo', 'ok', 1, 1, md5(n::text)
    FROM generate_series(1, 5000) n`);
  await database.query('ANALYZE metrics.calls_of_other_days');
  const plan = await database.query<object[]>(`
    EXPLAIN SELECT FROM metrics.calls WHERE trace_id = md5('7') ORDER BY started_at DESC, call_id DESC LIMIT 101`);
  expect(JSON.stringify(plan)).toContain('trace_id_idx');
});

it('the clean-up of a version without partitions deletes nothing when it runs beside a newer one', async () => {
  await open();
  const days = new DaysRepository(database);
  const nowMs = Date.now();
  await days.prepare(CALLS, nowMs, 0);
  // Both stand at the first place of their partition.
  await insert('old', nowMs - 20 * DAY_MS);
  await insert('now', nowMs);
  const deletion = database.query(
    `DELETE FROM metrics.calls WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM metrics.calls WHERE started_at < $1 LIMIT 10000 FOR UPDATE SKIP LOCKED))`,
    [new Date(nowMs - DAY_MS)],
  );
  await expect(deletion).rejects.toThrow(/partitions/);
  expect(Object.keys(await places()).sort()).toEqual(['now', 'old']);
  await database.query("DELETE FROM metrics.calls WHERE name = 'echo'");
  expect(await places()).toEqual({});
});
