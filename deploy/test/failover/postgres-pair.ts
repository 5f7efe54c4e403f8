import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { ChildServer, canConnect, freePort, temporaryFolder } from '#libs/testing';
import { type Stores, until } from './stores.js';

/** Debian's user `nobody`, where the run is root's: PostgreSQL does not run as root. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const asRunner = (command: string, args: readonly string[]): [string, ...string[]] =>
  isRoot
    ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', command, ...args]
    : [command, ...args];
/** Debian keeps them out of the PATH. */
const env = {
  PATH: `/usr/lib/postgresql/18/bin:/usr/lib/postgresql/15/bin:${process.env['PATH']}:/usr/sbin`,
  LC_ALL: 'C',
};

interface Node {
  readonly port: number;
  readonly data: string;
  readonly server: ChildServer;
  readonly probe: Server;
  readonly probePort: number;
}

const run = (command: string, ...args: string[]): void => {
  const [first, ...rest] = asRunner(command, args);
  execFileSync(first, rest, { env, stdio: 'pipe' });
};

const query = async (port: number, sql: string): Promise<unknown> => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    connectionTimeoutMillis: 1_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return Object.values((await client.query(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end().catch(() => {});
  }
};

const open = async (folder: string, name: string): Promise<Node> => {
  const data = join(folder, name);
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) chownSync(data, NOBODY, NOBODY);
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    wal_level: 'replica',
    fsync: 'off',
  };
  const flags = Object.entries(settings).map(([key, value]) => `-c${key}=${value}`);
  const [command, ...args] = asRunner('postgres', ['-D', data, ...flags]);
  const server = new ChildServer({ command, args, env, probe: () => canConnect(port) });
  // What says which of the two has the say, as Patroni does beside each.
  const probe = createServer((_request, response) => {
    void query(port, 'SELECT pg_is_in_recovery()').then(
      (follows) => response.writeHead(follows === false ? 200 : 503).end(),
      () => response.writeHead(503).end(),
    );
  });
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  return { port, data, server, probe, probePort: (probe.address() as { port: number }).port };
};

/** A copy of the other that follows it. */
const follow = (node: Node, primary: Node): void => {
  rmSync(node.data, { recursive: true, force: true });
  run(
    'pg_basebackup',
    '-h',
    '127.0.0.1',
    '-p',
    String(primary.port),
    '-U',
    'postgres',
    '-D',
    node.data,
    '-R',
    '-X',
    'stream',
    '-c',
    'fast',
  );
};

const HAPROXY = (port: number, nodes: readonly Node[]): string => `
global
  maxconn 2000
defaults
  mode tcp
  timeout connect 1s
  timeout client 1h
  timeout server 1h
listen postgres
  bind 127.0.0.1:${port}
  option httpchk GET /primary
  http-check expect status 200
  default-server inter 300ms fall 2 rise 1 on-marked-down shutdown-sessions
${nodes.map((node, at) => `  server node-${at} 127.0.0.1:${node.port} check port ${node.probePort}`).join('\n')}
`;

/** Two servers, of which the second has everything that the first has acknowledged, behind one address of haproxy's. */
export const postgresPair = async (): Promise<Stores & { readonly url: string }> => {
  const folder = temporaryFolder('postgres-pair');
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  let [primary, standby] = [await open(folder, 'one'), await open(folder, 'two')];
  run('initdb', '-D', primary.data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-sync');
  await primary.server.start();
  const haveBoth = async (): Promise<void> => {
    follow(standby, primary);
    await standby.server.start();
    await until(
      'the standby follows',
      async () =>
        (await query(primary.port, "SELECT count(*)::int FROM pg_stat_replication WHERE state = 'streaming'")) === 1,
    );
    await query(primary.port, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await query(primary.port, 'SELECT pg_reload_conf()');
    await until(
      'it has to',
      async () =>
        (await query(primary.port, "SELECT count(*)::int FROM pg_stat_replication WHERE sync_state = 'sync'")) === 1,
    );
  };
  await haveBoth();

  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, HAPROXY(port, [primary, standby]));
  const haproxy = new ChildServer({
    command: 'haproxy',
    args: ['-f', file, '-db'],
    env: { ...process.env, ...env },
    probe: () => canConnect(port),
  });
  await haproxy.start();
  await until('haproxy leads to the primary', async () => (await query(port, 'SELECT pg_is_in_recovery()')) === false);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return {
    url,
    env: { DATABASE_URL: url },
    lose: async () => {
      await primary.server.kill();
      [primary, standby] = [standby, primary];
      await query(primary.port, 'ALTER SYSTEM RESET synchronous_standby_names');
      await query(primary.port, 'SELECT pg_promote()');
      await until(
        'haproxy leads to the other',
        async () => (await query(port, 'SELECT pg_is_in_recovery()')) === false,
      );
      return Date.now();
    },
    mend: haveBoth,
    stop: async () => {
      await haproxy.kill();
      for (const { server, probe } of [primary, standby]) {
        await server.kill();
        probe.closeAllConnections();
        probe.close();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
