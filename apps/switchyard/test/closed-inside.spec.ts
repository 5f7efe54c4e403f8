import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectNats } from '#libs/bus';
import { createLogger } from '#libs/telemetry';
import {
  type Certificates,
  type EncryptingFront,
  freePort,
  type Gateway,
  makeCertificates,
  type NatsServer,
  type RedisServer,
  type Service,
  startEncryptingFront,
  startGateway,
  startLedgerUpstream,
  startNatsServer,
  startRedisServer,
  type LedgerUpstream,
  temporaryFolder,
} from '#libs/testing';

const root = join(import.meta.dirname, '../../..');
const logger = createLogger({ service: 'test', level: 'silent' });
const password = randomBytes(24).toString('hex');
const stateSecret = randomBytes(48).toString('base64url');

let folder: string;
let files: Certificates;
let nats: NatsServer;
let redis: RedisServer;
let redisTlsPort: number;
let postgres: EncryptingFront | undefined;
let upstream: LedgerUpstream;
let gateway: Gateway;

/** `deploy/nats` as it is shipped, on TLS that asks for the client's certificate. */
const natsConfig = (): string => {
  const shipped = (file: string): string => readFileSync(join(root, 'deploy/nats', file), 'utf8');
  const tls = `tls { cert_file: "${files.cert}", key_file: "${files.key}", ca_file: "${files.ca}", verify: true }`;
  const config = shipped('nats.conf')
    .replaceAll(/^(port|http_port|server_name):.*$/gm, '')
    .replaceAll(/\$NATS_PASSWORD_\w+/g, `"${password}"`)
    .replace('include ./permissions.conf', shipped('permissions.conf'));
  return `${config}\n${tls}\n`;
};

/** One of each kind, by an earlier version that worked as another user. */
const MADE_BEFORE = `
  CREATE SCHEMA auth;
  CREATE TABLE auth.made_before (id integer GENERATED ALWAYS AS IDENTITY, day date) PARTITION BY RANGE (day);
  CREATE TABLE auth.made_before_rest PARTITION OF auth.made_before DEFAULT;
  CREATE TABLE auth.made_before_counted (id serial);
  CREATE VIEW auth.made_before_seen AS SELECT id FROM auth.made_before;
  CREATE MATERIALIZED VIEW auth.made_before_kept AS SELECT id FROM auth.made_before;
  CREATE SEQUENCE auth.made_before_number;
  CREATE FUNCTION auth.made_before_one() RETURNS integer LANGUAGE sql AS 'SELECT 1';`;

