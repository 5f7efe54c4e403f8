import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type DoubleRequest,
  type Gateway,
  type McpDouble,
  OtlpCollector,
  freePort,
  type PrometheusServer,
  type ReceivedSpan,
  startGateway,
  startMcpDouble,
  startPrometheus,
} from '#libs/testing';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const EXECUTE = 'switchyard.v1.rpc.tool-invocation.call.execute';
const PLANTED = ['planted-argument', 'planted-result', 'planted-token', 'planted-name'];
/** From here on a call is slow; the tool `fail` is. */
const SLOW_MS = 100;
const TOOL = { description: 'Looks', inputSchema: { type: 'object' } };

let traces = 0;
/** A trace of its own for each call. */
const newTrace = (flags: '00' | '01') => {
  const traceId = (++traces).toString(16).padStart(32, 'a');
  const spanId = 'b7ad6b7169203331';
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
};

interface Seen {
  readonly meta: Readonly<Record<string, unknown>>;
  readonly headers: DoubleRequest['req']['headers'];
}

interface Rig {
  readonly gateway: Gateway;
  readonly collector: OtlpCollector;
  /** Of metrics alone: ingress' where there are five. */
  readonly metricsPort: number;
  /** The last call that reached the upstream. */
  readonly seen: () => Seen | undefined;
}

const started: { stop(): Promise<unknown> }[] = [];
const keep = async <Thing extends { stop(): Promise<unknown> }>(starting: Promise<Thing>): Promise<Thing> => {
  const thing = await starting;
  started.push(thing);
  return thing;
};

const startRig = async (mode: 'embedded' | 'distributed', protocol: 'grpc' | 'http/protobuf'): Promise<Rig> => {
  let seen: Seen | undefined;
  const collector = await keep(OtlpCollector.start());
  const upstream: McpDouble = await keep(
    startMcpDouble({
      name: 'seen',
      tools: ['look', 'fail', 'drop'].map((name) => ({ ...TOOL, name })),
      call: async ({ name }) => {
        if (name === 'fail') await sleep(SLOW_MS);
        return `"content":[{"type":"text","text":"planted-result"}]${name === 'fail' ? ',"isError":true' : ''}`;
      },
      intercept: ({ message, req }) => {
        if (message.method !== 'tools/call') return false;
        seen = { meta: message.params?._meta ?? {}, headers: req.headers };
        if (message.params?.name !== 'drop') return false;
        req.socket.destroy();
        return true;
      },
    }),
  );
  const env = {
    OBSERVABILITY_ENABLED: 'true',
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.grpcUrl : collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_LOGS_EXPORTER: 'otlp',
    METRICS_BUFFER_ENABLED: 'false',
    INTERNAL_METRICS: 'private',
    LOG_LEVEL: 'info',
    STRUCTURED_LOGGING_DATABASE_ENABLED: 'true',
    DISABLE_ACCESS_LOG: 'false',
    PERFORMANCE_THRESHOLD_TOOL_INVOCATION_MS: String(SLOW_MS),
  };
  const metricsPort = await freePort();
  const METRICS_PORT = String(metricsPort);
  const gateway = await keep(
    startGateway(
      mode === 'embedded'
        ? { mode, env: { ...env, METRICS_PORT } }
        : { mode, env, envOf: (service) => (service === 'ingress' ? { METRICS_PORT } : {}) },
    ),
  );
  await gateway.admin.register({ name: 'seen', url: upstream.url, transport: 'STREAMABLEHTTP', toolPrefix: '' });
  return { gateway, collector, metricsPort, seen: () => seen };
};

const rigs = {} as Record<'embedded' | 'distributed', Rig>;
beforeAll(async () => {
  [rigs.embedded, rigs.distributed] = await Promise.all([
    startRig('embedded', 'http/protobuf'),
    startRig('distributed', 'grpc'),
  ]);
});
afterAll(async () => {
  await Promise.all(started.map((thing) => thing.stop()));
});

interface Asked {
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: object };
  readonly meta?: object;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ask = (
  { url, adminToken }: Gateway,
  { method, params = {}, meta = {}, token = adminToken, headers = {} }: Asked,
): Promise<Response> =>
  fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(method === 'tools/call' && { 'mcp-name': params.name }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: { ...META, ...meta } } }),
  });

const callTool = (gateway: Gateway, name: string, meta = {}, token = gateway.adminToken): Promise<Response> =>
  ask(gateway, { method: 'tools/call', params: { name, arguments: { secret: 'planted-argument' } }, meta, token });

