import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed, vi } from 'vitest';
import {
  type Gateway,
  type McpDouble,
  OtlpCollector,
  type PrometheusServer,
  startGateway,
  startMcpDouble,
  startPrometheus,
} from '#libs/testing';
import { GatewayProcess } from './gateway-process.js';

const PREFIX = 'io.modelcontextprotocol';
/** How many calls the breaker is to refuse. */
const REFUSED = 2;
/** What a call of a slow tool takes at least, and from where on the log and the questions call one slow. */
const SLOW_TOOL_MS = 5_000;
const SLOW_MS = 2_000;
/** After how many failures an upstream is left alone. */
const FAILURES_MAX = 3;
const MONITORING = readFileSync(new URL('../../../docs/operations/monitoring.md', import.meta.url), 'utf8');

/** A call as REST and the command line tell of it. */
interface Told {
  readonly id: string;
  readonly method: string;
  readonly name: string | null;
  readonly user: string | null;
  readonly outcome: string;
  readonly code: string | null;
  readonly rule: string | null;
  readonly why: string;
  readonly upstreamMs: number;
  readonly traceId: string;
}

const counted = <Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(items, keyOf)].map(([key, same]) => [key, same.length]));

/** A call as its user makes it, by the newest revision. */
const call = (
  url: string,
  token: string,
  name: string,
  { signal, meta, method = 'tools/call' }: { signal?: AbortSignal; meta?: object; method?: string } = {},
): Promise<Response> =>
  fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      'mcp-name': name,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        name,
        arguments: {},
        _meta: {
          [`${PREFIX}/protocolVersion`]: '2026-07-28',
          [`${PREFIX}/clientInfo`]: { name: 'scene', version: '1' },
          [`${PREFIX}/clientCapabilities`]: {},
          ...meta,
        },
      },
    }),
    ...(signal !== undefined && { signal }),
  });

