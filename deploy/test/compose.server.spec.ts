import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  canConnect,
  ChildServer,
  freePort,
  type Gateway,
  type LedgerUpstream,
  type NatsServer,
  type RedisServer,
  type Service,
  startGateway,
  startLedgerUpstream,
  startNatsServer,
  startRedisServer,
  temporaryFolder,
} from '#libs/testing';

const root = join(import.meta.dirname, '../..');
const shipped = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Mount {
  readonly source: string;
  readonly target: string;
}
const compose = parse(shipped('docker/compose.yaml'), { merge: true }) as {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly command?: readonly string[];
        readonly environment?: Record<string, string | null>;
        readonly secrets?: readonly (string | Mount)[];
      }
    >
  >;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};

let folder: string;
let firstRoutesPort: number;
let nats: NatsServer;
let redis: RedisServer;
let pooler: ChildServer;
let poolerPort: number;
let upstream: LedgerUpstream;
let gateway: Gateway;

/** Of a file that the script has made. */
const secret = (name: string): string => readFileSync(join(folder, 'docker/secrets', name), 'utf8');

/** As Compose makes it: the settings that stand in the file and begin with a path below /run/secrets. */
const environmentOf = (service: Service | 'command-line'): Record<string, string> => {
  const { environment = {}, secrets = [] } = compose.services[service] ?? {};
  const fileOf = (target: string): string => {
    const mount = secrets.find((one) => (typeof one === 'string' ? one : one.target) === target);
    const source = typeof mount === 'string' ? mount : (mount?.source ?? '');
    return join(folder, 'docker', compose.secrets[source]?.file ?? '');
  };
  const files = Object.entries(environment).flatMap(([name, value]) => {
    const [, target] = /^\/run\/secrets\/(.+)$/.exec(value ?? '') ?? [];
    return target === undefined ? [] : [[name, fileOf(target)]];
  });
  const nothing = ['JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET', 'STATE_SECRET', 'NATS_URL', 'DATABASE_URL', 'REDIS_URL'];
  return { ...Object.fromEntries(nothing.map((name) => [name, ''])), ...Object.fromEntries(files) };
};

/** The names of the containers become ports of this host. */
const pointHere = (name: string, from: string, port: number): void => {
  const path = join(folder, 'docker/secrets', name);
  const text = readFileSync(path, 'utf8');
  rmSync(path);
  writeFileSync(path, text.replace(from, `127.0.0.1:${port}`));
};

const natsConfig = (routesPort: number): string =>
  shipped('docker/nats.conf')
    .replaceAll(/^(port|http_port):.*$/gm, '')
    .replace('include ./permissions.conf', shipped('deploy/nats/permissions.conf'))
    .replace(
      'include ./passwords.conf',
      secret('nats_passwords.conf').replace('nats:6222', `127.0.0.1:${firstRoutesPort}`),
    )
    .replace('port: 6222', `listen: "127.0.0.1:${routesPort}"`)
    .replaceAll('/etc/nats/tls.', join(folder, 'docker/secrets/nats.'))
    .replaceAll('/etc/nats/ca.crt', join(folder, 'docker/secrets/certificate_authority.crt'));