describe.each(['embedded', 'distributed'] as const)('telemetry, %s', (mode) => {
  const call = (name: string, meta: object, token?: string): Promise<Response> =>
    callTool(rigs[mode].gateway, name, meta, token);
  /** The spans of a trace by their kinds and names, once these are among them. */
  const spansOf = async (traceId: string, ...keys: string[]): Promise<Record<string, ReceivedSpan>> => {
    const known = () =>
      Object.fromEntries(
        rigs[mode].collector.spans
          .filter((span) => span.traceId === traceId)
          .map((span) => [`${span.kind} ${span.name}`, span]),
      );
    await expect.poll(() => Object.keys(known())).toEqual(expect.arrayContaining(keys));
    return known();
  };

  it('a sampled call is one trace from its client to its upstream when spans are exported', async () => {
    const { traceId, spanId, traceparent } = newTrace('01');
    const answer = await call('look', { traceparent, tracestate: 'vendor=1', baggage: 'tenant=blue' });
    expect(await answer.text()).toContain('planted-result');

    const overNats = [`producer send ${EXECUTE}`, `consumer process ${EXECUTE}`];
    const calls = ['server tools/call look', 'client tools/call look'];
    const spans = await spansOf(traceId, ...calls, ...(mode === 'embedded' ? [] : overNats));
    const [server, client, asked, answered] = [...calls, ...overNats].map((key) => spans[key]);
    expect(server).toMatchObject({
      parentSpanId: spanId,
      traceState: 'vendor=1',
      isError: false,
      resource: { 'service.name': mode === 'embedded' ? 'switchyard' : 'switchyard-ingress' },
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.tool.name': 'look',
        'gen_ai.operation.name': 'execute_tool',
        'mcp.protocol.version': '2026-07-28',
      },
    });
    expect(client).toMatchObject({
      traceState: 'vendor=1',
      attributes: {
        'mcp.method.name': 'tools/call',
        'switchyard.upstream.name': 'seen',
        'server.address': '127.0.0.1',
      },
    });
    if (mode === 'distributed') {
      expect(asked).toMatchObject({ parentSpanId: server?.spanId, attributes: { 'messaging.system': 'nats' } });
      expect(answered).toMatchObject({ parentSpanId: asked?.spanId });
    }
    expect(client?.parentSpanId).toBe((answered ?? server)?.spanId);
    const sent = `00-${traceId}-${client?.spanId}-01`;
    const passed = { tracestate: 'vendor=1', baggage: 'tenant=blue' };
    expect(rigs[mode].seen()).toMatchObject({
      meta: { traceparent: sent, ...passed },
      headers: { traceparent: sent, ...passed },
    });
  });

  it('a span bears the name of its method alone when it is of no tool and no prompt', async () => {
    const { traceId, traceparent } = newTrace('01');
    const params = { name: 'planted-name' };
    const answer = await ask(rigs[mode].gateway, { method: 'tools/list', params, meta: { traceparent } });
    expect(await answer.text()).toContain('"look"');
    expect(await spansOf(traceId, 'server tools/list')).toHaveProperty(['server tools/list', 'isError'], false);
  });

  it('the record of a call has the id of its trace when it is asked for', async () => {
    const { traceId, traceparent } = newTrace('01');
    await call('look', { traceparent });
    const calls = () => rigs[mode].gateway.admin.call<{ calls: unknown[] }>('GET', `/calls?trace_id=${traceId}`);
    await expect.poll(async () => (await calls()).calls).toMatchObject([{ traceId, outcome: 'ok', name: 'look' }]);
  });

  it('a call that fails or is refused leaves its spans when its trace is not sampled', async () => {
    const [failed, refused, fine] = [newTrace('00'), newTrace('00'), newTrace('00')];
    await call('look', { traceparent: fine.traceparent });
    await call('fail', { traceparent: failed.traceparent });
    await call('look', { traceparent: refused.traceparent }, 'planted-token');
    expect(await spansOf(failed.traceId, 'client tools/call fail')).toMatchObject({
      'client tools/call fail': { isError: true, attributes: { 'error.type': 'tool_error' } },
    });
    // A stranger is not told, here either, whether there is such a tool.
    expect(await spansOf(refused.traceId, 'server tools/call')).toMatchObject({
      'server tools/call': { isError: true, attributes: { 'error.type': 'auth.credential_invalid' } },
    });
    expect(rigs[mode].collector.spans.filter(({ traceId }) => traceId === fine.traceId)).toEqual([]);
  });

  it('a REST request is a span with what it asked of stores and others below it when it is sampled', async () => {
    const { traceId, spanId, traceparent } = newTrace('01');
    const { url, adminToken } = rigs[mode].gateway;
    await fetch(`${url}/gateways`, { headers: { authorization: `Bearer ${adminToken}`, traceparent } });
    const spans = await spansOf(traceId, 'server GET /gateways', 'client SELECT registry.gateway');
    const http = spans['server GET /gateways'];
    expect(http).toMatchObject({
      parentSpanId: spanId,
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200 },
    });
    const statement = spans['client SELECT registry.gateway'];
    expect(statement).toMatchObject({ kind: 'client', attributes: { 'db.operation.name': 'SELECT' } });
    expect(statement?.parentSpanId).toBe(http?.spanId);
  });

  it('every service tells of a request by the id that its client gave it when that is in a header', async () => {
    const { gateway } = rigs[mode];
    const id = `of-the-client-${mode}`;
    const headers = { 'x-correlation-id': id };
    const called = await ask(gateway, { method: 'tools/call', params: { name: 'fail', arguments: {} }, headers });
    expect(called.headers.get('x-correlation-id')).toBe(id);
    const refused = await ask(gateway, { method: 'tools/list', token: 'planted-token', headers });
    expect(refused.headers.get('x-correlation-id')).toBe(id);
    const listed = await fetch(`${gateway.url}/gateways`, {
      headers: { ...headers, authorization: 'Bearer planted-token' },
    });
    expect(listed.headers.get('x-correlation-id')).toBe(id);
    expect((await ask(gateway, { method: 'tools/list' })).headers.get('x-correlation-id')).toMatch(/^[0-9a-f]{32}$/);

    const told = () =>
      gateway
        .logs()
        .split('\n')
        .filter((line) => line.startsWith('{') && line.includes(id))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const serviceOf = (service: string): string => (mode === 'embedded' ? 'switchyard' : service);
    const common = { correlationId: id, instance: expect.any(String), version: expect.any(String) };
    const wanted = [
      { ...common, service: serviceOf('tool-invocation'), msg: 'a call was slow', tool: 'fail', upstream: 'seen' },
      {
        ...common,
        service: serviceOf('ingress'),
        msg: 'request',
        operation: 'tools/call',
        tool: 'fail',
      },
      { ...common, service: serviceOf('ingress'), msg: 'a request was refused', code: 'auth.credential_invalid' },
      { ...common, service: serviceOf('registry'), msg: 'a REST request was refused', code: 'auth.credential_invalid' },
    ];
    await expect.poll(told).toEqual(expect.arrayContaining(wanted.map((line) => expect.objectContaining(line))));
    expect(told().find(({ msg }) => msg === 'a call was slow')).toMatchObject({ principal: 'admin@example.com' });
    expect(gateway.logs()).toMatch(/"upstream":"seen",.*"msg":"an upstream was registered"/);
    for (const secret of [...PLANTED, gateway.adminToken]) expect(gateway.logs()).not.toContain(secret);

    interface Kept {
      readonly lines: readonly { readonly service: string; readonly message: string }[];
    }
    const kept = async () =>
      (await gateway.admin.call<Kept>('GET', `/logs?correlation_id=${id}`)).lines.map(
        ({ service, message }) => `${service}: ${message}`,
      );
    await expect.poll(kept).toEqual(expect.arrayContaining(wanted.map(({ service, msg }) => `${service}: ${msg}`)));

    const { collector } = rigs[mode];
    const slow = () =>
      collector.lines.find(({ body, attributes }) => body === 'a call was slow' && attributes['correlationId'] === id);
    await expect.poll(slow).toMatchObject({ severity: 'info', attributes: { tool: 'fail', upstream: 'seen' } });
    expect(slow()?.traceId).toMatch(/^[0-9a-f]{32}$/);
    const counted = () =>
      collector.metrics.filter(({ name, count }) => name === 'mcp_server_operation_duration_seconds' && count > 0);
    await expect.poll(() => counted().map(({ attributes }) => attributes['mcp_method_name'])).toContain('tools/call');
  });

  it('a port of their own serves the metrics, and nothing else, when one is set', async () => {
    const { metricsPort } = rigs[mode];
    const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${metricsPort}${path}`, { method });
    for (const path of ['/metrics', '/metrics/prometheus']) {
      const answer = await ask(path);
      expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
      expect(await answer.text()).toContain('switchyard_build_info{');
    }
    expect((await ask('/metrics', 'POST')).status).toBe(405);
    for (const path of ['/mcp', '/health', '/gateways']) expect((await ask(path)).status).toBe(404);
  });

  it('nothing that is exported holds an argument, a result or a credential when calls had them', () => {
    const { bodies } = rigs[mode].collector;
    expect(bodies.length).toBeGreaterThan(0);
    for (const secret of [...PLANTED, rigs[mode].gateway.adminToken])
      expect(bodies.some((body) => body.includes(secret))).toBe(false);
  });
});

const root = resolve(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

/** Windows that fit a test, and everything where Grafana offers a choice. */
const inSeconds = (expression: string): string =>
  expression.replaceAll(/\[[^\]]+\]/g, '[1m]').replaceAll(/"\$\w+"/g, '".*"');

/** What an alert looks at, whether it is in trouble or not. */
const withoutLimits = (expression: string): string => expression.replaceAll(/\s*(?:>|==)\s*[\d.]+/g, '');

/** Has no data while all is well, and nothing here makes the trouble. */
const OF_TROUBLE = new Set(['RequestsRefused', 'Refused at capacity', 'CertificateEnds']);

const panels = globSync('deploy/grafana/*.json', { cwd: root }).flatMap((path) => {
  const dashboard = JSON.parse(read(path)) as Dashboard;
  return dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }, index) => [`${dashboard.title}, ${title}, ${index + 1}`, title, expr] as const),
  );
});
const alerts = (parse(read('deploy/prometheus/rules.yaml')) as Rules).groups.flatMap(({ rules }) =>
  rules.map(({ alert, expr }) => [alert, expr] as const),
);

/** What goes well, what fails, what is refused, and what nobody answers. */
const loadOf = (gateway: Gateway): Promise<unknown>[] => [
  callTool(gateway, 'look'),
  callTool(gateway, 'fail'),
  callTool(gateway, 'drop'),
  callTool(gateway, 'look', {}, 'planted-token'),
  gateway.admin.call('GET', '/gateways'),
  gateway.admin
    .register({ name: 'nobody', url: 'http://127.0.0.1:3999/mcp', transport: 'STREAMABLEHTTP' })
    .catch(() => undefined),
];

describe('a Prometheus that scrapes the embedded gateway and five services', () => {
  let prometheus: PrometheusServer;

  beforeAll(async () => {
    const gateways = [rigs.embedded.gateway, rigs.distributed.gateway];
    const targets = gateways.flatMap(({ processes }) => processes.map(({ service, url }) => ({ job: service, url })));
    prometheus = await keep(startPrometheus(targets));
    // Rates need some scrapes with something between them.
    while ((await prometheus.query('count(sum_over_time(up[1m]) >= 4) == 6')).length === 0) {
      await Promise.all(gateways.flatMap((gateway) => loadOf(gateway)));
      await sleep(100);
    }
  });

  it('Prometheus has what runs in each process when it has scraped it', async () => {
    const infos = await prometheus.query('switchyard_build_info');
    expect(infos.map(({ metric }) => metric['job']).sort()).toEqual([
      'auth',
      'ingress',
      'metrics',
      'registry',
      'switchyard',
      'tool-invocation',
    ]);
    for (const series of ['process_cpu_seconds_total', 'nodejs_event_loop_utilization', 'http_requests_in_flight_max'])
      expect(new Set((await prometheus.query(series)).map(({ metric }) => metric['job'])).size).toBe(6);
  });

  it('Prometheus leads from a bucket to a trace that was exported when calls are sampled', async () => {
    const { traceId, traceparent } = newTrace('01');
    await callTool(rigs.distributed.gateway, 'look', { traceparent });
    for (const side of ['server', 'client'])
      await expect
        .poll(() => prometheus.exemplars(`mcp_${side}_operation_duration_seconds_bucket{mcp_method_name="tools/call"}`))
        .toContainEqual({ trace_id: traceId });
  });

  it('Prometheus has streams, sessions and caches when clients used them', async () => {
    for (const series of [
      'mcp_sessions_opened_total',
      'mcp_sessions_ended_total',
      'mcp_streams_open{kind="subscription"}',
      'cache_requests_total{cache="upstream credentials",outcome="hit"} > 0',
      'cache_requests_total{cache="upstream credentials",outcome="miss"} > 0',
    ])
      expect(await prometheus.query(series), series).not.toEqual([]);
  });

  it.each(panels)('the panel "%s" shows something when there is load', async (_name, title, expr) => {
    const samples = await prometheus.query(inSeconds(expr));
    if (!OF_TROUBLE.has(title)) expect(samples.filter(({ value }) => !Number.isNaN(value))).not.toEqual([]);
  });

  it.each(alerts)('the alert %s looks at something when there is load', async (alert, expr) => {
    const samples = await prometheus.query(inSeconds(withoutLimits(expr)));
    if (!OF_TROUBLE.has(alert)) expect(samples).not.toEqual([]);
  });
});
