import { once } from 'node:events';
import fs from 'node:fs';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { createLogger, renderPrometheus } from '#libs/telemetry';
import {
  type TransactionPooler,
  spawnSource,
  startStallingProxy,
  startTransactionPooler,
  temporaryFolder,
} from '#libs/testing';
import { Note, noteMigrations } from '../../test/note.entity.js';
import { actingAs } from '../audit/actor.js';
import { databaseFailure } from './database-failure.js';
import { openDatabase, planMigrations, reachPostgres } from './database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { EMBEDDED_PORT, type PostgresLocation, connectionOf } from './location.js';
import { postgresOptions, postgresSettings } from './postgres.config.js';
import { transact } from './transact.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const folder = temporaryFolder('database');
let server: EmbeddedPostgres;
let socketDir: string;
let admin: pg.Client;
const opened: DataSource[] = [];

const settings = (env: Record<string, string>) => postgresSettings(parseConfig(postgresOptions, env));

const openNotes = async (
  location: PostgresLocation = server.location,
  migrations = noteMigrations,
): Promise<DataSource> => {
  const database = await openDatabase({ location, schema: 'notes', entities: [Note], migrations, logger });
  opened.push(database);
  return database;
};

const openWith = (env: Record<string, string>): Promise<DataSource> =>
  openNotes({ ...server.location, settings: settings(env) });

const ask = async (sql: string): Promise<Record<string, unknown>[]> => (await admin.query(sql)).rows;

const failureOf = async (work: () => Promise<unknown>): Promise<{ code?: string; error: unknown }> => {
  const error: unknown = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return {
    error,
    ...(error instanceof Error && 'code' in error && { code: String(error.code) }),
  };
};

/** Statements that end when they are told to. */
const HELD = 4_711;
const waitFor = (database: DataSource): Promise<unknown> => database.query(`SELECT pg_advisory_lock_shared(${HELD})`);
const holdThem = () => ask(`SELECT pg_advisory_lock(${HELD})`);
const letThemGo = () => ask(`SELECT pg_advisory_unlock(${HELD})`);
const PATIENT = { DB_STATEMENT_TIMEOUT_MS: '600000', DB_LOCK_TIMEOUT_MS: '600000' };

beforeAll(async () => {
  server = await startEmbeddedPostgres({ dataDir: folder, logger });
  ({ socketDir } = server.location as { socketDir: string });
});
afterAll(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  admin = new pg.Client(connectionOf(server.location));
  admin.on('error', () => {});
  await admin.connect();
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.destroy().catch(() => {});
  await ask('DROP SCHEMA IF EXISTS notes CASCADE');
  await admin.end();
});

