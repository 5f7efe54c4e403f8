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
  /** Lame duck: it tells its clients, and stops when they have left. */
  leave(): Promise<void>;
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
    leave: async () => {
      const exited = once(server, 'exit');
      const signal = spawn('nats-server', ['--signal', `ldm=${server.pid}`], { stdio: 'ignore' });
      const [code] = (await once(signal, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`nats-server --signal ldm exited with ${code}`);
      await exited;
    },
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

/**
 * Nodes that know each other, on ports of their own. They leave as servers do, but tell their clients no more than two
 * seconds ahead.
 */
export const startNatsCluster = async (nodes: number): Promise<NatsServer[]> => {
  const routePorts = await Promise.all(Array.from({ length: nodes }, () => freePort()));
  const routes = routePorts.map((port) => `nats-route://127.0.0.1:${port}`).join(', ');
  return Promise.all(
    routePorts.map((port, at) =>
      startNatsServer({
        config: `
          server_name: node-${at + 1}
          lame_duck_grace_period: "2s"
          lame_duck_duration: "30s"
          cluster { name: switchyard, listen: "127.0.0.1:${port}", routes: [${routes}] }`,
      }),
    ),
  );
};

/** The server the environment names (`NATS_URL`), else one of the test's own. For tests that do not break it. */
export const reachNatsServer = async (): Promise<{ readonly url: string; stop(): Promise<void> }> => {
  const url = process.env['NATS_URL'];
  return url === undefined || url === '' ? startNatsServer() : { url, stop: async () => {} };
};

const launch = async (port: number, config: string): Promise<ChildProcess> => {
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-c', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr?.on('data', (chunk: Buffer) => (said = `${said}${chunk}`.slice(-4_000)));
  let failure: Error | undefined;
  server.on('error', (error) => {
    failure = error;
  });
  const giveUpAtMs = Date.now() + 120_000;
  while (!(await accepts(port))) {
    if (failure !== undefined) throw failure;
    if (server.exitCode !== null || server.signalCode !== null)
      throw new Error(`nats-server ended with ${server.signalCode ?? `code ${server.exitCode}`}:\n${said}`);
    if (Date.now() > giveUpAtMs) throw new Error(`nats-server does not accept connections on port ${port}:\n${said}`);
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
