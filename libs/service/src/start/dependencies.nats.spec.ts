import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { startProcess } from '../../../bus/test/start-process.js';
import { Work } from '../../../bus/test/work.request.js';
import { freePort } from '../../../testing/src/free-port.js';
import type { AnyServicePart } from '../service-part.js';
import { type RunningService, startService } from './start-service.js';

@Module({})
class EmptyModule {}

const part: AnyServicePart = {
  name: 'registry',
  options: {},
  module: (): DynamicModule => ({ module: EmptyModule }),
  needs: { database: { schema: 'empty', entities: [], migrations: [] }, cache: true },
};
const logger = createLogger({ service: 'test', level: 'silent' });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const children = new Set<ChildProcess>();
const run = async (program: string, args: readonly string[], port: number): Promise<ChildProcess> => {
  const child = spawn(program, args, { cwd: dir, stdio: 'ignore' });
  children.add(child);
  while (!(await isOpen(port))) await pause(20);
  return child;
};
const kill = async (child: ChildProcess): Promise<void> => {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  children.delete(child);
};
const nats = (port: number): Promise<ChildProcess> => run('nats-server', ['-a', '127.0.0.1', '-p', String(port)], port);
const redis = (port: number): Promise<ChildProcess> =>
  run('redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--save', ''], port);

let dir: string;
let database: EmbeddedPostgres;
let databaseUrl: string;
let env: Record<string, string>;
let ports: { http: number; nats: number; redis: number };
let service: RunningService | null = null;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-'));
  database = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), logger });
  const { socketDir } = database.location as { socketDir: string };
  databaseUrl = `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(socketDir)}`;
});
afterAll(async () => {
  await database.stop();
  rmSync(dir, { recursive: true, force: true });
});
afterEach(async () => {
  await service?.stop();
  service = null;
  await Promise.all([...children].map(kill));
});

const prepare = async (): Promise<void> => {
  ports = { http: await freePort(), nats: await freePort(), redis: await freePort() };
  env = {
    PORT: String(ports.http),
    LOG_LEVEL: 'silent',
    DATABASE_URL: databaseUrl,
    NATS_URL: `nats://127.0.0.1:${ports.nats}`,
    REDIS_URL: `redis://127.0.0.1:${ports.redis}`,
    NATS_RETRY_INTERVAL_MS: '100',
    REDIS_RETRY_INTERVAL_MS: '100',
    SHUTDOWN_TIMEOUT_MS: '60000',
  };
};
const ready = async (): Promise<unknown> => {
  const response = await fetch(`http://127.0.0.1:${ports.http}/ready`);
  const body = (await response.json()) as { reasons?: unknown };
  return response.status === 200 ? 'ready' : body.reasons;
};
/** Once `/ready` says so. */
const becomes = (wanted: unknown): Promise<void> => expect.poll(ready, { interval: 25 }).toEqual(wanted);

describe('a service and what it depends on', () => {
  it('a service waits for stores that start after it, alive all the while', async () => {
    await prepare();
    const starting = startService({ parts: [part], env, logger });
    const health = () => fetch(`http://127.0.0.1:${ports.http}/health`).then(({ status }) => status);
    await expect.poll(health).toBe(200);
    await pause(400);
    expect(await ready()).toMatchObject({ process: 'starting' });
    await redis(ports.redis);
    await pause(300);
    expect(await ready()).toMatchObject({ process: 'starting' });
    await nats(ports.nats);
    service = await starting;
    await becomes('ready');
  });

  it('a service says that it lost one, lives on, and says that it is back', async () => {
    await prepare();
    let broker = await nats(ports.nats);
    let store = await redis(ports.redis);
    service = await startService({ parts: [part], env, logger });
    await becomes('ready');

    await kill(broker);
    await becomes({ bus: 'disconnected' });
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    broker = await nats(ports.nats);
    await becomes('ready');

    await kill(store);
    await becomes({ cache: 'not reachable' });
    store = await redis(ports.redis);
    await becomes('ready');

    store.kill('SIGSTOP');
    await becomes({ cache: 'not reachable' });
    store.kill('SIGCONT');
    await becomes('ready');
  });

  it('a service stops as it should when everything it needs is gone', async () => {
    await prepare();
    const broker = await nats(ports.nats);
    const store = await redis(ports.redis);
    service = await startService({ parts: [part], env, logger });
    await kill(broker);
    await kill(store);
    const clean = await service.stop();
    service = null;
    expect(clean).toBe(true);
  });

  it('a service is told by the database itself when that is gone', async () => {
    await prepare();
    await nats(ports.nats);
    await redis(ports.redis);
    const own = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres 2'), logger });
    const { socketDir } = own.location as { socketDir: string };
    env.DATABASE_URL = `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(socketDir)}`;
    service = await startService({ parts: [part], env, logger });
    await becomes('ready');
    await own.stop();
    await becomes({ database: 'not reachable' });
  });

  it('a service names the clock of another on /ready and stays ready when it is more than a minute off', async () => {
    await prepare();
    await nats(ports.nats);
    await redis(ports.redis);
    service = await startService({ parts: [part], env, logger });
    service.bus.answer(Work, async () => ({ pid: 0, skewedByMs: [] }));
    children.add(startProcess('asker', env.NATS_URL ?? '', { CLOCK_AHEAD_MS: '-3600000' }));

    const { url } = service;
    const answer = async () => {
      const response = await fetch(`${url}/ready`);
      return { status: response.status, body: await response.json() };
    };
    const clock = expect.stringMatching(/^the clock of ingress is 3[56]\d\d s behind this one$/);
    await expect
      .poll(answer, { timeout: 200_000 })
      .toEqual({ status: 200, body: { status: 'ready', warnings: { clock } } });
  });

  it('a service takes its bus credentials from the URL', async () => {
    await prepare();
    await redis(ports.redis);
    await run(
      'nats-server',
      ['-a', '127.0.0.1', '-p', String(ports.nats), '--user', 'gateway', '--pass', 'p@ss/word'],
      ports.nats,
    );
    env.NATS_URL = `nats://gateway:p%40ss%2Fword@127.0.0.1:${ports.nats}`;
    service = await startService({ parts: [part], env, logger });
    await becomes('ready');
  });
});