describe('opening a database', () => {
  it('openDatabase makes the schema, runs the migrations once, and keeps everything inside the schema', async () => {
    const first = await openNotes();
    const made = await first.getRepository(Note).save({ text: 'hello' });
    expect(made.id).toMatch(/^[0-9a-f-]{36}$/);
    const second = await openNotes();
    expect(await second.getRepository(Note).find({ order: { text: 'ASC' } })).toHaveLength(2);
    expect(await ask(`SELECT name FROM notes.migrations ORDER BY id`)).toEqual([
      { name: 'CreateNote1700000000000' },
      { name: 'LabelNote1700000000001' },
    ]);
    expect(await ask(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
  });

  it('openDatabase migrates once when several processes start together', async () => {
    const script = new URL('../../test/migrate-once.ts', import.meta.url);
    const replicas = [1, 2, 3].map(() => spawnSource(script, [socketDir]));
    const ended = replicas.map(async (replica) => (await once(replica, 'exit'))[0] as number);
    await Promise.all(replicas.map((replica) => once(replica, 'message')));
    for (const replica of replicas) replica.send('go');
    const codes = await Promise.all(ended);
    expect(codes).toEqual([0, 0, 0]);
    expect(await ask('SELECT count(*)::int AS n FROM notes.migrations')).toEqual([{ n: 2 }]);
    expect(await ask(`SELECT count(*)::int AS n FROM notes.note WHERE text LIKE 'made%'`)).toEqual([{ n: 1 }]);
    expect(await ask(`SELECT count(*)::int AS n FROM notes.note WHERE text LIKE 'from%'`)).toEqual([{ n: 3 }]);
  });

  it('openDatabase keeps nobody waiting when its migration waits for who reads a table', async () => {
    await openNotes();
    class Widen implements MigrationInterface {
      name = 'Widen1700000000009';
      up = async (runner: QueryRunner): Promise<void> =>
        void (await runner.query('ALTER TABLE notes.note ADD late text'));
      down = async (): Promise<void> => {};
    }
    const reader = new pg.Client(connectionOf(server.location));
    await reader.connect();
    await reader.query('BEGIN');
    await reader.query('SELECT * FROM notes.note');
    const migrated = openNotes(server.location, [...noteMigrations, Widen]);
    const waits = `SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted`;
    await expect.poll(() => ask(waits), { interval: 5 }).toHaveLength(1);
    // Behind the migration, which is behind the reader.
    await admin.query("SET lock_timeout = '100s'");
    await ask('SELECT * FROM notes.note');
    expect(await ask("SELECT 1 FROM information_schema.columns WHERE column_name = 'late'")).toEqual([]);
    await reader.query('COMMIT');
    await reader.end();
    await migrated;
    expect(await ask("SELECT 1 FROM information_schema.columns WHERE column_name = 'late'")).toHaveLength(1);
  });

  it('openDatabase takes back everything when a migration fails, and goes on from there next time', async () => {
    class Broken1700000000002 implements MigrationInterface {
      up(runner: QueryRunner): Promise<void> {
        return runner.query('ALTER TABLE notes.note ADD COLUMN broken nonsense');
      }
      async down(): Promise<void> {}
    }
    await expect(openNotes(server.location, [...noteMigrations, Broken1700000000002])).rejects.toThrow(/nonsense/);
    expect(await ask(`SELECT 1 FROM pg_namespace WHERE nspname = 'notes'`)).toEqual([]);
    await openNotes();
    expect(await ask('SELECT count(*)::int AS n FROM notes.migrations')).toEqual([{ n: 2 }]);
  });

  it('planMigrations tells what is run, what is not, and what another version ran, and changes nothing', async () => {
    const plan = (migrations = noteMigrations) =>
      planMigrations({ location: server.location, schema: 'notes', migrations });
    const names = ['CreateNote1700000000000', 'LabelNote1700000000001'];
    expect(await plan()).toEqual({ done: [], pending: names, unknown: [] });
    expect(await ask(`SELECT 1 FROM pg_namespace WHERE nspname = 'notes'`)).toEqual([]);
    await openNotes(server.location, noteMigrations.slice(0, 1));
    expect(await plan()).toEqual({ done: names.slice(0, 1), pending: names.slice(1), unknown: [] });
    expect(await plan(noteMigrations.slice(1))).toMatchObject({ pending: names.slice(1), unknown: names.slice(0, 1) });
  });

  it('openDatabase refuses tables of a later version where it is alone with them, and changes nothing', async () => {
    await openNotes();
    await expect(openNotes(server.location, noteMigrations.slice(0, 1))).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringMatching(/the data is of a later version \(its notes has LabelNote1700000000001\)/),
    });
    expect(await ask('SELECT count(*)::int AS n FROM notes.migrations')).toEqual([{ n: 2 }]);
    await openNotes(
      { url: `postgres://postgres@/postgres?host=${encodeURIComponent(socketDir)}` },
      noteMigrations.slice(0, 1),
    );
  });

  it('openDatabase does not need the right to make schemas where an operator has made it', async () => {
    await ask(`CREATE ROLE tenant LOGIN; CREATE SCHEMA notes AUTHORIZATION tenant`);
    try {
      await openNotes({ url: `postgres://tenant@/postgres?host=${encodeURIComponent(socketDir)}` });
      for (const database of opened.splice(0)) await database.destroy();
    } finally {
      await ask(`DROP SCHEMA IF EXISTS notes CASCADE; DROP ROLE tenant`);
    }
  });

  it('openDatabase says at once that nobody is there', async () => {
    await expect(reachPostgres({ socketDir: '/nowhere' })).rejects.toThrow(/ENOENT/);
    await expect(openNotes({ socketDir: '/nowhere' })).rejects.toThrow(/ENOENT/);
  });
});

