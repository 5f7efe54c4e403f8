import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type EmbeddedPostgres, openDatabase, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import {
  type A2aDouble,
  startA2aDouble,
  type ConformanceFixture,
  type Gateway,
  startConformanceFixture,
  startGateway,
  temporaryFolder,
} from '#libs/testing';
import { GatewayProcess } from './gateway-process.js';
import { changeEverything } from './audit/every-change.js';

interface AuditRecord {
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly traceId: string; readonly address: string };
  readonly resource: { readonly type: string; readonly id: string | null };
  readonly before: unknown;
  readonly after: unknown;
}

interface AuditPage {
  readonly records: readonly AuditRecord[];
  readonly nextCursor: string | null;
}

/** Routes that change nothing, so that there is nothing to record. */
const CHANGES_NOTHING = [
  'POST /tools/preview/{name}',
  // What it does is a call, which has a record of its own.
  'POST /tools/call/{name}',
  'POST /a2a/{name}/invoke',
  'POST /rbac/permissions/check',
  'POST /prompts/{id}',
  'POST /openapi/preview',
  'POST /tools/generate-schemas-from-openapi',
  'POST /servers/{id}/test-handshake',
  'POST /api/logs/search',
  'POST /observability/traces/query',
  'POST /export/selective',
];

/** Takes a link that the command line alone makes, and logs in as the routes beside it do. */
const BY_LINK = ['POST /auth/console/redeem'];

/** Routes for strangers: what they do is the gateway's doing. */
const OPEN = /^POST \/(tokens\/take|auth\/(email\/|console\/)?(login|register|forgot-password|reset-password))/;

/** Tables without a trail, and why. */
const NOT_AUDITED = {
  'auth.account_events': 'what their owners see of what the trail has',
  'auth.login_attempts': 'counts, of what the trail has as log-ins',
  'auth.oauth_artifacts': 'codes and pages of sign-ins; a consent is a token, which the trail has',
  'auth.consent_flows': 'consents that are being asked for; what comes of them is in the trail',
  'auth.upstream_tokens': 'what the gateway gets by a credential that the trail has',
  'registry.grpc_descriptors': 'what a server says of itself; the tools made of it are in the trail',
  'registry.revision': 'counts changes',
  'registry.change': 'says to replicas what a change touched',
  'registry.tool_change': 'what the trail has as changes of tools, and what was held and decided as tool_change',
  'registry.gateway_state': 'how upstreams were seen to be; what somebody does to one is in the trail',
  'registry.own_id': 'made once with the database, and never changed',
  'registry.switched_off': 'what the trail has as changes of entries, by name',
};

/** Every operation of the document that may change something. */
const changingRoutes = (): string[] => {
  const path = resolve(import.meta.dirname, '../../../docs/reference/openapi.json');
  const { paths } = JSON.parse(readFileSync(path, 'utf8')) as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(paths).flatMap(([route, item]) =>
    ['post', 'put', 'patch', 'delete']
      .filter((method) => method in item)
      .map((method) => `${method.toUpperCase()} ${route.replace('/v1', '')}`),
  );
};

