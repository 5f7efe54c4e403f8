import fs from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EmbeddedPostgres, connectionOf, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { GatewayProcess, temporaryFolder } from './gateway-process.js';

const folder = temporaryFolder();
let postgres: EmbeddedPostgres;
let env: Record<string, string>;

beforeAll(async () => {
  const logger = createLogger({ service: 'test', level: 'silent' });
  postgres = await startEmbeddedPostgres({ dataDir: folder.path, logger });
  const { socketDir } = postgres.location as { socketDir: string };
  fs.writeFileSync(
    `${folder.path}/url`,
    `postgres://postgres@localhost/postgres?host=${encodeURIComponent(socketDir)}\n`,
  );
  // As a container has it; of the other secrets it needs none.
  env = { DATABASE_URL_FILE: `${folder.path}/url`, DB_MAX_RETRIES: '1' };
});
afterAll(async () => {
  await postgres?.stop();
  folder.remove();
});

const migrate = async (args: readonly string[], more: Record<string, string> = env) => {
  const command = await GatewayProcess.start({ args: ['migrate', ...args], env: more });
  const { code } = await command.ended;
  return { code, stdout: command.stdout, stderr: command.stderr };
};

const schemas = async (): Promise<string[]> => {
  const client = new pg.Client(connectionOf(postgres.location));
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname IN ('auth', 'registry', 'metrics') ORDER BY 1`,
  );
  await client.end();
  return rows.map(({ name }) => name);
};

it('migrate --plan names what would be run, and runs nothing', async () => {
  const { code, stdout } = await migrate(['--plan']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^auth: \d+ to run, 0 run before\n( {2}\w+\d{13}\n)+registry: \d+ to run, 0 run before\n/);
  expect(stdout).toMatch(/^ {2}Catalog1763596800000$/m);
  expect(await schemas()).toEqual([]);
});

it('migrate brings the schemas up to date, of one service or of all, once', async () => {
  const one = await migrate(['--only', 'registry']);
  expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^registry: (\d+) run, 0 run before\n/) });
  expect(await schemas()).toEqual(['registry']);

  const all = await migrate([]);
  expect(all.code).toBe(0);
  expect(all.stdout).toMatch(
    /^auth: \d+ run, 0 run before\n( {2}.*\n)+registry: up to date, \d+ run before\nmetrics: /,
  );
  expect(await schemas()).toEqual(['auth', 'metrics', 'registry']);
});

it('migrate fails when it cannot do what it is told, and says why', async () => {
  const [nobody, nothing] = await Promise.all([
    migrate([], { DATABASE_URL: 'postgres://127.0.0.1:9/x', DB_MAX_RETRIES: '1' }),
    migrate(['--only', 'ingress']),
  ]);
  expect(nobody).toMatchObject({ code: 1, stdout: '' });
  expect(nobody.stderr).toMatch(/^switchyard: PostgreSQL could not be reached in 1 attempts: .*ECONNREFUSED/m);
  expect(nothing).toMatchObject({ code: 2, stdout: '' });
  expect(nothing.stderr).toBe(
    'switchyard: "ingress" is no service with a database; there are auth, registry, metrics\n',
  );
});