/** Gives PostgreSQL the shipped roles, asks everybody but the superuser for a password, and speaks TLS before it. */
const closePostgres = (socketDir: string): void => {
  const psql = (...args: string[]) =>
    execFileSync('psql', ['-h', socketDir, '-U', 'postgres', '-d', 'postgres', '-qAt', ...args], { encoding: 'utf8' });
  psql('-c', MADE_BEFORE);
  const passwords = ['auth', 'registry', 'metrics'].flatMap((name) => ['-v', `${name}_password=${password}`]);
  for (const _ of ['an empty database', 'one that has the roles'])
    psql(...passwords, '-f', join(root, 'deploy/postgres/roles.sql'));
  execFileSync('tee', [psql('-c', 'SHOW hba_file').trim()], {
    input: 'local all postgres trust\nlocal all all scram-sha-256\n',
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  psql('-c', 'SELECT pg_reload_conf()');
};

const NATS_FILES = () => ({ NATS_CA_PATH: files.ca, NATS_CERT_PATH: files.cert, NATS_KEY_PATH: files.key });

const databaseUrl = (role: string): string =>
  `postgres://switchyard_${role}:${password}@localhost:${postgres?.port}/postgres?sslmode=verify-full&sslrootcert=${encodeURIComponent(files.ca)}`;

/** What each service needs, and nothing beside it. An empty value is none. */
const needs: Readonly<Record<Service, () => Record<string, string>>> = {
  ingress: () => ({
    ...redisEnv(),
    STATE_SECRET: stateSecret,
    JWT_SECRET_KEY: '',
    AUTH_ENCRYPTION_SECRET: '',
    DATABASE_URL: '',
  }),
  auth: () => ({ REDIS_URL: '', DATABASE_URL: databaseUrl('auth') }),
  registry: () => ({ ...noSecrets, REDIS_URL: '', DATABASE_URL: databaseUrl('registry') }),
  'tool-invocation': () => ({ ...noSecrets, REDIS_URL: '', DATABASE_URL: '' }),
  metrics: () => ({ ...noSecrets, ...redisEnv(), DATABASE_URL: databaseUrl('metrics') }),
};
const noSecrets = { JWT_SECRET_KEY: '', AUTH_ENCRYPTION_SECRET: '' };
const redisEnv = () => ({
  REDIS_URL: `rediss://:${password}@localhost:${redisTlsPort}`,
  REDIS_CA_PATH: files.ca,
  REDIS_CERT_PATH: files.cert,
  REDIS_KEY_PATH: files.key,
});

beforeAll(async () => {
  folder = temporaryFolder('closed');
  files = makeCertificates(folder);
  nats = await startNatsServer({ config: natsConfig() });
  redisTlsPort = await freePort();
  const tls = { '--tls-cert-file': files.cert, '--tls-key-file': files.key, '--tls-ca-cert-file': files.ca };
  redis = await startRedisServer([
    '--requirepass',
    password,
    '--tls-port',
    String(redisTlsPort),
    '--tls-auth-clients',
    'yes',
    ...Object.entries(tls).flat(),
  ]);
  upstream = await startLedgerUpstream();
  gateway = await startGateway({
    mode: 'distributed',
    prepare: async ({ location }) => {
      const { socketDir } = location as { socketDir: string };
      closePostgres(socketDir);
      postgres = await startEncryptingFront(join(socketDir, '.s.PGSQL.5432'), files);
    },
    envOf: (service) => ({
      ...NATS_FILES(),
      NATS_URL: `tls://${service}:${password}@localhost:${nats.port}`,
      ...needs[service](),
    }),
  });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await postgres?.stop();
  await redis?.stop();
  await nats?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(gateway?.logs())));

describe('five services, each with its own rights at NATS, Postgres and Redis, over TLS', () => {
  it.each(['modern', 'legacy'] as const)('do all their work for a %s client', async (era) => {
    const name = `ledger-${era}`;
    await gateway.admin.register({
      name,
      url: upstream.url,
      toolPrefix: `${era}-`,
      authType: 'bearer',
      authToken: `key-${era}-of-the-upstream`,
    });
    const client = await gateway.client(era);
    const { tools } = await client.listTools();
    const tool = tools.find(({ name: one }) => one.startsWith(era))?.name ?? '';
    expect(await client.callTool({ name: tool, arguments: { id: name } })).toMatchObject({ content: [{ text: name }] });
    await client.close();
    const headers = { authorization: `Bearer ${gateway.adminToken}` };
    const counted = async () => (await fetch(`${gateway.process('metrics').url}/metrics`, { headers })).text();
    await expect.poll(counted).toContain(tool);
    expect(gateway.logs()).not.toMatch(/permissions violation|permission denied|NOAUTH|NOPERM/i);
  });

  it('have no secret that they do not need', () => {
    const environmentOf = (service: Service): string =>
      readFileSync(`/proc/${gateway.process(service).server.pid}/environ`, 'latin1');
    const secrets = [
      'JWT_SECRET_KEY=\\w',
      'AUTH_ENCRYPTION_SECRET=\\w',
      'STATE_SECRET=\\w',
      'DATABASE_URL=\\w',
      'REDIS_URL=\\w',
    ];
    const held = (service: Service) => secrets.filter((one) => new RegExp(`\0${one}`).test(environmentOf(service)));
    expect(held('tool-invocation')).toEqual([]);
    expect(held('registry')).toEqual(['DATABASE_URL=\\w']);
    expect(held('ingress')).toEqual(['STATE_SECRET=\\w', 'REDIS_URL=\\w']);
  });

  it.each([
    ['auth', 'SELECT * FROM registry.gateway', '42501'],
    ['registry', 'SELECT * FROM auth.upstream_credentials', '42501'],
    ['metrics', 'SELECT * FROM auth.users', '42501'],
    ['registry', 'CREATE TABLE public.x (y int)', '42501'],
    ['auth', 'SELECT 1 FROM auth.users', undefined],
  ])('%s, at Postgres, is answered as its role may: %s', async (role, sql, code) => {
    const client = new pg.Client({ connectionString: databaseUrl(role) });
    await client.connect();
    const answer = await client.query(sql).then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
    await client.end();
    expect(answer).toBe(code);
  });

  it('own all that stands in their schemas when an earlier version has made it as another user', async () => {
    const client = new pg.Client({ connectionString: databaseUrl('auth') });
    await client.connect();
    const { rows } = await client.query(`
      SELECT relname AS name, pg_get_userbyid(relowner) AS owner FROM pg_class
        WHERE relnamespace = 'auth'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
      UNION ALL SELECT proname, pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'auth'::regnamespace`);
    await client.end();
    expect(rows.filter(({ name }) => name.startsWith('made_before'))).toHaveLength(9);
    expect(rows.filter(({ owner }) => owner !== 'switchyard_auth')).toEqual([]);
  });

  it('let nobody in without a certificate, a password, or an authority that vouches for the server', async () => {
    const servers = `localhost:${nats.port}`;
    const credentials = { user: 'auth', password };
    const tls = {
      ca: readFileSync(files.ca, 'utf8'),
      cert: readFileSync(files.cert, 'utf8'),
      key: readFileSync(files.key, 'utf8'),
    };
    const open = async (options: object) => {
      const bus = await connectNats({ servers, name: 'auth', logger, maxRetries: 0, ...options });
      await bus.drain();
      return 'in';
    };
    const verdict = (options: object) => open(options).catch(({ code }: { code: string }) => code);
    expect(await verdict({ credentials, tls })).toBe('in');
    expect(await verdict({ credentials, tls: { ca: tls.ca } })).toBe('bus.disconnected');
    expect(await verdict({ tls })).toBe('bus.disconnected');
    expect(await verdict({ credentials, tls: { cert: tls.cert, key: tls.key } })).toBe('bus.disconnected');

    const connects = async (connectionString: string) => {
      const client = new pg.Client({ connectionString });
      client.on('error', () => {});
      await client.connect();
      await client.end();
    };
    await expect(connects(databaseUrl('auth').replace(password, 'wrong'))).rejects.toMatchObject({ code: '28P01' });
    await expect(connects(databaseUrl('auth').replace(/&sslrootcert.*/, ''))).rejects.toThrow();
    await expect(connects(databaseUrl('auth').replace(/\?.*/, ''))).rejects.toThrow();
    expect(postgres?.refused).toBeGreaterThan(0);
  });
});
