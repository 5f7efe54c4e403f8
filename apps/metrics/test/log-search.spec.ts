import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CollectAuthAudit } from '#contracts/auth/collect-audit.request';
import { CollectRegistryAudit } from '#contracts/registry/collect-audit.request';
import { type LogLine, RecordLines } from '#contracts/metrics/record-lines.request';
import type {
  AuditTrailView,
  CorrelationView,
  FoundLinesView,
  SecurityEventView,
} from '../src/log-search/log-search.view.js';
import { aCall } from './call-records.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const event = (action: string, resourceType: string, name: string, traceId?: string) => ({
  id: randomUUID(),
  at: new Date().toISOString(),
  action,
  resourceType,
  actor: {
    kind: 'user' as const,
    id: 'ann@example.com',
    address: '192.0.2.7',
    ...(traceId !== undefined && { traceId }),
  },
  resourceId: name,
  resourceName: name,
  before: null,
  after: null,
});

describe('the routes of ContextForge for logs', () => {
  let metrics: MetricsService;
  let seq = 0;

  beforeAll(async () => {
    metrics = await startMetrics({ STRUCTURED_LOGGING_DATABASE_ENABLED: 'true' });
    const events = [
      event('login.succeeded', 'login', 'ann@example.com'),
      event('login.refused', 'login', 'eve@example.com'),
      event('gateway.changed', 'gateway', 'weather', TRACE),
    ];
    let asked = 0;
    metrics.bus.answer(CollectAuthAudit, async () => ({ events: asked++ === 0 ? events : [] }));
    metrics.bus.answer(CollectRegistryAudit, async () => ({ events: [] }));
    await record(
      aLine({ message: 'slow', level: 'info', fields: JSON.stringify({ ms: 900, operation: 'tools/call' }) }),
      aLine({ message: 'quick', level: 'debug', service: 'auth', fields: JSON.stringify({ ms: 5 }) }),
      aLine({
        message: 'broken',
        level: 'error',
        fields: JSON.stringify({ err: { type: 'Error', message: 'x' }, ms: 'none' }),
      }),
      aLine({ message: 'of one', level: 'warn', correlationId: 'my-1', traceId: TRACE, principal: 'ann@example.com' }),
    );
    await metrics.record([aCall({ traceId: TRACE, latencyMs: 12 })]);
  });
  afterAll(() => metrics?.stop());

  const aLine = (parts: Partial<LogLine>): LogLine => ({
    seq: ++seq,
    at: new Date().toISOString(),
    level: 'info',
    service: 'ingress',
    instance: 'host-1',
    message: '',
    correlationId: null,
    traceId: null,
    principal: null,
    fields: '{}',
    ...parts,
  });
  const record = (...lines: readonly LogLine[]): Promise<unknown> => metrics.bus.ask(RecordLines, { lines });
  const post = (body: object, token = 'admin'): Promise<Response> =>
    fetch(`${metrics.running.url}/v1/api/logs/search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  /** Of those above; the service's own come in meanwhile. */
  const search = async (body: object): Promise<string[]> => {
    const response = await post({ ...body, component: ['ingress', 'auth'] });
    expect(response.status).toBe(200);
    return ((await response.json()) as FoundLinesView).results.map(({ message }) => message);
  };
  const get = async <View>(path: string): Promise<View> => {
    const response = await metrics.get(`/api/logs${path}`);
    expect(response.status).toBe(200);
    return (await response.json()) as View;
  };

  it.each([
    [{ search_text: 'BROK' }, ['broken']],
    [{ level: ['WARNING', 'ERROR'] }, ['of one', 'broken']],
    [{ level: ['DEBUG'], component: ['auth'] }, ['quick']],
    [{ correlation_id: 'my-1' }, ['of one']],
    [{ user_id: 'Ann@example.com' }, ['of one']],
    [{ min_duration_ms: 5, max_duration_ms: 5 }, ['quick']],
    [{ min_duration_ms: 100 }, ['slow']],
    [{ has_error: true }, ['broken']],
    [{ sort_order: 'asc', limit: 1, offset: 1 }, ['quick']],
    [{ end_time: '2020-01-01T00:00:00Z' }, []],
  ])('POST /api/logs/search finds lines when it is asked for %j', async (body, found) => {
    expect(await search(body)).toEqual(found);
  });

  it('POST /api/logs/search names what a line says as ContextForge does when it has found one', async () => {
    const answer = (await (await post({ search_text: 'broken', component: ['ingress'] })).json()) as FoundLinesView;
    expect(answer).toMatchObject({
      total: 1,
      results: [
        {
          level: 'ERROR',
          component: 'ingress',
          duration_ms: null,
          error_details: { message: 'x' },
          is_security_event: false,
        },
      ],
    });
  });

  it.each([{ category: ['x'] }, { sort_by: 'level' }, { limit: 1_001 }, { offset: 10_001 }, { level: ['loud'] }])(
    'POST /api/logs/search is refused when it is asked for %j',
    async (body) => expect((await post(body)).status).toBe(422),
  );

  it('POST /api/logs/search is refused when the caller may not see the audit trail', async () => {
    expect((await post({}, 'member')).status).toBe(403);
    expect((await post({}, 'admin-of-a-team')).status).toBe(403);
  });

  it('GET /api/logs/security-events shows log-ins by severity when there are changes, too', async () => {
    const all = await get<SecurityEventView[]>('/security-events');
    expect(all.map(({ event_type, severity }) => [event_type, severity])).toEqual([
      ['login.refused', 'MEDIUM'],
      ['login.succeeded', 'LOW'],
    ]);
    expect(await get('/security-events?severity=MEDIUM')).toMatchObject([
      { event_type: 'login.refused', client_ip: '192.0.2.7' },
    ]);
    expect(await get('/security-events?severity=LOW')).toMatchObject([{ event_type: 'login.succeeded' }]);
    expect(await get('/security-events?limit=1&offset=1')).toMatchObject([{ event_type: 'login.succeeded' }]);
    expect((await metrics.get('/api/logs/security-events?resolved=true')).status).toBe(422);
  });

  it('GET /api/logs/audit-trails shows what was changed and tried when it is asked', async () => {
    const all = await get<AuditTrailView[]>('/audit-trails?user_id=ann@example.com');
    expect(all.map(({ action, success }) => [action, success])).toEqual([
      ['gateway.changed', true],
      ['login.refused', false],
      ['login.succeeded', true],
    ]);
    expect(await get('/audit-trails?action=gateway.changed,gateway.deleted')).toMatchObject([
      { resource_type: 'gateway', resource_name: 'weather', user_email: 'ann@example.com', correlation_id: TRACE },
    ]);
    expect(await get('/audit-trails?resource_type=token')).toEqual([]);
  });

  it('GET /api/logs/trace/{id} shows lines, calls and records of one correlation id when there are some', async () => {
    expect(await get<CorrelationView>('/trace/my-1')).toMatchObject({
      correlation_id: 'my-1',
      total_duration_ms: 12,
      log_count: 1,
      error_count: 0,
      logs: [{ message: 'of one', level: 'WARNING' }],
      security_events: [],
      audit_trails: [{ action: 'gateway.changed' }],
    });
  });
});
