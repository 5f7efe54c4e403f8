import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connectionOf, databaseFailure, type EmbeddedPostgres, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { Readiness } from '../../readiness.js';
import { PostgresProbe } from './postgres-probe.js';

const logger = createLogger({ service: 'test', level: 'silent' });

let folder: string;
let postgres: EmbeddedPostgres;
let probe: PostgresProbe;
let client: Client;

beforeAll(async () => {
  folder = temporaryFolder('postgres-probe');
  postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger });
  probe = new PostgresProbe(postgres.location);
  client = new Client(connectionOf(postgres.location));
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await probe?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const setReadOnly = async (value: 'on' | 'off'): Promise<void> => {
  await client.query(`alter system set default_transaction_read_only = ${value}`);
  await client.query('select pg_reload_conf()');
};

it('a database that takes reads alone is not ready, says so, and is ready again when it takes writes', async () => {
  const readiness = new Readiness();
  readiness.addProbe('database', () => probe.check());
  await vi.waitFor(async () => expect(await readiness.reasons()).toEqual({}));

  await setReadOnly('on');
  await vi.waitFor(async () => expect(await readiness.reasons()).toEqual({ database: 'takes reads alone' }));
  const failure = await client.query('create table refused ()').catch((error: unknown) => error);
  expect(databaseFailure(failure)).toMatchObject({ code: 'platform.not_ready', httpStatus: 503 });

  await client.query('set session characteristics as transaction read write');
  await setReadOnly('off');
  await vi.waitFor(async () => expect(await readiness.reasons()).toEqual({}));
});
