import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { ChildServer, canConnect, freePort, temporaryFolder } from '#libs/testing';
import { Note, noteMigrations } from '../../test/note.entity.js';
import { actingAs } from '../audit/actor.js';
import { openDatabase, reachPostgres } from './database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { EMBEDDED_PORT, type PostgresLocation } from './location.js';
import { postgresOptions, postgresSettings } from './postgres.config.js';
import { PreparedStatements } from './prepared-statements.js';
import { transact } from './transact.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const folder = temporaryFolder('prepared');
const opened: DataSource[] = [];
let server: EmbeddedPostgres;
let socketDir: string;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ dataDir: folder, logger });
  ({ socketDir } = server.location as { socketDir: string });
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.destroy();
});
afterAll(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true });
});

const open = async (location: PostgresLocation, env: Record<string, string>): Promise<DataSource> => {
  const settings = postgresSettings(parseConfig(postgresOptions, env));
  const options = { schema: 'notes', entities: [Note], migrations: noteMigrations, logger };
  const database = await openDatabase({ ...options, location: { ...location, settings } });
  opened.push(database);
  return database;
};

/** One after the other on one connection, which is what the pool hands out to who comes alone. */
const run = async (database: DataSource, statement: string, times: number): Promise<void> => {
  for (let time = 0; time < times; time++)
    expect(await database.query(statement, [`${time}`])).toEqual([{ value: `${time}` }]);
};
const preparedIn = (database: DataSource): Promise<{ statement: string; runs: string }[]> =>
  database.query('SELECT statement, generic_plans + custom_plans AS runs FROM pg_prepared_statements');

describe('statements on a direct connection', () => {
  it('a statement is prepared when its connection has run it DB_PREPARE_THRESHOLD times', async () => {
    const database = await open(server.location, { DB_PREPARE_THRESHOLD: '3' });
    await run(database, 'SELECT $1::text AS value', 3);
    expect(await preparedIn(database)).toEqual([]);
    await run(database, 'SELECT $1::text AS value', 4);
    await run(database, 'SELECT $1::text AS value -- another', 2);
    expect(await preparedIn(database)).toEqual([{ statement: 'SELECT $1::text AS value', runs: '4' }]);
  });

  it('no statement is prepared when DB_PREPARE_THRESHOLD is 0', async () => {
    const database = await open(server.location, { DB_PREPARE_THRESHOLD: '0' });
    await run(database, 'SELECT $1::text AS value', 20);
    expect(await preparedIn(database)).toEqual([]);
  });

  it('a change is not prepared when it says who makes it', async () => {
    const database = await open(server.location, { DB_PREPARE_THRESHOLD: '1' });
    const change = 'INSERT INTO notes.note (text) VALUES ($1) RETURNING text AS value';
    await actingAs({ kind: 'user', id: 'ann@example.com' }, () => run(database, change, 5));
    expect(await preparedIn(database)).toEqual([]);
    await run(database, change, 5);
    expect(await preparedIn(database)).toMatchObject([{ statement: change }]);
  });

  it('a transaction is run again when a table has become another since its statement was prepared', async () => {
    const database = await open(server.location, { DB_PREPARE_THRESHOLD: '1' });
    const read = () => transact(database, (manager) => manager.query('SELECT * FROM notes.other WHERE id > $1', [0]));
    await database.query('CREATE TABLE notes.other (id int)');
    await database.query('INSERT INTO notes.other VALUES (1)');
    for (let time = 0; time < 3; time++) expect(await read()).toEqual([{ id: 1 }]);
    await database.query('ALTER TABLE notes.other ADD COLUMN more text');
    expect(await read()).toEqual([{ id: 1, more: null }]);
    await database.query('DROP TABLE notes.other');
  });

  it('a connection prepares a bounded number of statements, the same ones under the same names', () => {
    const statements = new PreparedStatements(1);
    const nameOf = (text: string): unknown => (statements.named([text, [1]])[0] as { name?: string }).name;
    for (let round = 0; round < 2; round++) for (let n = 0; n < 450; n++) nameOf(`SELECT ${n} + $1`);
    const names = Array.from({ length: 450 }, (_, n) => nameOf(`SELECT ${n} + $1`));
    expect(new Set(names.filter((name) => name !== undefined)).size).toBe(200);
    expect(nameOf('SELECT 7 + $1')).toBe(nameOf('SELECT 7 + $1'));
  });

  it.each([
    ['SELECT * FROM note WHERE id IN ($1, $2)', false],
    ['SELECT * FROM note WHERE id in ($1,$2,$3)', false],
    ['INSERT INTO note(id, text) VALUES ($1, DEFAULT), ($2, DEFAULT)', false],
    ['INSERT INTO note(id, text) VALUES (DEFAULT, $1), (DEFAULT, $2)', false],
    ['SELECT * FROM note WHERE id IN ($1) AND text = ANY($2)', true],
    ['INSERT INTO note(id, text) VALUES ($1, $2)', true],
    ['SELECT coalesce(max(id), $1), (SELECT 1) FROM note', true],
  ])('a statement is prepared when its length is always the same, not when it has a list of values: %s', (text, is) => {
    const statements = new PreparedStatements(1);
    const named = Array.from({ length: 5 }, () => typeof statements.named([text, [1]])[0] === 'object');
    expect(named.at(-1)).toBe(is);
  });
});

describe('statements through PgBouncer in transaction mode', () => {
  let pooler: ChildServer;
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    const settings = path.join(folder, 'pgbouncer.ini');
    const lines = [
      '[databases]',
      `postgres = host=${socketDir} port=${EMBEDDED_PORT} user=postgres`,
      '[pgbouncer]',
      `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =`,
      'auth_type = any\npool_mode = transaction\ndefault_pool_size = 3',
      'ignore_startup_parameters = extra_float_digits,statement_timeout,lock_timeout,idle_in_transaction_session_timeout',
    ];
    fs.writeFileSync(settings, lines.join('\n'), { mode: 0o644 });
    // It does not run as root, and PostgreSQL's socket is for the user that it runs as.
    const { uid, gid } = fs.statSync(socketDir);
    const asOwner = process.getuid?.() === 0 ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : [];
    const [command, ...args] = [...asOwner, 'pgbouncer', settings];
    const env = { PATH: `${process.env['PATH']}:/usr/sbin` };
    pooler = new ChildServer({ command, args, env, probe: () => canConnect(port) });
    await pooler.start();
    url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  });
  afterAll(() => pooler.kill());

  it('PgBouncer is found out when it takes every parameter with the connection, a server is none', async () => {
    expect(await reachPostgres({ url })).toEqual({ limitsBy: 'startup', isPooled: true });
    expect(await reachPostgres(server.location)).toEqual({ limitsBy: 'startup', isPooled: false });
  });

  it('no statement is prepared behind PgBouncer, where a named one would be lost, whatever DB_PREPARE_THRESHOLD says', async () => {
    const database = await open({ url }, { DB_PREPARE_THRESHOLD: '1', DB_POOL_SIZE: '6' });
    await Promise.all(Array.from({ length: 6 }, (_, n) => run(database, `SELECT $1::text AS value -- ${n % 2}`, 40)));
    const clients = Array.from({ length: 3 }, () => new pg.Client(url));
    for (const client of clients) await client.connect();
    for (const client of clients) await client.query('BEGIN');
    for (const client of clients)
      expect((await client.query('SELECT name FROM pg_prepared_statements')).rows).toEqual([]);
    for (const client of clients) await client.end();
  });
});
