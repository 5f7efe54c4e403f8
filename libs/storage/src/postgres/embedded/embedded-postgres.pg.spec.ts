import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '#libs/telemetry';
import { spawnSource, temporaryFolder } from '#libs/testing';
import { type PostgresLocation, connectionOf } from '../location.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { isAlive } from './owner.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const isRoot = process.getuid?.() === 0;
let folder: string;
let dataDir: string;
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

const start = async (dir = dataDir): Promise<EmbeddedPostgres> => {
  const server = await startEmbeddedPostgres({ dataDir: dir, logger });
  started.push(server);
  return server;
};

const query = async (location: PostgresLocation, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client(connectionOf(location));
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

const postmasterPid = (dir = dataDir): number =>
  Number(fs.readFileSync(path.join(dir, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);

const until = (condition: () => boolean | Promise<boolean>): Promise<boolean> =>
  vi.waitUntil(condition, { interval: 10 });

/** A process of its own that owns the database; the test kills it. */
const startElsewhere = async (): Promise<ChildProcess> => {
  const child = spawnSource(new URL('../../../test/own-postgres.ts', import.meta.url), [dataDir]);
  children.push(child);
  await Promise.race([once(child, 'message'), once(child, 'exit').then(() => Promise.reject(new Error('it ended')))]);
  return child;
};

const killHard = async (child: ChildProcess): Promise<void> => {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};

beforeEach(() => {
  folder = temporaryFolder('embedded');
  dataDir = path.join(folder, 'data of ours');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of started.splice(0)) await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

it('the embedded PostgreSQL starts on an empty folder whose path has a space, and finds its rows again', async () => {
  const first = await start();
  await query(first.location, `CREATE TABLE note AS SELECT 'ünï' AS text`);
  const pid = postmasterPid();
  await first.stop();
  expect(isAlive(pid)).toBe(false);

  const second = await start();
  expect(await query(second.location, 'SELECT text FROM note')).toEqual([{ text: 'ünï' }]);
});

it('the embedded PostgreSQL listens on no port, lets no other user in, and knows nothing of our environment', async () => {
  process.env['SWITCHYARD_TEST_SECRET'] = 'hunter2';
  const { location } = await start();
  delete process.env['SWITCHYARD_TEST_SECRET'];

  expect(await query(location, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
  const { socketDir } = location as { socketDir: string };
  expect(fs.statSync(socketDir).mode & 0o777).toBe(0o700);
  expect(fs.statSync(path.join(dataDir, 'data')).mode & 0o077).toBe(0);
  const pid = postmasterPid();
  expect(fs.readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('hunter2');
  const uid = /^Uid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  expect(uid).toBe(isRoot ? '65534' : String(process.getuid?.()));
});

it('the embedded PostgreSQL takes a short folder for the socket when the path is too long, and removes it afterwards', async () => {
  const deep = path.join(folder, 'd'.repeat(100));
  const { location, stop } = await start(deep);
  const { socketDir } = location as { socketDir: string };
  expect(socketDir.startsWith(deep)).toBe(false);
  expect(await query(location, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await stop();
  expect(fs.existsSync(socketDir)).toBe(false);
});

it('the embedded PostgreSQL refuses a folder that another process has open, and leaves that one alone', async () => {
  const owner = await startElsewhere();
  await expect(start()).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining(String(owner.pid)),
  });
  expect(isAlive(postmasterPid())).toBe(true);
});

it('the embedded PostgreSQL ends the database with a process that was killed', async () => {
  const owner = await startElsewhere();
  const pid = postmasterPid();
  await killHard(owner);
  await until(() => !isAlive(pid));
});

it('the embedded PostgreSQL stops a database that outlived its killed process, and loses nothing of it', async () => {
  const owner = await startElsewhere();
  const { socketDir } = { socketDir: path.join(fs.realpathSync(dataDir), 'run') };
  await query({ socketDir }, 'CREATE TABLE note AS SELECT 1 AS n');
  const pid = postmasterPid();
  // Nothing is left to stop the database: neither its owner nor the watcher.
  process.kill(-watcherOf(pid), 'SIGKILL');
  await killHard(owner);
  await sleep(200);
  expect(isAlive(pid)).toBe(true);

  const { location } = await start();
  expect(isAlive(pid)).toBe(false);
  expect(await query(location, 'SELECT n FROM note')).toEqual([{ n: 1 }]);
});

it('the embedded PostgreSQL starts after everything was killed at once', async () => {
  const owner = await startElsewhere();
  const socketDir = path.join(fs.realpathSync(dataDir), 'run');
  await query({ socketDir }, 'CREATE TABLE note AS SELECT 1 AS n');
  const pid = postmasterPid();
  process.kill(-watcherOf(pid), 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  await killHard(owner);
  expect(fs.existsSync(path.join(socketDir, '.s.PGSQL.5432.lock'))).toBe(true);

  const { location } = await start();
  expect(await query(location, 'SELECT n FROM note')).toEqual([{ n: 1 }]);
});

it('the embedded PostgreSQL is not misled by the process id of somebody else', async () => {
  const first = await start();
  const lock = fs.readFileSync(path.join(dataDir, 'data', 'postmaster.pid'), 'utf8');
  await first.stop();
  const stranger = spawn('sleep', ['3600'], isRoot ? { uid: 65_534, gid: 65_534 } : {});
  children.push(stranger);
  const rest = lock.slice(lock.indexOf('\n'));
  fs.writeFileSync(path.join(dataDir, 'data', 'postmaster.pid'), `${stranger.pid}${rest}`);
  fs.writeFileSync(path.join(dataDir, 'owner.json'), JSON.stringify({ pid: stranger.pid, startedAt: '1' }));

  const { location } = await start();
  expect(await query(location, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(stranger.exitCode).toBeNull();
});

it('the embedded PostgreSQL starts the database again when it is killed, with every committed row', async () => {
  const { location } = await start();
  await query(location, 'CREATE TABLE note (n int)');
  for (let round = 0; round < 3; round++) {
    await query(location, `INSERT INTO note VALUES (${round})`);
    const pid = postmasterPid();
    process.kill(pid, 'SIGKILL');
    await until(() =>
      query(location, 'SELECT 1').then(
        () => true,
        () => false,
      ),
    );
    expect(postmasterPid()).not.toBe(pid);
  }
  expect(await query(location, 'SELECT n FROM note ORDER BY n')).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
});

it('the embedded PostgreSQL begins again after a first start that was killed half-way', async () => {
  fs.mkdirSync(path.join(dataDir, 'data.new-killed'), { recursive: true });
  fs.writeFileSync(path.join(dataDir, 'data.new-killed', 'PG_VERSION'), '18');
  const { location } = await start();
  expect(await query(location, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(fs.readdirSync(dataDir).filter((name) => name.startsWith('data.new'))).toEqual([]);
});

it('the embedded PostgreSQL works in a folder that is closed to other users', async () => {
  fs.chmodSync(folder, 0o700);
  const first = await start();
  await query(first.location, 'CREATE TABLE note AS SELECT 1 AS n');
  await first.stop();
  const second = await start();
  expect(await query(second.location, 'SELECT n FROM note')).toEqual([{ n: 1 }]);
  await second.stop();
  const elsewhere = path.join(dataDir, 'elsewhere');
  expect(fs.existsSync(elsewhere)).toBe(isRoot);
  if (isRoot) fs.rmSync(fs.realpathSync(elsewhere), { recursive: true });
});

/** The shell whose argument is the postmaster's id. */
const watcherOf = (postmaster: number): number => {
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = fs.existsSync(`/proc/${name}/cmdline`) ? fs.readFileSync(`/proc/${name}/cmdline`, 'utf8') : '';
    if (command.endsWith(`watcher\0${postmaster}\0`)) return Number(name);
  }
  throw new Error('there is no watcher');
};
