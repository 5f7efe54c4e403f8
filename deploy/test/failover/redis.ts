import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { ChildServer, canConnect, freePort, temporaryFolder } from '#libs/testing';
import { type Stores, until } from './stores.js';

const NAME = 'switchyard';
const DOWN_AFTER_MS = 1_000;

interface Node {
  readonly port: number;
  readonly server: ChildServer;
}

const startNode = async (folder: string, name: string, args: readonly string[] = []): Promise<Node> => {
  const port = await freePort();
  const dir = join(folder, name);
  mkdirSync(dir);
  const server = new ChildServer({
    command: 'redis-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--appendonly', 'yes', '--save', '', ...args],
    probe: () => canConnect(port),
  });
  await server.start();
  return { port, server };
};

/** What one command answers, by a connection of its own. */
const ask = async (port: number, command: string, ...args: string[]): Promise<string> => {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: null, connectTimeout: 500 });
  client.on('error', () => {});
  try {
    await client.connect();
    return String(await client.call(command, ...args));
  } finally {
    client.disconnect();
  }
};

const stopAll = async (nodes: readonly Node[], folder: string): Promise<void> => {
  await Promise.all(nodes.map(({ server }) => server.kill()));
  rmSync(folder, { recursive: true, force: true });
};

const nodeAt = (nodes: readonly Node[], port: number): Node => {
  const found = nodes.find((node) => node.port === port);
  if (found === undefined) throw new Error(`nobody is at port ${port}`);
  return found;
};

/** Two servers and three sentinels. */
export const redisSentinel = async (): Promise<Stores> => {
  const folder = temporaryFolder('sentinel');
  chmodSync(folder, 0o700);
  const first = await startNode(folder, 'one');
  const second = await startNode(folder, 'two', ['--replicaof', '127.0.0.1', String(first.port)]);
  const servers = [first, second];
  const sentinels: Node[] = [];
  for (const name of ['a', 'b', 'c']) {
    const file = join(folder, `${name}.conf`);
    const lines = [
      `sentinel monitor ${NAME} 127.0.0.1 ${first.port} 2`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${NAME} 5000`,
    ];
    const port = await freePort();
    writeFileSync(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...lines, ''].join('\n'));
    const server = new ChildServer({
      command: 'redis-server',
      args: [file, '--sentinel'],
      probe: () => canConnect(port),
    });
    await server.start();
    sentinels.push({ port, server });
  }
  const [watcher] = sentinels;
  if (watcher === undefined) throw new Error('there are three sentinels');
  const primaryPort = async (): Promise<number> => {
    const [, port] = (await ask(watcher.port, 'SENTINEL', 'get-master-addr-by-name', NAME)).split(',');
    return Number(port);
  };
  const isFollowed = async (): Promise<boolean> =>
    /state=online/.test(await ask(await primaryPort(), 'INFO', 'replication'));
  const knowsAll = async (): Promise<boolean> =>
    (await ask(watcher.port, 'SENTINEL', 'ckquorum', NAME)).startsWith('OK 3 usable');
  await until('the replica follows, and the sentinels know each other', async () => (await isFollowed()) && knowsAll());

  let lost: Node | undefined;
  const others = sentinels.slice(1).map(({ port }) => `&node=127.0.0.1:${port}`);
  return {
    env: { REDIS_URL: `redis://127.0.0.1:${watcher.port}/0?sentinel=${NAME}${others.join('')}` },
    lose: async () => {
      const before = await primaryPort();
      lost = nodeAt(servers, before);
      await lost.server.kill();
      await until('the sentinels name another', async () => (await primaryPort()) !== before);
      await until('that one takes writes', async () => (await ask(await primaryPort(), 'SET', 'probe', '1')) === 'OK');
      return Date.now();
    },
    mend: async () => {
      await lost?.server.start();
      await until('what was killed follows', isFollowed);
    },
    stop: () => stopAll([...sentinels, ...servers], folder),
  };
};

/** Three primaries with a replica each. */
export const redisCluster = async (): Promise<Stores> => {
  const folder = temporaryFolder('redis-cluster');
  const nodes: Node[] = [];
  for (let n = 0; n < 6; n++) {
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(DOWN_AFTER_MS)];
    nodes.push(await startNode(folder, `node-${n}`, args));
  }
  const all = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await promisify(execFile)('redis-cli', ['--cluster', 'create', ...all, '--cluster-replicas', '1', '--cluster-yes']);
  const living = (): Node => {
    const found = nodes.find(({ server }) => server.running);
    if (found === undefined) throw new Error('no node runs');
    return found;
  };
  const isWhole = async (): Promise<boolean> =>
    /cluster_state:ok/.test(await ask(living().port, 'CLUSTER', 'INFO')) &&
    !/(handshake|fail)/.test(await ask(living().port, 'CLUSTER', 'NODES'));
  const followersOf = async (): Promise<number> =>
    (await ask(living().port, 'CLUSTER', 'NODES')).split('\n').filter((line) => /slave.* connected$/.test(line)).length;
  await until('the cluster is whole', async () => (await isWhole()) && (await followersOf()) === 3);

  /** Where the queue of call records is. */
  const ownerOf = async (): Promise<number> => {
    const slot = Number(await ask(living().port, 'CLUSTER', 'KEYSLOT', '{switchyard}:queue'));
    const lines = (await ask(living().port, 'CLUSTER', 'NODES')).split('\n');
    const owner = lines.find((line) => {
      const [, , flags = '', , , , , ...ranges] = line.split(' ');
      if (flags.includes('fail')) return false;
      return ranges.slice(1).some((range) => {
        const [from = NaN, to = from] = range.split('-').map(Number);
        return slot >= from && slot <= to;
      });
    });
    return Number(/:(\d+)@/.exec(owner ?? '')?.[1]);
  };
  let lost: Node | undefined;
  return {
    env: { REDIS_URL: `redis://${all[0]}?cluster=true` },
    lose: async () => {
      const before = await ownerOf();
      lost = nodeAt(nodes, before);
      await lost.server.kill();
      await until('another one has the slot', async () => {
        const now = await ownerOf();
        return now > 0 && now !== before;
      });
      await until(
        'it takes writes',
        async () => (await ask(await ownerOf(), 'SET', '{switchyard}:queue:probe', '1')) === 'OK',
      );
      return Date.now();
    },
    mend: async () => {
      await lost?.server.start();
      await until('what was killed follows', async () => (await isWhole()) && (await followersOf()) === 3);
    },
    stop: () => stopAll(nodes, folder),
  };
};