describe('who called what, why was it refused, what is slow', () => {
  let gateway: Gateway;
  let collector: OtlpCollector;
  let prometheus: PrometheusServer;
  let tap: GatewayProcess;
  const upstreams: McpDouble[] = [];
  const held: (() => void)[] = [];
  let calls: readonly Told[];
  /** Calls of the shaky tool that got to it. */
  let failed = 0;

  const startUpstream = async (name: string, tools: readonly string[]): Promise<McpDouble> => {
    const double = await startMcpDouble({
      name,
      tools: tools.map((tool) => ({ name: tool, description: tool, inputSchema: { type: 'object' } })),
      call: async ({ name: tool }) => {
        if (tool === 'slow' || tool === 'long') await sleep(SLOW_TOOL_MS);
        if (tool === 'wait') await new Promise<void>((resolve) => held.push(resolve));
        return '"content":[]';
      },
      intercept: ({ message, req }) => {
        if (message.method !== 'tools/call' || message.params?.name !== 'shaky') return false;
        req.socket.destroy();
        return true;
      },
    });
    upstreams.push(double);
    await gateway.admin.register({ name, url: double.url, toolPrefix: '' });
    return double;
  };

  const toldByRest = async (): Promise<readonly Told[]> => {
    const page = await gateway.admin.call<{ calls: readonly Told[] }>('GET', '/calls?limit=1000');
    return page.calls.filter(({ method }) => method === 'tools/call');
  };
  const toldByTap = (): readonly Told[] =>
    tap.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told)
      .filter(({ method }) => method === 'tools/call');
  const spans = (kind: string) =>
    collector.spans.filter((span) => span.kind === kind && span.attributes['mcp.method.name'] === 'tools/call');
  const numbers = async (expression: string, label: string): Promise<Record<string, number>> => {
    const samples = await prometheus.query(expression);
    return Object.fromEntries(samples.map(({ metric, value }) => [metric[label] ?? '', value]));
  };

  beforeAll(async () => {
    collector = await OtlpCollector.start();
    gateway = await startGateway({
      mode: 'embedded',
      env: {
        OBSERVABILITY_ENABLED: 'true',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '50',
        METRICS_BUFFER_ENABLED: 'false',
        INTERNAL_METRICS: 'private',
        LOG_LEVEL: 'info',
        MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: String(FAILURES_MAX),
        PERFORMANCE_THRESHOLD_TOOL_INVOCATION_MS: String(SLOW_MS),
      },
    });
    const { url, admin } = gateway;
    prometheus = await startPrometheus([{ job: 'switchyard', url }]);
    await startUpstream('library', ['search', 'slow', 'long', 'wait']);
    await startUpstream('attic', ['shaky']);
    const [long] = (await admin.call<{ id: string; name: string }[]>('GET', '/tools')).filter(
      ({ name }) => name === 'long',
    );
    await admin.call('PUT', `/tools/${long?.id}`, { taskAfterMs: 50 });
    const people = await Promise.all(
      ['ann', 'bob', 'cat'].map(async (name) => {
        const email = `${name}@example.com`;
        await admin.call('POST', '/auth/email/admin/users', {
          email,
          password: `a long secret of ${name}`,
          full_name: name,
        });
        return gateway.tokenFor({ email });
      }),
    );
    const [ann = '', bob = '', cat = ''] = people;
    const narrowed = await fetch(`${url}/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${cat}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'reads', scope: { permissions: ['tools.read'] } }),
    });
    const { access_token: reader } = (await narrowed.json()) as { access_token: string };

    tap = await GatewayProcess.start({ args: ['tap', '--json', '--url', url, '--token', gateway.adminToken] });
    // What is no call of a tool is no part of the scene, and shows that somebody watches.
    while (tap.stdout === '') {
      await call(url, gateway.adminToken, 'nothing', { method: 'prompts/get' });
      await sleep(100);
    }

    for (let time = 0; time < 3; time++) await call(url, ann, 'search');
    // Its stream may begin before its answer, and an answer that nobody reads is cancelled.
    await (await call(url, bob, 'slow')).text();
    await call(url, 'not a token', 'search');
    await call(url, reader, 'search');
    // More must fail where the gateway stood still: what failed then counts against nobody.
    for (let refused = 0; refused < REFUSED && failed < FAILURES_MAX * 50; ) {
      if ((await (await call(url, bob, 'shaky')).text()).includes('is being left alone')) refused++;
      else failed++;
    }
    const leaving = new AbortController();
    const left = call(url, ann, 'wait', { signal: leaving.signal }).catch(() => null);
    await vi.waitUntil(() => held.length === 1);
    leaving.abort();
    await left;
    const task = await call(url, cat, 'long', {
      meta: { [`${PREFIX}/clientCapabilities`]: { extensions: { [`${PREFIX}/tasks`]: {} } } },
    });
    expect(await task.text()).toContain('"resultType":"task"');

    const isOver = (told: readonly Told[]): boolean =>
      ['slow', 'long'].every((tool) => told.some(({ name }) => name === tool)) &&
      told.some(({ outcome }) => outcome === 'cancelled');
    await vi.waitUntil(async () => isOver((calls = await toldByRest())), { interval: 200 });
  });
  afterAll(async () => {
    for (const release of held) release();
    await tap?.kill('SIGTERM');
    await gateway?.stop();
    await prometheus?.stop();
    await collector?.stop();
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const codeOf = ({ code }: Told): string => code ?? '';

  it('REST, the command line, Prometheus and the traces have the same reasons when calls were refused or failed', async () => {
    const byCode = counted(calls, codeOf);
    expect(byCode).toMatchObject({
      'auth.credential_invalid': 1,
      'auth.grant_missing': 1,
      'upstream.breaker_open': REFUSED,
      'bus.cancelled': 1,
    });
    await expect.poll(() => counted(toldByTap(), codeOf)).toEqual(byCode);
    await expect
      .poll(() =>
        numbers(
          'sum by (error_type) (mcp_server_operation_duration_seconds_count{mcp_method_name="tools/call"})',
          'error_type',
        ),
      )
      .toEqual(byCode);
    await expect
      .poll(() => counted(spans('server'), ({ attributes }) => String(attributes['error.type'] ?? '')))
      .toEqual(byCode);
    const [missing] = calls.filter(({ code }) => code === 'auth.grant_missing');
    expect(missing).toMatchObject({ user: 'cat@example.com', rule: 'permission tools.execute' });
    expect(missing?.why).toContain('The permission tools.execute is missing. Nothing was run.');
  });

  it('REST, the command line, Prometheus and the traces have the same tools when somebody called them', async () => {
    const came = calls.filter(({ outcome }) => outcome !== 'refused');
    const byTool = counted(came, ({ name }) => name ?? '');
    expect(failed).toBeGreaterThanOrEqual(FAILURES_MAX);
    expect(byTool).toMatchObject({ slow: 1, long: 1, wait: 1, shaky: failed });
    const byUser = counted(came, ({ user }) => user ?? '');
    expect(byUser).toMatchObject({ 'ann@example.com': 4, 'bob@example.com': failed + 1, 'cat@example.com': 1 });
    const tapped = toldByTap().filter(({ outcome }) => outcome !== 'refused');
    expect(counted(tapped, ({ name }) => name ?? '')).toEqual(byTool);
    expect(counted(tapped, ({ user }) => user ?? '')).toEqual(byUser);
    await expect
      .poll(() => numbers('sum by (tool) (switchyard_tool_calls_total{outcome!="refused"})', 'tool'))
      .toEqual(byTool);
    // A span of the upstream's side is of whatever got as far as that.
    const reached = () =>
      spans('client').filter(({ attributes }) => attributes['error.type'] !== 'upstream.breaker_open');
    await expect
      .poll(() => counted(reached(), ({ attributes }) => String(attributes['gen_ai.tool.name'])))
      .toEqual(byTool);
  });

  it('REST, the command line, Prometheus and the traces have the same slow calls when an upstream was slow', async () => {
    const isSlow = ({ upstreamMs, outcome }: Told): boolean => outcome === 'ok' && upstreamMs > SLOW_MS;
    const slow = calls.filter(isSlow);
    expect(slow.map(({ name }) => name)).toEqual(expect.arrayContaining(['slow', 'long']));
    expect(
      toldByTap()
        .filter(isSlow)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(slow.map(({ id }) => id).sort());
    const ok = 'mcp_method_name="tools/call",error_type=""';
    const beyond = `sum(mcp_client_operation_duration_seconds_count{${ok}}) - sum(mcp_client_operation_duration_seconds_bucket{${ok},le="${SLOW_MS / 1_000}"})`;
    await expect.poll(() => numbers(beyond, 'none')).toEqual({ '': slow.length });
    const traced = () =>
      spans('client').filter(
        ({ isError, startedAt, endedAt }) => !isError && Number(endedAt - startedAt) / 1e6 > SLOW_MS,
      );
    await expect
      .poll(() =>
        traced()
          .map(({ traceId }) => traceId)
          .sort(),
      )
      .toEqual(slow.map(({ traceId }) => traceId).sort());
  });

  it('the log tells of the breaker, its cause, refusals and slow calls when they came about', () => {
    const lines = gateway
      .logs()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const told = (msg: string) => lines.filter((line) => line['msg'] === msg);
    expect(told('the breaker of an upstream has opened')).toMatchObject([{ upstream: 'attic', level: 'warn' }]);
    expect(told('an upstream fails')[0]).toMatchObject({
      upstream: 'attic',
      code: expect.stringMatching(/^upstream\./),
    });
    const refused = told('a request was refused').filter(({ operation }) => operation === 'tools/call');
    expect(counted(refused, ({ code }) => String(code))).toEqual(
      counted(
        calls.filter(({ outcome }) => outcome === 'refused'),
        codeOf,
      ),
    );
    expect(told('a call was slow').map(({ tool }) => tool)).toEqual(expect.arrayContaining(['slow', 'long']));
    for (const name of ['ann', 'bob', 'cat']) expect(gateway.logs()).not.toContain(`a long secret of ${name}`);
  });

  /** Symptom, and what is asked: what stands in backticks in the second column of the table. */
  const symptoms = (/\| Symptom \|.*\n\|.*\n((?:\|.*\n)+)/.exec(MONITORING)?.[1] ?? '').split('\n').flatMap((row) => {
    const [symptom = '', where = ''] = row.replace(/^\| /, '').split(' | ');
    return [...where.matchAll(/`([^`]+)`/g)].map(([, query = '']) => [symptom, query] as const);
  });

  it('the table of symptoms has a query for each when it is read', () => {
    expect(symptoms.length).toBeGreaterThan(10);
  });

  it.each(symptoms)('the table of symptoms has an answer to "%s" when %s is asked', async (_symptom, query) => {
    if (query.startsWith('GET ')) {
      expect(await gateway.admin.call('GET', query.slice(4))).toBeDefined();
      return;
    }
    const expression = query.replaceAll(/\[[^\]]+\]/g, '[30s]');
    await expect
      .poll(async () => {
        // Rates need something between two scrapes.
        await call(gateway.url, gateway.adminToken, 'search');
        return (await prometheus.query(expression)).filter(({ value }) => !Number.isNaN(value));
      })
      .not.toEqual([]);
  });
});
