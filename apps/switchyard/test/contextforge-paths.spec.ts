import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, type McpDouble, startFastUpstream, startGateway } from '#libs/testing';

// oxlint-disable-next-line typescript/no-explicit-any -- whatever JSON came
type Json = any;

const MODES = ['embedded', 'distributed'] as const;

describe.each(MODES)('paths and answers of ContextForge, %s', (mode) => {
  let gateway: Gateway;
  let upstream: McpDouble;
  let serverId: string;

  beforeAll(async () => {
    upstream = await startFastUpstream();
    gateway = await startGateway({ mode, env: { LOG_LEVEL: 'error' } });
    const registered = await gateway.admin.register({ name: 'fast', url: upstream.url });
    serverId = (await gateway.admin.createServer('all', [registered])).id;
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream.stop();
  });

  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${gateway.adminToken}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json: Json = /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : null;
    return { status: response.status, json, text, headers: response.headers };
  };

  it.each([
    ['/v1/mcp-servers', '/v1/gateways'],
    ['/v1/virtual-servers', '/v1/servers'],
    ['/v1/version', '/version'],
    ['/admin/users', '/auth/email/admin/users'],
  ])('%s answers what %s does', async (alias, path) => {
    const [one, other] = [await ask('GET', alias), await ask('GET', path)];
    expect(one.status).toBe(200);
    expect(one.json).toEqual(other.json);
  });

  it('a gateway and a virtual server are changed by their other names as well', async () => {
    const [{ id }] = (await ask('GET', '/v1/mcp-servers')).json;
    expect((await ask('POST', `/v1/mcp-servers/${id}/tools/refresh`)).json).toMatchObject({ success: true });
    const made = await ask('POST', '/v1/virtual-servers', {
      server: { name: 'other', icon: 'https://x.example/i.png' },
    });
    expect(made).toMatchObject({ status: 201, json: { icon: 'https://x.example/i.png' } });
    const path = `/v1/virtual-servers/${made.json.id}`;
    expect((await ask('PUT', path, { ...made.json, description: 'd' })).json).toMatchObject({
      icon: 'https://x.example/i.png',
      description: 'd',
    });
    expect((await ask('PUT', path, { icon: null })).json.icon).toBeNull();
    expect((await ask('PUT', path, { icon: 'javascript:alert(1)' })).status).toBe(422);
    expect((await ask('DELETE', path)).status).toBe(200);
    expect((await ask('GET', `/v1/servers/${made.json.id}`)).status).toBe(404);
  });

  it('a virtual server is used over /v1/virtual-servers/{id}/mcp and /sse', async () => {
    const client = await gateway.client('modern', { path: `/v1/virtual-servers/${serverId}/mcp` });
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    const old = new Client({ name: 'old', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${gateway.adminToken}` } };
    await old.connect(
      new SSEClientTransport(new URL(`${gateway.url}/v1/virtual-servers/${serverId}/sse`), {
        requestInit,
        eventSourceInit: {
          fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...requestInit.headers } }),
        },
      }),
    );
    expect((await old.listTools()).tools.length).toBeGreaterThan(0);
    await old.close();
  });

  it('/protocol answers results and params without an envelope', async () => {
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    const greeting = await ask('POST', '/protocol/initialize', params);
    expect(greeting).toMatchObject({ status: 200, json: { protocolVersion: '2025-06-18', serverInfo: {} } });
    expect((await ask('POST', '/v1/protocol/initialize', params)).json).toEqual(greeting.json);
    const ping = { jsonrpc: '2.0', id: 'p', method: 'ping' };
    expect((await ask('POST', '/protocol/ping', ping)).json).toEqual({ jsonrpc: '2.0', id: 'p', result: {} });
    const told = { jsonrpc: '2.0', method: 'notifications/initialized' };
    expect(await ask('POST', '/protocol/notifications', told)).toMatchObject({ status: 200, json: null });
    const completion = { ref: { type: 'ref/prompt', name: 'nobody' }, argument: { name: 'a', value: '' } };
    expect(await ask('POST', '/protocol/completion/complete', completion)).toMatchObject({
      status: 422,
      json: { detail: 'ref names nothing that is here', code: 'http.invalid' },
    });
  });

  it.each([
    ['initialize', '[]'],
    ['initialize', '{},"method":"tools/call"'],
    ['initialize', '{"a":'],
    ['completion/complete', 'null'],
    ['ping', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'],
    ['notifications', '{"jsonrpc":"2.0","id":1,"method":"ping"}'],
  ])('/protocol/%s is 422 when its body is %s', async (method, body) => {
    expect((await ask('POST', `/protocol/${method}`, body)).status).toBe(422);
  });

  it('/protocol asks for a token first, whatever else is wrong', async () => {
    const bare = { authorization: 'Bearer nonsense', 'content-type': 'text/plain' };
    expect((await ask('POST', '/protocol/ping', 'x', bare)).status).toBe(401);
    expect((await ask('GET', '/protocol/ping')).status).toBe(405);
  });

  it('the gateway says what it is at /, /openapi.json and /redoc', async () => {
    expect((await ask('GET', '/')).json).toMatchObject({ name: 'switchyard', docs: '/docs' });
    expect((await ask('GET', '/openapi.json')).json).toMatchObject({ openapi: expect.stringMatching(/^3/) });
    const redoc = await ask('GET', '/redoc');
    expect([redoc.status, redoc.headers.get('location')]).toEqual([302, '/docs']);
    expect((await ask('GET', '/version')).json.app).toMatchObject({ name: 'switchyard', version: expect.any(String) });
  });

  it('/health/security tells an administrator which protections are on, and nobody else', async () => {
    expect((await ask('GET', '/health/security')).json).toMatchObject({
      status: 'healthy',
      score: 100,
      warnings: [],
      checks: { authentication_required: true },
    });
    expect((await ask('GET', '/health/security', undefined, { authorization: '' })).status).toBe(401);
  });

  it('/logging/setLevel changes what every process logs', async () => {
    expect((await ask('POST', '/logging/setLevel', { level: 'loud' })).status).toBe(422);
    const lines = (): number => gateway.logs().split('"level":"debug"').length;
    const before = lines();
    expect(await ask('POST', '/logging/setLevel', { level: 'debug' })).toMatchObject({ status: 200, json: null });
    await expect
      .poll(async () => {
        await ask('GET', '/v1/gateways', undefined, { authorization: 'Bearer nonsense' });
        return lines();
      })
      .toBeGreaterThan(before);
    await ask('POST', '/logging/setLevel', { level: 'error' });
  });

  it('a call is tried dry: who may make it, whether its arguments fit, and where it would go', async () => {
    const before = upstream.requests;
    const preview = (name: string, body: unknown, token?: string) =>
      ask('POST', `/v1/tools/preview/${name}`, body, token === undefined ? {} : { authorization: `Bearer ${token}` });
    const good = await preview('fast-echo', { arguments: { text: 'x', snake_case: 1 } });
    expect(good).toMatchObject({
      status: 200,
      json: {
        validated: true,
        allowed: true,
        resolvedArguments: { text: 'x', snake_case: 1 },
        target: { kind: 'federated', gatewayName: 'fast' },
        preHooksRun: [],
        warnings: [],
      },
    });
    expect(good.json.limits.timeoutMs).toBeGreaterThan(0);
    expect(good.json.target.eras.length).toBeGreaterThan(0);
    const bad = {
      validated: false,
      warnings: [{ code: 'invalid_arguments', hook: null, message: expect.any(String) }],
    };
    expect((await preview('fast-echo', { arguments: { text: 7 } })).json).toMatchObject(bad);
    expect((await preview('fast-echo', { arguments: null })).json).toMatchObject(bad);
    expect((await preview('fast-echo', {})).json).toMatchObject(bad);
    expect((await preview(`fast-echo?server_id=${serverId}`, { arguments: { text: 'x' } })).json.validated).toBe(true);

    expect((await preview('fast-nobody', {})).status).toBe(404);
    expect((await preview('fast-echo?server_id=nobody', {})).status).toBe(404);
    expect((await preview('fast-echo', { arguments: [] })).status).toBe(422);
    expect((await preview('fast-echo', { name: 'x' })).status).toBe(422);
    const tokenFor = async (name: string, permissions: string[]): Promise<string> =>
      (await ask('POST', '/tokens', { name, scope: { permissions } })).json.access_token;
    const looker = await tokenFor('looker', ['tools.preview']);
    expect((await preview('fast-echo', { arguments: { text: 'x' } }, looker)).json).toMatchObject({
      validated: true,
      allowed: false,
      warnings: [{ code: 'not_allowed' }],
    });
    expect((await preview('fast-echo', {}, await tokenFor('caller', ['tools.execute']))).status).toBe(403);
    expect(upstream.requests).toBe(before);
  });

  it('a call of a tool that stands for others is tried dry as the call that is in it', async () => {
    const before = upstream.requests;
    const made = await ask('POST', '/servers', {
      server: { name: 'searched', associated_tools: ['fast-echo'], tool_search: true },
    });
    const preview = async (name: string, args: object, server = made.json.id) =>
      ask('POST', `/v1/tools/preview/${name}?server_id=${server}`, { arguments: args });
    const inner = { name: 'fast-echo', arguments: { text: 'x' } };
    expect((await preview('call_tool', inner)).json).toMatchObject({
      validated: true,
      allowed: true,
      resolvedArguments: { text: 'x' },
      target: { kind: 'federated', gatewayName: 'fast' },
    });
    const invalid = { validated: false, warnings: [{ code: 'invalid_arguments' }] };
    expect((await preview('call_tool', { name: 'fast-echo', arguments: { text: 7 } })).json).toMatchObject(invalid);
    expect((await preview('call_tool', { name: 'fast-echo' })).json).toMatchObject(invalid);
    expect((await preview('call_tool', { name: 7 })).json).toMatchObject({ ...invalid, target: { kind: 'local' } });
    expect((await preview('call_tool', { name: 'fast-nobody' })).status).toBe(404);
    expect((await preview('search_tools', { query: 'echo' })).json).toMatchObject({
      validated: true,
      allowed: true,
      target: { kind: 'local', gatewayId: null, gatewayName: null, eras: ['modern', 'legacy'] },
      annotations: { readOnlyHint: true },
      warnings: [],
    });
    expect((await preview('search_tools', { limit: 5 })).json).toMatchObject(invalid);
    expect((await preview('describe_tool', { name: 'fast-echo' })).json.validated).toBe(true);
    expect((await preview('fast-echo', { text: 'x' })).json.target.kind).toBe('federated');
    expect((await preview('search_tools', { query: 'echo' }, serverId)).status).toBe(404);
    expect(upstream.requests).toBe(before);
    await ask('DELETE', `/servers/${made.json.id}`);
  });

  it('a token for other networks opens no door of the gateway, and one for this network all of them', async () => {
    const tokenFrom = async (network: string): Promise<string> => {
      const made = await ask('POST', '/tokens', { name: `from ${network}`, scope: { ip_restrictions: [network] } });
      return made.json.access_token;
    };
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const greet = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    };
    const accept = 'application/json, text/event-stream';
    const doors = [
      ['POST', '/mcp', greet],
      ['POST', `/servers/${serverId}/mcp`, greet],
      ['POST', '/rpc', list],
      ['GET', '/tools', undefined],
      ['GET', '/metrics', undefined],
      ['GET', '/metrics/prometheus', undefined],
      ['POST', '/tools/preview/fast-echo', { arguments: { text: 'x' } }],
    ] as const;
    const statuses = async (token: string): Promise<number[]> => {
      const authorization = `Bearer ${token}`;
      const answers = doors.map(([method, path, body]) => ask(method, path, body, { authorization, accept }));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await statuses(await tokenFrom('127.0.0.0/8'))).toEqual(doors.map(() => 200));
    expect(await statuses(await tokenFrom('198.51.100.0/24'))).toEqual(doors.map(() => 403));
    const sse = await ask('GET', '/sse', undefined, { authorization: `Bearer ${await tokenFrom('198.51.100.7')}` });
    expect(sse.status).toBe(403);
  });

  it('a gateway tells what its removal would break, with the tokens of virtual servers and what is open', async () => {
    const { id } = (await ask('GET', '/v1/mcp-servers')).json[0];
    const scope = { server_id: serverId, permissions: ['tools.read', 'tools.execute'] };
    const made = await ask('POST', '/tokens', { name: 'agent', scope });
    expect(made.status).toBe(201);

    const impact = await ask('GET', `/v1/mcp-servers/${id}/impact-preview`);
    const { token } = made.json;
    expect(impact.json).toMatchObject({
      gatewayId: id,
      gatewayName: 'fast',
      servers: [
        {
          id: serverId,
          becomesEmpty: true,
          tokenCount: 1,
          tokens: [{ id: token.id, name: 'agent', userEmail: token.user_email }],
        },
      ],
      use: { conversations: expect.any(Number), running: 0, waiting: 0 },
    });
    expect(impact.json.use.conversations).toBeGreaterThan(0);
    expect((await ask('DELETE', `/tokens/${token.id}`)).status).toBe(204);
    const [after] = (await ask('GET', `/gateways/${id}/impact-preview`)).json.servers;
    expect(after).toMatchObject({ tokenCount: 0, tokens: [] });
  });

  it('a handshake is tested with an upstream that answers and with one that is gone', async () => {
    const gone = await startFastUpstream();
    const members = [
      (await ask('GET', '/gateways')).json[0],
      await gateway.admin.register({ name: 'gone', url: gone.url }),
    ];
    await gone.stop();
    const { id } = await gateway.admin.createServer('tested', members);
    const { status, json } = await ask('POST', `/v1/virtual-servers/${id}/test-handshake`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ serverId: id, success: false, failureClass: 'transport' });
    const of = (name: string) => json.upstreams.find(({ gatewayName }: Json) => gatewayName === name);
    expect(of('fast')).toMatchObject({ success: true, error: null, credentialSource: 'none' });
    expect(['server_discover', 'initialize']).toContain(of('fast').negotiationPath);
    expect(of('gone')).toMatchObject({ success: false, era: null, failureClass: 'transport' });
    expect(of('gone').error).toContain('ECONNREFUSED');
    await ask('DELETE', `/servers/${id}`);
    await ask('DELETE', `/gateways/${members[1].id}`);
  });

  it('consent at gateways is asked for by their ids', async () => {
    const { id } = (await ask('GET', '/gateways')).json[0];
    expect((await ask('GET', `/oauth/status?gateway_ids=${id}&gateway_ids=nobody`)).json).toEqual({
      [id]: { oauth_enabled: false, message: expect.stringContaining('no authorization') },
    });
  });

  it('/metrics/reset forgets the calls of one tool, of a kind, and all', async () => {
    const client = await gateway.client('legacy');
    const read = async () => (await ask('GET', '/metrics')).json;
    const call = async (name: string) => client.callTool({ name, arguments: { text: 'x' } });
    await Promise.all([call('fast-echo'), call('fast-echo'), call('fast-large')]);
    await expect.poll(async () => (await read()).tools.totalExecutions).toBe(3);

    const reset = await ask('POST', '/metrics/reset?entity=tool&entity_id=fast-echo');
    expect(reset).toMatchObject({
      status: 200,
      json: { status: 'success', message: 'Metrics reset for tool fast-echo' },
    });
    expect((await read()).topPerformers.tools.map(({ name }: Json) => name)).toEqual(['fast-large']);
    expect((await ask('POST', '/metrics/reset?entity=prompt')).status).toBe(200);
    expect((await read()).tools.totalExecutions).toBe(1);
    expect((await ask('POST', '/metrics/reset')).json.message).toBe('Metrics reset for all entities');
    expect((await read()).tools.totalExecutions).toBe(0);
    expect((await ask('POST', '/metrics/reset?entity_id=x')).status).toBe(422);
    expect((await ask('POST', '/metrics/reset?entity=a2a')).status).toBe(422);
  });

  it('users are a list, and a page when that is asked for', async () => {
    expect((await ask('GET', '/auth/email/admin/users')).json).toEqual(expect.any(Array));
    expect((await ask('GET', '/auth/email/admin/users?include_pagination=true')).json).toMatchObject({
      users: expect.any(Array),
      total: expect.any(Number),
    });
    expect((await ask('GET', '/resources/templates/list')).json).toEqual({ resource_templates: [], next_cursor: null });
  });

  it('REST refuses broken JSON with 422, and another media type only when it knows the caller', async () => {
    expect(await ask('POST', '/v1/gateways', '{"name":')).toMatchObject({
      status: 422,
      json: { detail: 'The body is not valid JSON', code: 'http.invalid' },
    });
    const text = { 'content-type': 'text/plain' };
    expect((await ask('POST', '/v1/gateways', 'x', text)).status).toBe(415);
    expect((await ask('POST', '/v1/gateways', 'x', { ...text, authorization: 'Bearer nonsense' })).status).toBe(401);
  });

  it.each(['/mcp', '/rpc', '/message'])('%s tells a stranger to log in before anything else is wrong', async (path) => {
    const stranger = { authorization: 'Bearer nonsense' };
    const type = { 'content-type': 'text/plain' };
    expect((await ask('POST', path, '{}', { ...stranger, ...type })).status).toBe(401);
    expect((await ask('POST', path, '{}', type)).status).toBe(415);
    if (path !== '/mcp') return;
    const accept = { accept: 'text/html' };
    expect((await ask('POST', path, '{}', { ...stranger, ...accept })).status).toBe(401);
    expect((await ask('POST', path, '{}', accept)).status).toBe(406);
  });

  it.each([
    ['a gateway', '/v1/gateways', { name: 'a <b>bold</b> one', url: 'http://127.0.0.1:1/mcp' }],
    ['a virtual server', '/v1/servers', { server: { name: '<script>alert(1)</script>' } }],
    ['a token', '/tokens', { name: '<img src=x>' }],
    ['a user', '/auth/email/admin/users', { email: 'x@example.com', full_name: '<!-- x -->' }],
  ])('the name of %s is refused at once when it holds markup', async (_what, path, body) => {
    const answer = await ask('POST', path, body);
    expect([answer.status, answer.text.includes('must hold no markup')]).toEqual([422, true]);
  });
});