describe('the pool', () => {
  it('the pool holds DB_POOL_SIZE connections and DB_MAX_OVERFLOW more for a while', async () => {
    const location = {
      ...server.location,
      settings: {
        ...settings({ ...PATIENT, DB_POOL_SIZE: '2', DB_MAX_OVERFLOW: '3', DB_POOL_TIMEOUT: '600' }),
        overflowIdleMs: 200,
      },
    };
    const database = await openNotes(location);
    const mine = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'switchyard-notes'`;
    await holdThem();
    const busy = Promise.all(Array.from({ length: 8 }, () => waitFor(database)));
    await expect.poll(() => ask(mine)).toEqual([{ n: 5 }]);
    expect(await renderPrometheus()).toMatch(/db_pool_connections_active\{[^}]*schema="notes"[^}]*\} 5/);
    await letThemGo();
    await busy;
    await expect.poll(() => ask(mine)).toEqual([{ n: 2 }]);
  });

  it('the pool refuses with platform.not_ready after DB_POOL_TIMEOUT when all connections are in use', async () => {
    const database = await openWith({ ...PATIENT, DB_POOL_SIZE: '1', DB_MAX_OVERFLOW: '0', DB_POOL_TIMEOUT: '3' });
    await holdThem();
    const busy = waitFor(database);
    const { code } = await failureOf(() => database.getRepository(Note).count());
    expect(code).toBe('platform.not_ready');
    await letThemGo();
    await busy;
    expect(await database.getRepository(Note).count()).toBe(1);
  });

  it('the pool refuses with platform.not_ready when the server has no connection left', async () => {
    await openNotes();
    await ask(
      `CREATE ROLE crowded LOGIN CONNECTION LIMIT 1; GRANT ALL ON SCHEMA notes TO crowded; GRANT ALL ON ALL TABLES IN SCHEMA notes TO crowded`,
    );
    const url = `postgres://crowded@/postgres?host=${encodeURIComponent(socketDir)}`;
    const database = await openNotes({ url, settings: settings(PATIENT) });
    try {
      await holdThem();
      const busy = waitFor(database);
      expect(await failureOf(() => database.query('SELECT 1'))).toMatchObject({ code: 'platform.not_ready' });
      await letThemGo();
      await busy;
      await database.query('SELECT 1');
    } finally {
      await database.destroy();
      await ask(`DROP OWNED BY crowded; DROP ROLE crowded`);
    }
  });

  it('the pool replaces a connection after DB_POOL_RECYCLE', async () => {
    const pidOf = async (database: DataSource) =>
      (await database.query('SELECT pg_backend_pid() AS pid'))[0].pid as number;
    const lasting = await openWith({ DB_POOL_SIZE: '1', DB_POOL_RECYCLE: '0' });
    const recycled = await openWith({ DB_POOL_SIZE: '1', DB_POOL_RECYCLE: '1' });
    const before = [await pidOf(lasting), await pidOf(recycled)];
    await sleep(1_300);
    expect(await pidOf(lasting)).toBe(before[0]);
    expect(await pidOf(recycled)).not.toBe(before[1]);
  });

  it('the pool does not hand out a connection that has silently died (DB_POOL_PRE_PING)', async () => {
    const proxy = await startStallingProxy({ path: `${socketDir}/.s.PGSQL.${EMBEDDED_PORT}` });
    const url = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
    const limits = { DB_STATEMENT_TIMEOUT_MS: '4000' };
    const pinged = await openNotes({ url, settings: settings(limits) });
    const trusting = await openNotes({ url, settings: settings({ ...limits, DB_POOL_PRE_PING: 'false' }) });
    proxy.stall();
    await sleep(1_100);
    expect(await pinged.getRepository(Note).count()).toBe(1);
    const { error } = await failureOf(() => trusting.getRepository(Note).count());
    expect(databaseFailure(error)).toMatchObject({ code: 'platform.not_ready' });
    // The silent connection is not used again.
    expect(await trusting.getRepository(Note).count()).toBe(1);
    for (const database of opened.splice(0)) await database.destroy();
    await proxy.stop();
  });

  it('the pool goes on after the server was killed, and lost no committed row', async () => {
    const database = await openNotes();
    await database.getRepository(Note).insert({ text: 'committed' });
    const [{ pid }] = (await ask(`SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`)) as [
      { pid: number },
    ];
    const adminEnded = new Promise((resolve) => admin.once('end', resolve));
    process.kill(pid, 'SIGKILL');
    await adminEnded;
    const count = () => database.getRepository(Note).countBy({ text: 'committed' });
    await expect.poll(count, { interval: 20 }).toBe(1);
    admin = new pg.Client(connectionOf(server.location));
    await admin.connect();
  });
});