describe('the audit trail of a gateway', () => {
  const folder = temporaryFolder('audit');
  const mailFolder = join(folder, 'mail');
  const logger = createLogger({ service: 'test', level: 'silent' });
  let postgres: EmbeddedPostgres;
  let gateway: Gateway;
  let fixture: ConformanceFixture;
  let agent: A2aDouble;
  let database: DataSource;

  beforeAll(async () => {
    [postgres, fixture, agent] = await Promise.all([
      startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger }),
      startConformanceFixture({ era: 'legacy' }),
      startA2aDouble({ version: '1.0' }),
    ]);
    const { location } = postgres;
    const catalog = join(folder, 'mcp-catalog.yml');
    const known = ['127.0.0.1', 'localhost'].map((host) => ({
      id: `at-${host}`,
      name: `at ${host}`,
      category: 'Tests',
      provider: 'Tests',
      url: fixture.url.replace('127.0.0.1', host),
      auth_type: 'Open',
      description: host,
    }));
    writeFileSync(catalog, JSON.stringify({ catalog_servers: known }));
    const host = encodeURIComponent('socketDir' in location ? location.socketDir : '');
    gateway = await startGateway({
      mode: 'embedded',
      env: {
        DATABASE_URL: `postgres://postgres@localhost/postgres?host=${host}`,
        PUBLIC_REGISTRATION_ENABLED: 'true',
        PUBLIC_URL: 'https://gateway.example.org',
        MAIL_DIR: mailFolder,
        MCPGATEWAY_CATALOG_FILE: catalog,
        SMTP_FROM_EMAIL: 'gateway@example.org',
      },
    });
    database = await openDatabase({ location, schema: 'test', entities: [], migrations: [], logger });
  });
  afterAll(async () => {
    await database?.destroy();
    await gateway?.stop();
    await fixture?.stop();
    await agent?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const trail = async (query = ''): Promise<AuditRecord[]> => {
    const all: AuditRecord[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: string = `/audit?limit=1000&${query}${cursor && `&cursor=${cursor}`}`;
      const { records, nextCursor }: AuditPage = await gateway.admin.call('GET', page);
      all.push(...records);
      cursor = nextCursor;
    }
    return all;
  };
  const verdict = () => gateway.admin.call<{ intact: boolean; records: number }>('GET', '/audit/verify');

  it('every route of REST that changes something leaves a record of who did it when it is used', async () => {
    onTestFailed(() => console.error(gateway.logs()));
    const forgetTools = () => database.query('DELETE FROM registry.tool_change');
    const sent = await changeEverything(mailFolder, gateway, fixture.url, `${agent.url}/a2a`, forgetTools);
    const used = sent.map(({ route }) => route).filter((route) => !route.startsWith('GET '));
    expect([...new Set([...used, ...CHANGES_NOTHING, ...BY_LINK])].sort()).toEqual(changingRoutes().sort());

    const records = await trail();
    const text = JSON.stringify(records);
    for (const secret of ['tok-8c1f5e0f', 'correct horse', 'another horse']) expect(text).not.toContain(secret);
    const unrecorded = sent
      .filter(({ action, route }) => action !== '' && !OPEN.test(route))
      .filter(
        ({ traceId, action }) =>
          !records.some((record) => record.actor.traceId === traceId && record.action === action),
      );
    expect(unrecorded).toEqual([]);
    for (const { action } of sent) if (action !== '') expect(records.map((record) => record.action)).toContain(action);
    // By whoever acted, in whichever service it happened.
    const registered = sent.find(({ route }) => route === 'POST /gateways');
    const ofRegistration = records.filter(({ actor }) => actor.traceId === registered?.traceId);
    expect(new Set(ofRegistration.map(({ action }) => action))).toEqual(
      new Set([
        'gateway.created',
        'credential.created',
        'tool.created',
        'prompt.created',
        'resource.created',
        'template.created',
      ]),
    );
    expect(new Set(ofRegistration.map(({ actor }) => `${actor.kind} ${actor.id} ${actor.address}`))).toEqual(
      new Set(['user admin@example.com 127.0.0.1']),
    );
    const renamed = records.findLast(({ action }) => action === 'user.changed');
    expect(renamed).toMatchObject({ before: { full_name: 'Ann' }, after: { full_name: 'Ann A.' } });
    expect(await verdict()).toMatchObject({ intact: true });
  });

  it('every table has its trail or a reason to have none when the schemas are looked at', async () => {
    const rows = await database.query<{ name: string; triggers: number }[]>(`
      SELECT format('%s.%s', n.nspname, c.relname) AS name, count(t.oid)::integer AS triggers FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname LIKE 'audit\\_%'
      WHERE n.nspname IN ('auth', 'registry') AND c.relkind = 'r' AND c.relname NOT IN ('migrations', 'audit_pending')
      GROUP BY 1`);
    expect(
      rows
        .filter(({ triggers }) => triggers !== 3)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(NOT_AUDITED).sort());
    expect(rows.length).toBeGreaterThan(10);
  });

  it('a log-in that is refused is in the trail with where it came from when the password is wrong', async () => {
    const response = await fetch(`${gateway.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ann@example.org', password: 'wrong' }),
    });
    expect(response.status).toBe(401);
    expect(await trail('category=security&action=login.refused')).toMatchObject([
      {
        severity: 'warning',
        resource: { type: 'login', id: 'ann@example.org' },
        after: { address: '127.0.0.1', known: true },
      },
    ]);
  });

  it('audit verify prints the last record, and ends with 1 where the trail or an export is not as it was written', async () => {
    const verify = (...args: readonly string[]) =>
      GatewayProcess.start({
        cwd: folder,
        args: ['audit', 'verify', ...args, '--url', gateway.url, '--token', gateway.adminToken],
      }).then(async (run) => ({ ...(await run.ended), stdout: run.stdout }));
    const exported = await fetch(`${gateway.url}/audit/export`, {
      headers: { authorization: `Bearer ${gateway.adminToken}` },
    });
    const file = join(folder, 'audit.ndjson');
    const text = await exported.text();
    writeFileSync(file, text);
    const whole = await verify();
    expect([whole.code, whole.stdout]).toEqual([
      0,
      expect.stringMatching(/^intact: \d+ records, 0 of them .*\n\d+:[0-9a-f]{64}\n$/),
    ]);
    const [, noted = ''] = whole.stdout.trim().split('\n');
    expect(await verify('--since', noted)).toMatchObject({ code: 0 });
    expect((await verify(file)).stdout).toBe(`intact: ${text.trim().split('\n').length} records\n${noted}\n`);
    writeFileSync(file, text.replace('"action":"user.created"', '"action":"user.changed"'));
    expect(await verify(file)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^broken at record \d+: the record was changed/),
    });
  });

  it('each change is in the trail once when the gateway is killed and the database goes away meanwhile', async () => {
    const made: string[] = [];
    const makeTeams = async (until: AbortSignal): Promise<void> => {
      for (let number = 0; !until.aborted; number++) {
        const name = `team-${process.hrtime.bigint()}-${number}`;
        const team = await gateway.admin.call<{ id: string }>('POST', '/teams', { name }).catch(() => null);
        if (team !== null) made.push(team.id);
      }
    };
    const isReady = async () => (await fetch(`${gateway.url}/ready`).catch(() => null))?.status;
    for (const fault of [
      () => gateway.kill('switchyard'),
      () =>
        database.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'switchyard-%' AND pid <> pg_backend_pid()",
        ),
    ]) {
      const [before, over] = [made.length, new AbortController()];
      const making = Promise.all([makeTeams(over.signal), makeTeams(over.signal)]);
      await expect.poll(() => made.length).toBeGreaterThan(before + 10);
      await fault();
      over.abort();
      await making;
      if (!gateway.process('switchyard').server.running) await gateway.restart('switchyard');
      await expect.poll(isReady).toBe(200);
    }

    const ids = (await trail('action=team.created')).map(({ resource }) => resource.id);
    const rows = await database.query<{ id: string }[]>('SELECT id FROM auth.teams');
    expect(new Set(ids).size).toBe(ids.length);
    // What was answered, what was committed and what is in the trail: the same.
    expect(ids.toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
    expect(made.filter((id) => !ids.includes(id))).toEqual([]);
    expect(await verdict()).toMatchObject({ intact: true });
    expect(await database.query('SELECT 1 FROM auth.audit_pending')).toEqual([]);
  });
});