const preparePostgres = async (socketDir: string): Promise<void> => {
  const psql = (...args: string[]) =>
    execFileSync('psql', ['-h', socketDir, '-U', 'postgres', '-qAt', ...args], { encoding: 'utf8' });
  psql('-d', 'postgres', '-c', 'CREATE DATABASE switchyard');
  const roles = [
    '-f',
    join(folder, 'docker/secrets/postgres_roles.psql'),
    '-f',
    join(root, 'deploy/postgres/roles.sql'),
  ];
  const monitoring = ['-f', join(folder, 'docker/secrets/postgres_monitoring_role.psql')];
  monitoring.push('-f', join(root, 'docker/monitoring/role.sql'));
  for (const _ of ['an empty database', 'one that has the roles']) psql('-d', 'switchyard', ...roles, ...monitoring);
  execFileSync('tee', [psql('-d', 'postgres', '-c', 'SHOW hba_file').trim()], {
    input: 'local all postgres trust\nlocal all all scram-sha-256\n',
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  psql('-d', 'postgres', '-c', 'SELECT pg_reload_conf()');

  const users = join(folder, 'users.txt');
  writeFileSync(users, secret('pgbouncer_users.txt'), { mode: 0o644 });
  const settings = join(folder, 'pgbouncer.ini');
  const text = shipped('docker/pgbouncer.ini')
    .replace('host=postgres', `host=${socketDir}`)
    .replace('0.0.0.0', '127.0.0.1')
    .replace('listen_port = 6432', `listen_port = ${poolerPort}\nunix_socket_dir =`)
    .replace('/etc/pgbouncer/users.txt', users);
  writeFileSync(settings, text, { mode: 0o644 });
  // It does not run as root, and PostgreSQL's socket is for the user that it runs as.
  const { uid, gid } = statSync(socketDir);
  const asOwner = process.getuid?.() === 0 ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : [];
  const [command, ...args] = [...asOwner, 'pgbouncer', settings];
  const env = { PATH: `${process.env['PATH']}:/usr/sbin` };
  pooler = new ChildServer({ command, args, env, probe: () => canConnect(poolerPort) });
  await pooler.start();
};

beforeAll(async () => {
  folder = temporaryFolder('compose');
  mkdirSync(join(folder, 'docker'));
  copyFileSync(join(root, 'docker/make-secrets.sh'), join(folder, 'docker/make-secrets.sh'));
  execFileSync('sh', [join(folder, 'docker/make-secrets.sh')]);

  firstRoutesPort = await freePort();
  nats = await startNatsServer({ config: natsConfig(firstRoutesPort) });
  const [, ...flags] = compose.services['redis']?.command ?? [];
  const aclFile = join(folder, 'docker/secrets/redis_users.acl');
  redis = await startRedisServer(flags.map((flag) => (flag === '/run/secrets/redis_users' ? aclFile : flag)));
  poolerPort = await freePort();
  for (const name of Object.keys(compose.secrets)) {
    if (name.startsWith('nats_url')) pointHere(name, 'nats:4222', nats.port);
    if (name.startsWith('redis_url')) pointHere(name, 'redis:6379', redis.port);
    if (name.startsWith('database_url')) pointHere(name, 'pgbouncer:6432', poolerPort);
  }
  upstream = await startLedgerUpstream();
  gateway = await startGateway({
    mode: 'distributed',
    prepare: ({ location }) => preparePostgres((location as { socketDir: string }).socketDir),
    envOf: environmentOf,
    signingKey: secret('jwt_secret_key'),
  });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await pooler?.kill();
  await redis?.stop();
  await nats?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(gateway?.logs())));

describe('five services with the secrets and stores of the Compose file', () => {
  it('do all their work when each has what the file gives it', async () => {
    await gateway.admin.register({
      name: 'ledger',
      url: upstream.url,
      toolPrefix: '',
      authType: 'bearer',
      authToken: 'key-of-the-upstream',
    });
    const client = await gateway.client('modern');
    expect(await client.callTool({ name: 'record', arguments: { id: 'one' } })).toMatchObject({
      content: [{ text: 'one' }],
    });
    await client.close();
    const headers = { authorization: `Bearer ${gateway.adminToken}` };
    const counted = async () => (await fetch(`${gateway.process('metrics').url}/metrics`, { headers })).text();
    await expect.poll(counted).toContain('record');
    expect(gateway.logs()).not.toMatch(/permissions violation|permission denied|NOAUTH|NOPERM/i);
  });

  it('have a NATS server whose configuration is valid as it is shipped and mounted', () => {
    const mounted = join(folder, 'nats');
    mkdirSync(mounted);
    const copy = (from: string, name: string): void => {
      const text = readFileSync(from, 'utf8');
      // In the container the folder has another name.
      writeFileSync(join(mounted, name), text.replaceAll('/etc/nats/', `${mounted}/`));
    };
    copy(join(root, 'docker/nats.conf'), 'nats.conf');
    copy(join(root, 'deploy/nats/permissions.conf'), 'permissions.conf');
    for (const { source, target } of (compose.services['nats']?.secrets ?? []) as readonly Mount[])
      copy(join(folder, 'docker', compose.secrets[source]?.file ?? ''), basename(target));
    // Fails with what is wrong.
    execFileSync('nats-server', ['-t', '-c', join(mounted, 'nats.conf')], { stdio: 'pipe' });
  });

  it('have a second NATS server join the first by the password of the file, and hear of it', async () => {
    const config = natsConfig(await freePort()).replace('server_name: nats', 'server_name: nats-2');
    const second = await startNatsServer({ config });
    const [user = '', pass = ''] = new URL(secret('nats_url_metrics')).href.split(/[/:@]+/).slice(1);
    const ca = secret('certificate_authority.crt');
    const connection = await connect({ servers: `127.0.0.1:${second.port}`, user, pass, tls: { ca } });
    await expect.poll(() => connection.info?.connect_urls).toContainEqual(expect.stringMatching(`:${nats.port}$`));
    await connection.close();
    await second.stop();
  });

  it('have the upstream that its script registers, and are called as the guides of ContextForge call', async () => {
    const port = await freePort();
    const sample = new ChildServer({
      command: process.execPath,
      args: [join(root, 'docker/sample/upstream.mjs')],
      env: { PORT: String(port), HOST: '127.0.0.1' },
      probe: () => canConnect(port),
    });
    await sample.start();
    const env = {
      ...environmentOf('command-line'),
      PATH: process.env['PATH'] ?? '',
      SWITCHYARD_DATA_DIR: join(folder, 'of-commands'),
      SWITCHYARD_URL: gateway.url,
      SAMPLE_URL: `http://127.0.0.1:${port}/mcp`,
    };
    const command = [process.execPath, join(root, 'dist/bin/switchyard.js')];
    for (const _ of ['once', 'at every further start'])
      await promisify(execFile)('sh', [join(root, 'docker/sample/register.sh'), ...command], { env });
    const { environment = {} } = compose.services['k6'] ?? {};
    const [, name] = /:-([\w-]+)}$/.exec(environment['TOOL'] ?? '') ?? [];
    const [, given = ''] = /:-(.+)}$/.exec(environment['ARGUMENTS'] ?? '') ?? [];
    const answer = await fetch(`${gateway.url}/rpc`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: JSON.parse(given) },
      }),
    });
    expect(await answer.json()).toMatchObject({ result: { content: [{ text: '08:00' }] } });
    await sample.stop();
  });

  it('have a Postgres that knows each setting which it is started with', async () => {
    const wanted = (compose.services['postgres']?.command ?? []).flatMap((word) => word.match(/(?<=^-c)\w+/) ?? []);
    const client = new pg.Client({ connectionString: secret('database_url_metrics') });
    await client.connect();
    const { rows } = await client.query<{ name: string }>('SELECT name FROM pg_settings WHERE name = ANY($1)', [
      wanted,
    ]);
    await client.end();
    expect(rows.map(({ name }) => name).toSorted()).toEqual(wanted.toSorted());
    expect(wanted.length).toBeGreaterThan(10);
  });

  it('have no secret in their environment', () => {
    for (const { server } of gateway.processes) {
      const environment = readFileSync(`/proc/${server.pid}/environ`, 'latin1');
      expect(environment).not.toMatch(/\0(?:JWT_SECRET_KEY|AUTH_ENCRYPTION_SECRET|STATE_SECRET|\w+_URL)=\w/);
    }
  });

  it('have a role each behind PgBouncer, which may not read what is of another', async () => {
    const answer = async (name: string, sql: string) => {
      const client = new pg.Client({ connectionString: secret(`database_url_${name}`) });
      await client.connect();
      const outcome = await client.query(sql).then(
        ({ rows }) => rows[0],
        ({ code }: { code: string }) => code,
      );
      await client.end();
      return outcome;
    };
    for (const name of ['auth', 'registry', 'metrics'])
      expect(await answer(name, 'SELECT current_user')).toEqual({ current_user: `switchyard_${name}` });
    expect(await answer('metrics', 'SELECT * FROM auth.users')).toBe('42501');
    expect(await answer('registry', 'SELECT * FROM auth.upstream_credentials')).toBe('42501');
  });

  it('have exporters that may ask PostgreSQL and PgBouncer how they are, and read no table', async () => {
    const password = secret('postgres_monitoring_password');
    const answer = async (database: string, sql: string) => {
      const connectionString = `postgres://switchyard_monitoring:${password}@127.0.0.1:${poolerPort}/${database}`;
      const client = new pg.Client({ connectionString });
      await client.connect();
      const outcome = await client.query(sql).then(
        ({ rows }) => rows.length > 0,
        ({ code, message }: { code: string; message: string }) => code ?? message,
      );
      await client.end();
      return outcome;
    };
    expect(await answer('pgbouncer', 'SHOW STATS')).toBe(true);
    expect(await answer('pgbouncer', 'SHOW POOLS')).toBe(true);
    expect(await answer('pgbouncer', 'PAUSE')).not.toBe(true);
    expect(await answer('switchyard', 'SELECT query FROM pg_stat_activity')).toBe(true);
    expect(await answer('switchyard', 'SELECT * FROM auth.users')).toBe('42501');
    expect(await answer('switchyard', 'CREATE TABLE public.x (y int)')).toBe('42501');
  });

  it('have an exporter that may ask Redis how it is, and neither read nor set anything', async () => {
    const exporter = new Redis({
      port: redis.port,
      username: 'monitoring',
      password: secret('redis_monitoring_password'),
    });
    expect(await exporter.info()).toContain('connected_clients');
    await expect(exporter.get('switchyard:x')).rejects.toThrow('NOPERM');
    await expect(exporter.config('GET', 'aclfile')).rejects.toThrow('NOPERM');
    exporter.disconnect();
  });

  it('have keys of their own in Redis, where nobody else may do more than ask whether it is alive', async () => {
    const stranger = new Redis(redis.url, { enableReadyCheck: false });
    expect(await stranger.ping()).toBe('PONG');
    await expect(stranger.get('switchyard:x')).rejects.toThrow('NOPERM');
    stranger.disconnect();
    const ingress = new Redis(secret('redis_url_ingress'));
    expect(await ingress.get('switchyard:x')).toBeNull();
    await expect(ingress.get('{switchyard}:queue:x')).rejects.toThrow('NOPERM');
    await expect(ingress.flushall()).rejects.toThrow('NOPERM');
    ingress.disconnect();
  });
});