const limits = {
  DB_STATEMENT_TIMEOUT_MS: '6000',
  DB_LOCK_TIMEOUT_MS: '500',
  DB_IDLE_IN_TRANSACTION_TIMEOUT_MS: '700',
  DB_POOL_SIZE: '2',
};

it.each([true, false])(
  'statements have lines in the log, without their values and who acts, when DB_QUERY_LOG_ENABLED is %s',
  async (enabled) => {
    const lines: string[] = [];
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    const database = await openDatabase({
      location: { ...server.location, settings: settings({ DB_QUERY_LOG_ENABLED: String(enabled) }) },
      schema: 'notes',
      entities: [Note],
      migrations: noteMigrations,
      logger: createLogger({ service: 'test', level: 'info', destination }),
    });
    opened.push(database);
    await actingAs({ kind: 'user', id: 'ann@example.com' }, () =>
      transact(database, (manager) => manager.insert(Note, { text: 'planted value' })),
    );
    await failureOf(() => database.query('SELECT nothing FROM notes.note WHERE text = $1', ['planted value']));
    const told = lines
      .filter((line) => line.includes('a statement ran'))
      .map((line) => JSON.parse(line) as { query: string });
    expect(told.map(({ query }) => query)).toEqual(
      enabled
        ? expect.arrayContaining([expect.stringMatching(/^INSERT INTO/), expect.stringMatching(/^SELECT nothing/)])
        : [],
    );
    expect(lines.join('')).not.toMatch(/planted value|\/\*by /);
    expect(told.some(({ query }) => /^(START|COMMIT)/.test(query))).toBe(false);
    if (enabled) expect(told[0]).toMatchObject({ timeMs: expect.any(Number) });
  },
);

const limitTests = (open: () => Promise<DataSource>): void => {
  it('the pool ends a statement after DB_STATEMENT_TIMEOUT_MS', async () => {
    const database = await open();
    const { error } = await failureOf(() => transact(database, (manager) => manager.query('SELECT pg_sleep(100)')));
    expect(error).toMatchObject({ code: 'platform.not_ready' });
    expect(await database.getRepository(Note).count()).toBe(1);
  });

  it('the pool waits for a lock no longer than DB_LOCK_TIMEOUT_MS', async () => {
    const database = await open();
    await ask('BEGIN');
    await ask('LOCK TABLE notes.note');
    const { error } = await failureOf(() => transact(database, (manager) => manager.insert(Note, { text: 'x' })));
    await ask('ROLLBACK');
    expect(error).toMatchObject({ code: 'platform.not_ready', cause: expect.objectContaining({ code: '55P03' }) });
    await database.getRepository(Note).insert({ text: 'x' });
  });

  it('the pool ends a transaction that rests for DB_IDLE_IN_TRANSACTION_TIMEOUT_MS', async () => {
    const database = await open();
    const { error } = await failureOf(() =>
      transact(database, async (manager) => {
        await manager.insert(Note, { text: 'never' });
        await sleep(1_500);
        await manager.insert(Note, { text: 'never' });
      }),
    );
    expect(error).toMatchObject({ code: 'platform.not_ready' });
    expect(await database.getRepository(Note).countBy({ text: 'never' })).toBe(0);
  });
};

