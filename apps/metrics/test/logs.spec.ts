import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CollectAuthAudit } from '#contracts/auth/collect-audit.request';
import { CollectRegistryAudit } from '#contracts/registry/collect-audit.request';
import { type LogLine, RecordLines } from '#contracts/metrics/record-lines.request';
import type { LogLineView, LogTraceView, LogsView } from '../src/logs/logs.view.js';
import { RetentionService } from '../src/retention/retention.service.js';
import { aCall } from './call-records.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

const DAY_MS = 86_400_000;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('lines of the log', () => {
  let metrics: MetricsService;
  let seq = 0;

  beforeAll(async () => {
    metrics = await startMetrics({ STRUCTURED_LOGGING_DATABASE_ENABLED: 'true', LOG_RETENTION_DAYS: '3' });
    for (const collection of [CollectAuthAudit, CollectRegistryAudit])
      metrics.bus.answer(collection, async () => ({ events: [] }));
  });
  afterAll(() => metrics?.stop());
  beforeEach(() => metrics.database.query('TRUNCATE metrics.log_lines'));

  const aLine = (parts: Partial<LogLine> & { readonly atMs?: number } = {}): LogLine => {
    const { atMs = Date.now(), ...rest } = parts;
    return {
      seq: ++seq,
      at: new Date(atMs).toISOString(),
      level: 'info',
      service: 'ingress',
      instance: 'host-1',
      message: 'a request was refused',
      correlationId: null,
      traceId: null,
      principal: null,
      fields: '{}',
      ...rest,
    };
  };
  const record = async (...lines: readonly LogLine[]): Promise<number> =>
    (await metrics.bus.ask(RecordLines, { lines })).head.accepted;
  const page = async (query: string): Promise<LogsView> => {
    const response = await metrics.get(`/logs${query}`);
    expect(response.status).toBe(200);
    return (await response.json()) as LogsView;
  };
  /** Without the service's own, which come in meanwhile. */
  const found = async (query: string): Promise<string[]> =>
    (await page(query)).lines.filter(({ instance }) => instance === 'host-1').map(({ message }) => message);

  it('GET /logs finds lines by each of what it is asked for when there are others', async () => {
    const at = Date.now();
    await record(
      aLine({ message: 'old', atMs: at - 60_000 }),
      aLine({ message: 'grave', level: 'error' }),
      aLine({ message: 'of auth', service: 'auth' }),
      aLine({ message: "of Ann's", principal: 'ann@example.com' }),
      aLine({ message: 'of a request', correlationId: 'my-1', traceId: TRACE }),
      aLine({ message: 'told', fields: JSON.stringify({ reason: 'X_TOKEN is "not" set_', ms: 5 }) }),
    );
    expect(await found(`?until=${new Date(at - 1).toISOString()}`)).toEqual(['old']);
    expect(await found('?level=warn')).toEqual(['grave']);
    expect(await found('?service=auth')).toEqual(['of auth']);
    expect(await found('?user=ANN@example.com')).toEqual(["of Ann's"]);
    expect(await found('?correlation_id=my-1')).toEqual(['of a request']);
    expect(await found(`?traceId=${TRACE}`)).toEqual(['of a request']);
    expect(await found(`?q=${encodeURIComponent('x_token is "NOT" set_')}`)).toEqual(['told']);
    expect(await found('?q=se%25t')).toEqual([]);
    const [line] = (await page('?q=X_TOKEN')).lines;
    expect(line).toMatchObject({
      level: 'info',
      service: 'ingress',
      fields: { reason: 'X_TOKEN is "not" set_', ms: 5 },
    });
  });

  it('GET /logs shows each line once, page by page, when several were written in one millisecond', async () => {
    const atMs = Date.now() - 1_000;
    const lines = Array.from({ length: 7 }, (_, at) => aLine({ atMs, message: `${at}` }));
    expect(await record(...lines)).toBe(7);
    // What comes a second time is there already.
    expect(await record(...lines)).toBe(7);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = `?instance=host-1&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { lines: shown, nextCursor } = await page(query);
      seen.push(...shown.map(({ message }) => message));
      cursor = nextCursor;
    }
    expect(seen).toEqual(['6', '5', '4', '3', '2', '1', '0']);
  });

  it('RecordLines keeps what Postgres has no text for, and leaves out what is no line, when it comes', async () => {
    const accepted = await record(
      aLine({ message: 'zero\0 and half \ud800', fields: JSON.stringify({ text: '\0 \ud800' }) }),
      aLine({ level: 'loud' }),
      aLine({ fields: '[1]' }),
      aLine({ fields: '{' }),
      { ...aLine(), at: 'yesterday' },
      { ...aLine(), at: '2026-13-45T99:99:99Z' },
    );
    expect(accepted).toBe(1);
    expect(await found('?instance=host-1')).toEqual(['zero\uFFFD and half \uFFFD']);
  });

  it('GET /logs/trace shows lines in their order, calls that the caller may see and who did it when a correlation id is asked for', async () => {
    const at = Date.now() - 1_000;
    await metrics.record([aCall({ callId: 'traced', traceId: TRACE })]);
    await record(
      aLine({ atMs: at + 1, message: 'second', service: 'tool-invocation', correlationId: 'my-2', traceId: TRACE }),
      aLine({ atMs: at, message: 'first', correlationId: 'my-2', traceId: TRACE }),
      aLine({ message: 'of another', correlationId: 'my-3' }),
    );
    const trace = (await (await metrics.get('/logs/trace/my-2')).json()) as LogTraceView;
    expect(trace).toMatchObject({ correlationId: 'my-2', calls: [{ id: 'traced' }], auditRecords: [], isCut: false });
    expect(trace.lines.map(({ message }) => message)).toEqual(['first', 'second']);

    const audited = (await (await metrics.get('/logs/trace/my-2', 'auditor')).json()) as LogTraceView;
    expect([audited.lines.length, audited.calls]).toEqual([2, []]);
  });

  it('GET /logs/export gives a JSON object a line when there are more than one piece has', async () => {
    await record(...Array.from({ length: 500 }, () => aLine()));
    await record(...Array.from({ length: 501 }, () => aLine()));
    const response = await metrics.get('/logs/export?instance=host-1');
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(1_001);
    expect(JSON.parse(lines[0] ?? '') as LogLineView).toMatchObject({ message: 'a request was refused' });
  });

  it.each([
    ['the permission is missing', '', 'member', 403],
    ['the token is narrowed to a team', '', 'admin-of-a-team', 403],
    ['the cursor is none', '?cursor=bm90', 'admin', 422],
    ['the cursor has no text of Postgres', `?cursor=${Buffer.from('1 1 a\0').toString('base64url')}`, 'admin', 422],
    ['the level is none', '?level=loud', 'admin', 422],
    ['the time is none', '?since=yesterday', 'admin', 422],
    ['there are too many', '?limit=1001', 'admin', 422],
  ])('GET /logs refuses when %s', async (_when, query, token, status) => {
    expect((await metrics.get(`/logs${query}`, token)).status).toBe(status);
  });

  it('the service keeps its own lines, and none of keeping them, when it writes some', async () => {
    metrics.running.logger.warn({ principal: 'kept@example.com' }, 'of its own');
    await expect
      .poll(async () => (await page('?user=kept@example.com')).lines.map(({ message }) => message))
      .toEqual(['of its own']);
  });

  it('POST /calls/erase deletes the lines that name a person when they are erased', async () => {
    await record(
      aLine({ message: 'theirs', principal: 'gone@example.org' }),
      aLine({ message: 'about them', fields: JSON.stringify({ reason: 'of Gone@Example.org.' }) }),
      aLine({ message: 'bygone@example.org logged in' }),
    );
    const response = await fetch(`${metrics.running.url}/calls/erase`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'gone@example.org' }),
    });
    expect(await response.json()).toMatchObject({ calls: 0, logLines: 2 });
    expect(await found('?instance=host-1')).toEqual(['bygone@example.org logged in']);
  });

  it('RetentionService drops days of lines, and deletes late ones of other days, when LOG_RETENTION_DAYS is over', async () => {
    const partitions = async (): Promise<string[]> =>
      (
        await metrics.database.query<{ name: string }[]>(
          "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'metrics.log_lines'::regclass",
        )
      ).map(({ name }) => name);
    const today = `metrics.log_lines_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
    await record(aLine({ message: 'late', atMs: Date.now() - 9 * DAY_MS }), aLine({ message: 'new' }));
    expect(await partitions()).toContain(today);
    const retention = metrics.running.application.get(RetentionService, { strict: false });
    await retention.cleanUp();
    expect(await found('?instance=host-1')).toEqual(['new']);
    await retention.cleanUp(Date.now() + 5 * DAY_MS);
    expect(await partitions()).not.toContain(today);
    expect(await found('?instance=host-1')).toEqual([]);
  });

  it.each([
    ['level', "severity >= 40 AND at > now() - interval '1 d'", 'severity >= 40|grave|_at_instance_seq_idx'],
    ['service', "service = 'auth'", 'service'],
    ['correlation id', "correlation_id = '7'", 'correlation_id'],
    ['trace', "trace_id = '7'", 'trace_id'],
    ['user', "principal = '7'", 'principal'],
  ])('lines are found by an index when their %s is asked for', async (_what, condition, index) => {
    const plan = await metrics.database.query<{ 'QUERY PLAN': string }[]>(
      `EXPLAIN SELECT FROM metrics.log_lines WHERE ${condition} ORDER BY at DESC, instance DESC, seq DESC LIMIT 101`,
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toMatch(/Index (Only )?Scan/);
    expect(text).toMatch(new RegExp(index));
  });
});
