import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '#contracts/audit-event';
import { CollectAuthAudit } from '#contracts/auth/collect-audit.request';
import { CollectRegistryAudit } from '#contracts/registry/collect-audit.request';
import type { AuditPageView, AuditVerdictView, ProvenRecordView } from '../src/audit/audit.view.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

const event = (more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: randomUUID(),
  at: new Date().toISOString(),
  action: 'gateway.changed',
  resourceType: 'gateway',
  resourceId: 'g1',
  resourceName: 'weather',
  actor: { kind: 'user', id: 'ann@example.org', tokenId: 't1', address: '192.0.2.7', traceId: 'c0ffee' },
  before: { enabled: true },
  after: { enabled: false },
  ...more,
});

/** What a service has to tell, and answers until it hears that it was taken, as `PendingEvents` does. */
const waiting = { auth: [] as AuditEvent[], registry: [] as AuditEvent[] };
const answering =
  (of: 'auth' | 'registry') =>
  async ({ taken }: { taken: readonly string[] }) => {
    waiting[of] = waiting[of].filter(({ id }) => !taken.includes(id));
    return { events: waiting[of].slice(0, 3) };
  };

/** Takes records by a webhook, but for the first two times. */
const receiver = { asked: 0, taken: [] as ProvenRecordView[] };
const webhook = createServer(async (request, response) => {
  const { records } = (await json(request)) as { records: ProvenRecordView[] };
  receiver.asked += 1;
  if (receiver.asked > 2) receiver.taken.push(...records);
  response.writeHead(receiver.asked > 2 ? 204 : 503).end();
});

const given = async (): Promise<MetricsService> => {
  webhook.listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  const { port } = webhook.address() as AddressInfo;
  const metrics = await startMetrics({ AUDIT_WEBHOOK_URL: `http://127.0.0.1:${port}`, AUDIT_WEBHOOK_SECRET: 'secret' });
  metrics.bus.answer(CollectAuthAudit, answering('auth'));
  metrics.bus.answer(CollectRegistryAudit, answering('registry'));
  return metrics;
};