describe('time limits on a direct connection', () => {
  limitTests(() => openWith(limits));

  it('time limits on a direct connection hold for single statements too', async () => {
    const database = await openWith(limits);
    const { error } = await failureOf(() => database.query('SELECT pg_sleep(100)'));
    expect(error).toMatchObject({ code: '57014' });
    expect(databaseFailure(error)).toMatchObject({ code: 'platform.not_ready' });
  });
});

describe('through a pooler in transaction mode', () => {
  let pooler: TransactionPooler;
  const open = (env: Record<string, string> = limits): Promise<DataSource> =>
    openNotes({ url: pooler.url, settings: settings(env) });

  beforeEach(async () => {
    const socketPath = `${socketDir}/.s.PGSQL.${EMBEDDED_PORT}`;
    pooler = await startTransactionPooler({ socketPath, user: 'postgres', database: 'postgres', size: 3 });
  });
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.destroy().catch(() => {});
    await pooler.stop();
  });

  limitTests(open);

  it('a database behind a pooler leaves nothing on the connections it shares', async () => {
    const databases = await Promise.all([open({}), open({}), open({}), open({})]);
    const work = databases.flatMap((database, index) =>
      Array.from({ length: 10 }, async (_, n) => {
        await transact(database, async (manager) => {
          const { id } = await manager.save(Note, { text: `${index}-${n}` });
          expect(await manager.findOneByOrFail(Note, { id })).toMatchObject({ text: `${index}-${n}` });
        });
        await database.getRepository(Note).countBy({ text: `${index}-${n}` });
      }),
    );
    await Promise.all(work);
    expect(await databases[0].getRepository(Note).count()).toBe(41);
    expect(pooler.turns).toBeGreaterThan(80);
    expect(pooler.offences).toEqual([]);

    const stranger = new pg.Client(pooler.url);
    await stranger.connect();
    for (let n = 0; n < 6; n++) {
      expect((await stranger.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
      expect((await stranger.query('SHOW search_path')).rows).toEqual([{ search_path: '"$user", public' }]);
    }
    await stranger.end();
  });

  it('a database behind a pooler bounds a single statement from this side', async () => {
    const database = await open();
    const { error } = await failureOf(() => database.query('SELECT pg_sleep(100)'));
    expect(databaseFailure(error)).toMatchObject({ code: 'platform.not_ready' });
    expect(await database.getRepository(Note).count()).toBe(1);
  });
});

describe('a transaction', () => {
  it('a transaction is run again after a deadlock, and each row is there once', async () => {
    const database = await openNotes();
    await database.query(`INSERT INTO notes.note (text) VALUES ('a'), ('b')`);
    let attempts = 0;
    const bothHaveOne = Promise.withResolvers<void>();
    const swap = (first: string, second: string) =>
      transact(database, async (manager) => {
        await manager.query(`UPDATE notes.note SET label = 'x' WHERE text = $1`, [first]);
        if (++attempts === 2) bothHaveOne.resolve();
        await bothHaveOne.promise;
        await manager.query(`UPDATE notes.note SET label = 'x' WHERE text = $1`, [second]);
        await manager.insert(Note, { text: `after ${first}` });
      });
    await database.query(`ALTER SYSTEM SET deadlock_timeout = '100ms'`);
    await database.query('SELECT pg_reload_conf()');
    await Promise.all([swap('a', 'b'), swap('b', 'a')]);
    expect(attempts).toBe(3);
    expect(await database.getRepository(Note).countBy({ text: 'after a' })).toBe(1);
    expect(await database.getRepository(Note).countBy({ text: 'after b' })).toBe(1);
  });

  it('a transaction passes on what is not the database’s fault, and keeps nothing of it', async () => {
    const database = await openNotes();
    const mistake = new Error('ours');
    await expect(
      transact(database, async (manager) => {
        await manager.insert(Note, { text: 'gone' });
        throw mistake;
      }),
    ).rejects.toBe(mistake);
    expect(await database.getRepository(Note).countBy({ text: 'gone' })).toBe(0);
  });
});
