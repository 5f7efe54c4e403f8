import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CollectAuthAudit } from '#contracts/auth/collect-audit.request';
import { CollectRegistryAudit } from '#contracts/registry/collect-audit.request';
import type { CallsView, CallView } from '../src/call-log/call.view.js';
import { RetentionService } from '../src/retention/retention.service.js';
import { aCall, calls } from './call-records.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

const DAY_MS = 86_400_000;

describe('the log of calls', () => {
  let metrics: MetricsService;
  let batches = 0;

  beforeAll(async () => {
    // Long, for the test that holds a row.
    metrics = await startMetrics();
    // Who is erased must not be in events that are still to come.
    for (const collection of [CollectAuthAudit, CollectRegistryAudit])
      metrics.bus.answer(collection, async () => ({ events: [] }));
  });
  afterAll(() => metrics?.stop());
  beforeEach(() => metrics.empty());

  const page = async (query = '', token?: string): Promise<CallsView> => {
    const response = await metrics.get(`/calls${query}`, token);
    expect(response.status).toBe(200);
    return (await response.json()) as CallsView;
  };
  const ids = async (query: string, token?: string): Promise<string[]> =>
    (await page(query, token)).calls.map(({ id }) => id);
  const days = async (): Promise<string[]> => {
    const rows = await metrics.database.query<{ name: string }[]>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'metrics.calls'::regclass ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  };

  it('GET /calls shows who called what, for how long and why it was refused when there are calls', async () => {
    const at = Date.now() - 1_000;
    await metrics.record([
      aCall({ callId: 'went', startedAtMs: at, latencyMs: 12, waitedMs: 1, upstreamMs: 10, tokenId: 'jti' }),
      aCall({
        callId: 'turned-away',
        startedAtMs: at + 1,
        outcome: 'refused',
        errorCode: 'auth.grant_missing',
        rule: 'permission tools.execute',
        upstreamId: null,
        serverId: null,
        upstreamRevision: null,
      }),
    ]);
    const { calls: shown, nextCursor } = await page();
    expect(nextCursor).toBeNull();
    expect(shown).toMatchObject([
      {
        id: 'turned-away',
        endpoint: '/mcp',
        code: 'auth.grant_missing',
        rule: 'permission tools.execute',
        why: expect.stringMatching(/lacks a required permission.*tools\.execute is missing\. Nothing was run\./),
      },
      {
        id: 'went',
        startedAt: new Date(at).toISOString(),
        user: 'dev@example.com',
        tokenId: 'jti',
        client: 'test-client',
        clientVersion: '1.2.3',
        address: '192.0.2.7',
        endpoint: '/servers/server-1/mcp',
        name: 'everything-echo',
        revision: '2026-07-28',
        upstreamRevision: '2025-11-25',
        latencyMs: 12,
        waitedMs: 1,
        upstreamMs: 10,
        gatewayMs: 1,
        why: 'The upstream answered.',
      },
    ]);
    expect(await (await metrics.get('/calls/went')).json()).toEqual(shown[1]);
    expect((await metrics.get('/calls/nobody')).status).toBe(404);
  });

  it.each([
    ['user=ann@example.com', ['ann']],
    ['user=Ann@Example.com', ['ann']],
    ['token=t1', ['ann']],
    ['server=s1', ['server']],
    ['server=mcp', ['ann', 'slow']],
    ['upstream=u2', ['server']],
    ['method=prompts/get', ['ann']],
    ['name=tool-b', ['server']],
    ['outcome=error,tool_error', ['ann', 'slow']],
    ['outcome=ok', ['server']],
    ['code=upstream.timed_out', ['slow']],
    ['client=cursor', ['server']],
    ['address=192.0.2.9', ['slow']],
    ['trace_id=abc', ['ann']],
    ['min_ms=5000', ['slow']],
    ['since=2026-07-28T10:00:00Z', ['ann', 'server']],
    ['until=2026-07-28T10:00:00Z', ['slow']],
    ['outcome=error&min_ms=1&client=nobody', []],
  ])('GET /calls finds the calls that the filter names when it is %s', async (query, found) => {
    const at = (hour: number): number => Date.UTC(2026, 6, 28, hour);
    // A batch that was written before is not written anew.
    const requestBytes = ++batches;
    await metrics.record([
      aCall({
        requestBytes,
        callId: 'ann',
        startedAtMs: at(12),
        principalId: 'ann@example.com',
        tokenId: 't1',
        serverId: null,
        method: 'prompts/get',
        outcome: 'tool_error',
        traceId: 'abc',
      }),
      aCall({
        callId: 'server',
        startedAtMs: at(11),
        serverId: 's1',
        upstreamId: 'u2',
        name: 'tool-b',
        clientName: 'cursor',
      }),
      aCall({
        callId: 'slow',
        startedAtMs: at(9),
        serverId: null,
        outcome: 'error',
        errorCode: 'upstream.timed_out',
        latencyMs: 9_000,
        address: '192.0.2.9',
      }),
    ]);
    expect(await ids(`?${query}`)).toEqual(found);
  });

  it('GET /calls gives each call once, in order, when pages are followed while calls come in', async () => {
    const at = Date.now() - 60_000;
    const batch = calls(25).map((call, index) => ({ ...call, startedAtMs: at + Math.floor(index / 3) }));
    await metrics.record(batch);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { calls: shown, nextCursor }: CallsView = await page(`?limit=4${cursor && `&cursor=${cursor}`}`);
      seen.push(...shown.map(({ id }) => id));
      cursor = nextCursor;
      await metrics.record([aCall()]);
    }
    expect(new Set(seen)).toEqual(new Set(batch.map(({ callId }) => callId)));
    expect(seen).toHaveLength(25);
  });

  it('GET /calls shows a user without admin.metrics the calls of that user alone when all are asked for', async () => {
    await metrics.record([aCall({ callId: 'own', principalId: 'member' }), aCall({ callId: 'other' })]);
    expect(await ids('', 'member')).toEqual(['own']);
    expect(await ids('?user=member', 'member')).toEqual(['own']);
    expect((await metrics.get('/calls?user=dev@example.com', 'member')).status).toBe(403);
    expect((await metrics.get('/calls/export?user=dev@example.com', 'member')).status).toBe(403);
    expect((await metrics.get('/calls/own', 'member')).status).toBe(200);
    expect((await metrics.get('/calls/other', 'member')).status).toBe(404);
    expect(await (await metrics.get('/calls/export', 'member')).text()).not.toContain('other');
    expect((await metrics.get('/calls', null)).status).toBe(401);
  });

  it.each([
    ['narrowed-member', ['of-the-token']],
    ['admin-of-a-team', ['of-a-team']],
  ])('GET /calls shows the calls of its own token alone when the token is that of %s', async (token, own) => {
    await metrics.record([
      aCall({ callId: 'of-the-token', principalId: 'member', tokenId: 'own' }),
      aCall({ callId: 'of-the-member', principalId: 'member', tokenId: 'another' }),
      aCall({ callId: 'of-a-team', principalId: 'admin', tokenId: 'of-a-team' }),
    ]);
    expect(await ids('', token)).toEqual(own);
    const exported = (await (await metrics.get('/calls/export', token)).text()).trimEnd().split('\n');
    expect(exported.map((line) => (JSON.parse(line) as CallView).id)).toEqual(own);
    expect((await metrics.get(`/calls/${own[0]}`, token)).status).toBe(200);
    expect((await metrics.get('/calls/of-the-member', token)).status).toBe(404);
    expect((await metrics.get('/calls?token=another', token)).status).toBe(403);
    expect((await metrics.get('/calls/export?user=dev@example.com', token)).status).toBe(403);
  });

  it.each(['limit=0', 'limit=1001', 'since=yesterday', 'outcome=great', 'cursor=nonsense', 'colour=red', 'min_ms=-1'])(
    'GET /calls refuses a query by name when it is %s',
    async (query) => expect((await metrics.get(`/calls?${query}`)).status).toBe(422),
  );

  it('GET /calls/export writes every record as a line of JSON or CSV when there are more than a piece holds', async () => {
    await metrics.record(calls(1_500));
    await metrics.record([aCall({ callId: 'odd', name: '=1+1,"x"', startedAtMs: Date.now() + 1_000 })]);
    const lines = (await (await metrics.get('/calls/export')).text()).trimEnd().split('\n');
    expect(lines).toHaveLength(1_501);
    expect((JSON.parse(lines[0]!) as CallView).id).toBe('odd');
    const csv = await metrics.get('/calls/export?format=csv&limit=1200');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, first, ...rest] = (await csv.text()).trimEnd().split('\r\n');
    expect(head).toMatch(/^id,startedAt,user,/);
    expect(first).toContain(`"'=1+1,""x"""`);
    expect(rest).toHaveLength(1_199);
  });

  const erase = (token: string, user = 'gone@example.com') =>
    fetch(`${metrics.running.url}/calls/erase`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ user }),
    });

  it('POST /calls/erase takes a person out of the records and leaves what they add up to when it is asked to', async () => {
    const gone = calls(3, { principalId: 'gone@example.com', tokenId: 'jti' });
    await metrics.record([...gone, aCall()]);
    expect((await erase('member')).status).toBe(403);
    expect((await erase('admin', 'Admin')).status).toBe(403);
    expect(await (await erase('admin')).json()).toEqual({ calls: 3, auditRecords: 0, logLines: 0 });
    expect(await ids('?user=gone@example.com')).toEqual([]);
    const text = await (await metrics.get('/calls/export')).text();
    expect(text.trimEnd().split('\n')).toHaveLength(4);
    expect(text).not.toContain('gone@example.com');
    // What comes a second time does not count a second time, and brings nobody back.
    await metrics.record(gone);
    expect(await ids('?user=gone@example.com')).toEqual([]);
  });

  it.each(['admin@localhost', 'service-1', `${'a'.repeat(64)}@${'b.'.repeat(125)}org`])(
    'POST /calls/erase finds a user in whatever case they are written when they are %s',
    async (user) => {
      await metrics.record(calls(2, { principalId: user }));
      expect(await (await erase('admin', user.toUpperCase())).json()).toEqual({
        calls: 2,
        auditRecords: 0,
        logLines: 0,
      });
    },
  );

  it.each(['', 'a'.repeat(321)])('POST /calls/erase refuses a user that nobody can be when it is "%s"', async (user) =>
    expect((await erase('admin', user)).status).toBe(422),
  );

  it('POST /calls/erase keeps what is kept aside of others when their address ends with the same letters', async () => {
    const keep = (principalId: string): Promise<unknown> =>
      metrics.database.query("INSERT INTO metrics.refused_records (reason, record) VALUES ('a test', $1)", [
        JSON.stringify({ callId: '1', principalId }),
      ]);
    await keep('ann@example.com');
    await keep('joann@example.com');
    expect((await erase('admin', 'ann@example.com')).status).toBe(200);
    const left = await metrics.database.query<{ record: string }[]>('SELECT record FROM metrics.refused_records');
    expect(left.map(({ record }) => (JSON.parse(record) as { principalId: string }).principalId)).toEqual([
      'joann@example.com',
    ]);
  });

  it('POST /calls/erase waits for the records that a writer holds when it has erased the others', async () => {
    await metrics.record(calls(3, { principalId: 'held@example.com' }));
    const writer = metrics.database.createQueryRunner();
    await writer.startTransaction();
    await writer.query("SELECT FROM metrics.calls WHERE principal_id = 'held@example.com' LIMIT 1 FOR UPDATE");
    const answer = erase('admin', 'held@example.com').then((response) => response.json());
    const waiting = async (): Promise<number> => {
      const [row] = await metrics.database.query<{ n: number }[]>(`
        SELECT count(*)::integer AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%chosen%'`);
      return row?.n ?? 0;
    };
    await expect.poll(waiting).toBe(1);
    await writer.commitTransaction();
    await writer.release();
    expect(await answer).toEqual({ calls: 3, auditRecords: 0, logLines: 0 });
    expect(await ids('?user=held@example.com')).toEqual([]);
  });

  it('a day of calls is dropped as a whole when it need not be kept any longer', async () => {
    const before = await days();
    expect(before).toHaveLength(5);
    // The day when the service started, which may be over by now.
    const [, year, month, day] = /(\d{4})(\d{2})(\d{2})$/.exec(before[0] ?? '') ?? [];
    const startedAtMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
    await metrics.record(calls(2, { startedAtMs }));
    const retention = metrics.running.application.get(RetentionService, { strict: false });
    await retention.cleanUp(startedAtMs + 9 * DAY_MS);
    expect(await ids('')).toEqual([]);
    expect(await days()).not.toContain(before[0]);
    // The day is over, and has no partition any more: what comes late stands among the other days.
    await metrics.record(calls(2, { startedAtMs }));
    expect(await ids('')).toHaveLength(2);
    // It gets one again with what there is of it.
    await retention.cleanUp(startedAtMs);
    expect(await days()).toContain(before[0]);
    expect(await ids('')).toHaveLength(2);
  });
});
