import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';

export interface NatsServerOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** Text of a configuration file: users and permissions, `max_payload`, … */
  readonly config?: string;
}

/** A nats-server of the test's own, from PATH. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing moves. */
  pause(): void;
  resume(): void;
  /** Kills it when it runs, then starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const startNatsServer = async ({ port, config }: NatsServerOptions = {}): Promise<NatsServer> => {
  const own = port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-nats-'));
  const file = join(folder, 'nats.conf');
  await writeFile(file, config ?? '');
  let server = await launch(own, file);
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  return {
    url: `nats://127.0.0.1:${own}`,
    port: own,
    kill,
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    restart: async () => {
      await kill();
      server = await launch(own, file);
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** The server the environment names (`NATS_URL`), else one of the test's own. For tests that do not break it. */
export const reachNatsServer = async (): Promise<{ readonly url: string; stop(): Promise<void> }> => {
  const url = process.env['NATS_URL'];
  return url === undefined || url === '' ? startNatsServer() : { url, stop: async () => {} };
};

const launch = async (port: number, config: string): Promise<ChildProcess> => {
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-c', config], { stdio: 'ignore' });
  let failure: Error | undefined;
  server.on('error', (error) => {
    failure = error;
  });
  const giveUpAtMs = Date.now() + 10_000;
  while (!(await accepts(port))) {
    if (failure !== undefined) throw failure;
    if (server.exitCode !== null) throw new Error(`nats-server exited with ${server.exitCode}`);
    if (Date.now() > giveUpAtMs) throw new Error(`nats-server does not accept connections on port ${port}`);
    await sleep(20);
  }
  return server;
};

const accepts = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};