describe('the audit trail', () => {
  let metrics: MetricsService;
  beforeAll(async () => {
    metrics = await given();
  });
  afterAll(async () => {
    await metrics?.stop();
    webhook.close();
  });

  const page = async (query = ''): Promise<AuditPageView> => {
    const response = await metrics.get(`/audit${query}`);
    expect(response.status).toBe(200);
    return (await response.json()) as AuditPageView;
  };
  const verify = async (query = ''): Promise<AuditVerdictView> =>
    (await (await metrics.get(`/audit/verify${query}`)).json()) as AuditVerdictView;

  it('GET /audit shows what happened in every service when it has only just happened', async () => {
    const events = [event(), event(), event(), event()];
    waiting.registry.push(...events);
    waiting.auth.push(
      event({ action: 'login.refused', resourceType: 'login', resourceId: 'bob@example.org', actor: null }),
    );
    const { records, behind } = await page('?resource_type=gateway');
    expect(behind).toEqual([]);
    expect(records.map(({ id }) => id)).toEqual(events.map(({ id }) => id).reverse());
    expect(records[0]).toMatchObject({
      source: 'registry',
      action: 'gateway.changed',
      category: 'change',
      severity: 'notice',
      actor: { kind: 'user', id: 'ann@example.org', tokenId: 't1', address: '192.0.2.7', traceId: 'c0ffee' },
      resource: { type: 'gateway', id: 'g1', name: 'weather' },
      before: { enabled: true },
      after: { enabled: false },
    });
    expect((await page('?category=security')).records).toMatchObject([
      { severity: 'warning', action: 'login.refused', actor: { kind: 'gateway' } },
    ]);
    // Nothing is kept where it happened.
    expect(waiting).toEqual({ auth: [], registry: [] });
  });

  it('GET /audit has an event once when it is brought again and again, by two at a time', async () => {
    const events = [event({ action: 'gateway.created' }), event({ action: 'gateway.created' })];
    for (let time = 0; time < 3; time++) {
      waiting.registry.push(...events);
      waiting.auth.push(...events);
      await page();
    }
    expect((await page('?action=gateway.created')).records).toHaveLength(2);
    expect(await verify()).toMatchObject({ intact: true, brokenAt: null });
  });

  it.each([
    ['actor=Eve@example.org', 1],
    ['action=team.created,team.deleted', 2],
    ['resource_id=x7', 1],
    ['source=auth&resource_type=team', 2],
    ['trace_id=feed', 1],
    ['since=2027-01-01T00:00:00Z', 0],
    ['until=2020-01-01T00:00:00Z', 0],
  ])('GET /audit finds what the filter names when it is %s', async (query, count) => {
    if ((await page('?resource_type=team')).records.length === 0)
      waiting.auth.push(
        event({ action: 'team.created', resourceType: 'team', actor: { kind: 'user', id: 'eve@example.org' } }),
        event({
          action: 'team.deleted',
          resourceType: 'team',
          resourceId: 'x7',
          actor: { kind: 'command', id: 'c', traceId: 'feed' },
        }),
      );
    expect((await page(`?${query}`)).records).toHaveLength(count);
  });

  it('GET /audit gives each record once when pages are followed while more comes', async () => {
    const { records: all } = await page();
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { records, nextCursor }: AuditPageView = await page(`?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...records.map(({ id }) => id));
      cursor = nextCursor;
      waiting.auth.push(event());
    }
    expect(seen).toEqual(all.map(({ id }) => id));
  });

  it.each(['limit=0', 'limit=1001', 'since=yesterday', 'action=x', 'cursor=nonsense', 'colour=red', 'source=ingress'])(
    'GET /audit refuses a query by name when it is %s',
    async (query) => expect((await metrics.get(`/audit?${query}`)).status).toBe(422),
  );

  it.each(['', '/export', '/verify', `/${randomUUID()}`])(
    'GET /audit%s is refused when the caller may not see it or not all of it',
    async (path) => {
      expect((await metrics.get(`/audit${path}`, null)).status).toBe(401);
      for (const token of ['member', 'admin-of-a-team'])
        expect((await metrics.get(`/audit${path}`, token)).status).toBe(403);
    },
  );

  it('GET /audit/{id} and /audit/export prove their records when they are computed anew', async () => {
    const [record] = (await page('?limit=1')).records;
    const { proof, ...shown } = (await (await metrics.get(`/audit/${record?.id}`)).json()) as ProvenRecordView;
    expect(shown).toEqual(record);
    const lines = (await (await metrics.get('/audit/export')).text()).trimEnd().split('\n');
    const exported = lines.map((line) => JSON.parse(line) as ProvenRecordView);
    expect(exported.map(({ seq }) => seq)).toEqual(exported.map((_, at) => at + 1));
    expect(exported.at(-1)?.proof).toEqual(proof);
    expect((await metrics.get('/audit/none')).status).toBe(404);
    expect((await metrics.get(`/audit/${randomUUID()}`)).status).toBe(404);
  });

  it.each([
    "UPDATE metrics.audit_records SET action = 'nothing.happened' WHERE seq = 1",
    `UPDATE metrics.audit_records SET actor = '{"kind":"user","id":"bob"}' WHERE seq = 1`,
    'DELETE FROM metrics.audit_records WHERE seq = 2',
    'TRUNCATE metrics.audit_records',
    'UPDATE metrics.audit_head SET seq = seq - 1',
    'DELETE FROM metrics.audit_head',
  ])('Postgres refuses to change the trail when somebody writes %s', async (statement) => {
    await expect(metrics.database.query(statement)).rejects.toThrow(/audit trail/);
  });

  it('POST /calls/erase takes a person out of the trail and leaves the chain whole when they are in it', async () => {
    waiting.auth.push(
      event({
        resourceType: 'user',
        action: 'user.created',
        resourceId: 'gone@example.org',
        actor: { kind: 'user', id: 'Gone@example.org' },
      }),
      event({
        resourceType: 'user',
        action: 'user.created',
        resourceId: 'not-gone@example.org',
        after: { note: 'of gone@example.org.uk' },
      }),
      event({ resourceType: 'membership', action: 'membership.created', resourceId: 't1/gone@example.org' }),
    );
    const erase = (user: string) =>
      fetch(`${metrics.running.url}/calls/erase`, {
        method: 'POST',
        headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
        body: JSON.stringify({ user }),
      });
    expect(await (await erase('gone@example.org')).json()).toEqual({ calls: 0, auditRecords: 2, logLines: 0 });
    const text = await (await metrics.get('/audit/export')).text();
    expect(text).not.toMatch(/[^-]gone@example\.org[^.]/i);
    expect(text).toContain('not-gone@example.org');
    expect(await verify()).toMatchObject({ intact: true, erased: 2 });
    expect(await (await erase('resourceId')).json()).toEqual({ calls: 0, auditRecords: 0, logLines: 0 });
    expect((await page('?action=person.erased')).records).toMatchObject([
      { source: 'metrics', actor: { id: 'admin' } },
      { source: 'metrics', actor: { id: 'admin' } },
    ]);
    expect((await page('?resource_type=membership')).records).toMatchObject([
      { resource: { id: null }, before: null, after: null, actor: { id: 'ann@example.org' } },
    ]);
  });

  it.each([
    ['at the end of a sentence', 'was NAME.'],
    ['at the end of one that trails off', 'was NAME...'],
    ['in a link', '<mailto:NAME>'],
    ['after a line end', 'was\nNAME'],
    ['after a sign that JSON escapes', 'was\u0007NAME,'],
    ['in a path', '/admin/users/NAME/unlock'],
    ['encoded in a query', 'next=%2Fusers%2FNAME%3F', true],
  ])('POST /calls/erase finds an address when it stands %s', async (_where, note, isEncoded = false) => {
    const address = `p${randomUUID()}@example.org`;
    const told = note.replace('NAME', isEncoded ? encodeURIComponent(address) : address);
    waiting.auth.push(event({ resourceType: 'user', action: 'user.updated', resourceId: 'u1', after: { note: told } }));
    const response = await fetch(`${metrics.running.url}/calls/erase`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
      body: JSON.stringify({ user: address }),
    });
    expect(await response.json()).toMatchObject({ auditRecords: 1 });
    expect(await (await metrics.get('/audit/export')).text()).not.toContain(address.split('@')[0]);
    expect(await verify()).toMatchObject({ intact: true });
  });

  it('a webhook gets every record, in its order, once it answers well again', async () => {
    const { head } = await verify();
    await expect.poll(() => receiver.taken.at(-1)?.seq).toBe(head.seq);
    expect(receiver.asked).toBeGreaterThan(2);
    expect(receiver.taken.map(({ seq }) => seq)).toEqual(Array.from({ length: head.seq }, (_, at) => at + 1));
    expect(receiver.taken.at(-1)?.proof.hash).toBe(head.hash);
  });

  const asOwner = async (...statements: readonly string[]): Promise<void> => {
    for (const table of ['audit_records', 'audit_head'])
      await metrics.database.query(`ALTER TABLE metrics.${table} DISABLE TRIGGER USER`);
    for (const statement of statements) await metrics.database.query(statement);
    for (const table of ['audit_records', 'audit_head'])
      await metrics.database.query(`ALTER TABLE metrics.${table} ENABLE TRIGGER USER`);
  };

  it('GET /audit/verify names the record when the owner of the database has changed, removed or cut the trail', async () => {
    const { head } = await verify();
    expect(await verify(`?seq=${head.seq}&hash=${head.hash}`)).toMatchObject({ intact: true, records: 0 });
    expect(await verify(`?seq=${head.seq}&hash=${'0'.repeat(64)}`)).toMatchObject({
      intact: false,
      brokenAt: head.seq,
    });
    expect((await metrics.get('/audit/verify?seq=1')).status).toBe(422);
    const keep = 'CREATE TABLE metrics.kept AS SELECT * FROM metrics.audit_records';
    const back =
      'INSERT INTO metrics.audit_records SELECT * FROM metrics.kept WHERE seq NOT IN (SELECT seq FROM metrics.audit_records)';

    await asOwner(keep, "UPDATE metrics.audit_records SET action = 'nothing.happened' WHERE seq = 2");
    expect(await verify()).toMatchObject({ intact: false, brokenAt: 2, fault: 'the record was changed' });
    await asOwner('DELETE FROM metrics.audit_records WHERE seq = 2');
    expect(await verify()).toMatchObject({ intact: false, fault: 'the records from 2 to 2 are missing' });
    await asOwner(back, `DELETE FROM metrics.audit_records WHERE seq = ${head.seq}`);
    expect(await verify()).toMatchObject({ intact: false, brokenAt: head.seq });
    // Who cuts the head as well is found by who noted it.
    await asOwner(
      `UPDATE metrics.audit_head SET (seq, hash) = (SELECT seq, hash FROM metrics.audit_records ORDER BY seq DESC LIMIT 1)`,
    );
    expect(await verify()).toMatchObject({ intact: true });
    expect(await verify(`?seq=${head.seq}&hash=${head.hash}`)).toMatchObject({ intact: false, brokenAt: head.seq });
  });
});
