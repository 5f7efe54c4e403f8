import { readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Client, Client as McpClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import {
  type Gateway,
  type McpDouble,
  type GrpcDouble,
  type RestDouble,
  makeCertificates,
  startGateway,
  startGrpcDouble,
  startMcpDouble,
  startRestDouble,
  temporaryFolder,
} from '#libs/testing';

interface Heard {
  readonly method: string;
  readonly modern: boolean;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const TENANT = 'tenant-value-one';
const SECRET = 'upstream-secret-of-ann';

interface Pem {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What is behind `port`, with TLS in front: for those alone who show a certificate of the same authority. */
const startTlsFront = async ({ ca, cert, key }: Pem, port: number): Promise<{ url: string; stop(): Promise<void> }> => {
  const server = https.createServer(
    { ca, cert, key, requestCert: true, rejectUnauthorized: true },
    (request, reply) => {
      const { method, url: path, headers } = request;
      const onward = http.request({ port, method, path, headers }, (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(reply);
      });
      onward.on('error', () => reply.destroy());
      request.pipe(onward);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** One MCP server that each era of clients meets in its own, and an HTTP API. */
describe('what upstreams are shown', () => {
  let gateway: Gateway;
  let double: McpDouble;
  let api: RestDouble;
  const heard: Heard[] = [];
  const clients: Client[] = [];
  let token: string;
  let id: string;

  beforeAll(async () => {
    [double, api] = await Promise.all([
      startMcpDouble({
        name: 'heard',
        tools: [{ name: 'say', description: 'Says what it heard', inputSchema: { type: 'object' } }],
        call: ({ headers }) =>
          `"content":[{"type":"text","text":${JSON.stringify(JSON.stringify([headers['x-tenant'], headers.authorization]))}}]`,
        intercept: ({ req, message, modern }) => {
          heard.push({ method: message.method, modern, headers: req.headers });
          return false;
        },
      }),
      startRestDouble(),
    ]);
    gateway = await startGateway({
      mode: 'embedded',
      env: {
        LOG_LEVEL: 'debug',
        METRICS_BUFFER_ENABLED: 'false',
        REQUIRE_USER_IN_DB: 'false',
        ENABLE_HEADER_PASSTHROUGH: 'true',
        DEFAULT_PASSTHROUGH_HEADERS: '["X-Default"]',
      },
    });
    token = await gateway.tokenFor({ email: 'ann@example.com' });
    const passthroughHeaders = ['X-Tenant', 'X-Upstream-Authorization'];
    const kept = { authType: 'bearer', authToken: 'kept-for-everybody' };
    ({ id } = await gateway.admin.register({ name: 'heard', url: double.url, passthroughHeaders, ...kept }));
    await gateway.admin.register({ name: 'unasked', url: `${double.url}/unasked`, passthroughHeaders: [] });
    await gateway.admin.call('POST', '/tools', {
      tool: { name: 'route', url: `${api.url}/orders`, integration_type: 'REST', request_type: 'GET' },
    });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await gateway?.stop();
    await Promise.all([double?.stop(), api?.stop()]);
  });
  beforeEach(() => {
    heard.length = 0;
    onTestFailed(() => console.error(gateway.logs().slice(-8_000)));
  });

  const clientWith = async (era: 'modern' | 'legacy', headers: Record<string, string>): Promise<Client> => {
    const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
    const client = new McpClient({ name: 'passing', version: '1' }, { versionNegotiation: { mode } });
    const requestInit = { headers: { authorization: `Bearer ${token}`, ...headers } };
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', gateway.url), { requestInit }));
    clients.push(client);
    return client;
  };
  const say = async (client: Client, name = 'heard-say'): Promise<unknown> => {
    const { content } = await client.callTool({ name, arguments: {} });
    return JSON.parse((content as { text: string }[])[0]?.text ?? 'null');
  };
  const refusal = (body: object): Promise<string> =>
    gateway.admin.register({ name: 'refused', url: double.url, ...body }).then(String, String);

  it.each(['modern', 'legacy'] as const)(
    'headers reach the upstream that asks for them, and no other, when the client is %s',
    async (era) => {
      const headers = {
        'X-Tenant': TENANT,
        'X-Upstream-Authorization': `Bearer ${SECRET}`,
        'X-Default': 'default',
        'X-Other': 'other',
        Cookie: 'session=1',
        'X-Forwarded-For': '203.0.113.9',
      };
      const client = await clientWith(era, headers);
      // What was presented is taken out of what comes back.
      expect(await say(client)).toEqual([TENANT, '[redacted]']);
      const call = heard.find(({ method }) => method === 'tools/call');
      expect(call?.modern).toBe(era === 'modern');
      expect(call?.headers).toMatchObject({ 'x-tenant': TENANT, authorization: `Bearer ${SECRET}` });
      for (const name of ['x-other', 'x-default', 'cookie', 'x-forwarded-for', 'x-upstream-authorization'])
        expect(call?.headers).not.toHaveProperty(name);

      expect(await say(client, 'unasked-say')).toEqual([null, null]);
      expect(JSON.stringify(heard)).not.toContain(token);
    },
  );

  it('a session at an upstream is shared by those alone who pass on the same values', async () => {
    const [one, same, other, without] = await Promise.all([
      clientWith('legacy', { 'X-Tenant': 'shared' }),
      clientWith('legacy', { 'X-Tenant': 'shared' }),
      clientWith('legacy', { 'X-Tenant': 'not-shared' }),
      clientWith('legacy', {}),
    ]);
    const said: unknown[] = [];
    for (const client of [one, same, other, without]) said.push(await say(client));
    expect(said.map((each) => (each as unknown[])[0])).toEqual(['shared', 'shared', 'not-shared', null]);
    const opened = heard.filter(({ method }) => method === 'initialize').map(({ headers }) => headers['x-tenant']);
    expect(opened.filter((tenant) => tenant === 'shared')).toHaveLength(1);
    expect(opened.filter((tenant) => tenant === 'not-shared')).toHaveLength(1);
    for (const { method, headers } of heard.filter(({ method }) => method === 'tools/call'))
      expect([method, headers.authorization]).toEqual(['tools/call', 'Bearer kept-for-everybody']);
  });

  it('an HTTP API is passed the headers of the setting when it has no list of its own', async () => {
    const client = await clientWith('modern', { 'X-Default': 'by-default', 'X-Tenant': TENANT });
    await client.callTool({ name: 'route', arguments: {} });
    const { headers } = api.received.at(-1) ?? {};
    expect(headers).toMatchObject({ 'x-default': 'by-default' });
    expect(headers).not.toHaveProperty('x-tenant');
  });

  it('a call is refused, and nothing sent, when a header to be passed on holds the token for the gateway', async () => {
    const client = await clientWith('modern', { 'X-Upstream-Authorization': `Bearer ${token}` });
    await expect(say(client)).rejects.toThrow(/never passed on/);
    expect(heard.filter(({ method }) => method === 'tools/call')).toEqual([]);
  });

  it('a gateway is refused when it asks for a header that is never passed on, or is a program', async () => {
    for (const name of ['Authorization', 'Cookie', 'Mcp-Session-Id', 'Host', 'X Tenant'])
      expect(await refusal({ passthroughHeaders: [name] })).toContain('422');
    const program = { url: undefined, transport: 'STDIO', command: 'node', passthroughHeaders: ['X-Tenant'] };
    expect(await refusal(program)).toContain('422');
    expect(await refusal({ passthroughHeaders: 'X-Tenant' })).toContain('422');
  });

  it('what is passed on is in no log, record, trail or answer of the gateway', async () => {
    await say(await clientWith('modern', { 'X-Tenant': TENANT, 'X-Upstream-Authorization': `Bearer ${SECRET}` }));
    await expect
      .poll(() => gateway.admin.call<unknown[]>('GET', '/calls?name=heard-say').then(JSON.stringify))
      .toContain('heard-say');
    const kept = ['/calls', '/audit', '/gateways'].map((path) => gateway.admin.call('GET', path));
    const shown = JSON.stringify(await Promise.all(kept));
    for (const value of [TENANT, SECRET]) {
      expect(shown).not.toContain(value);
      expect(gateway.logs()).not.toContain(value);
    }
    expect(shown).toContain('X-Upstream-Authorization');
  });

  it('what a gateway passes on is what it was changed to, from its next call on', async () => {
    const client = await clientWith('modern', { 'X-Tenant': TENANT });
    await gateway.admin.call('PUT', `/gateways/${id}`, { passthrough_headers: [] });
    await expect.poll(async () => ((await say(client)) as unknown[])[0]).toBe(null);
    await gateway.admin.call('PUT', `/gateways/${id}`, { passthrough_headers: ['x-tenant'] });
    await expect.poll(async () => ((await say(client)) as unknown[])[0]).toBe(TENANT);
  });

  describe('certificates', () => {
    let pem: Pem;
    let stranger: Pem;
    let grpc: GrpcDouble;
    const fronts: { url: string; stop(): Promise<void> }[] = [];
    const folders: string[] = [];

    beforeAll(async () => {
      const made = (): Pem => {
        const folder = temporaryFolder('certificates');
        folders.push(folder);
        const { ca, cert, key } = makeCertificates(folder);
        const text = (path: string): string => readFileSync(path, 'utf8');
        return { ca: text(ca), cert: text(cert), key: text(key) };
      };
      [pem, stranger] = [made(), made()];
      grpc = await startGrpcDouble({ tls: { key: pem.key, cert: pem.cert, clientCa: pem.ca } });
      for (const { url } of [double, api]) fronts.push(await startTlsFront(pem, Number(new URL(url).port)));
    });
    afterAll(async () => {
      await Promise.all(fronts.map((front) => front.stop()));
      await grpc?.stop();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });

    const members = ({ ca, cert, key }: Pem) => ({ caCertificate: ca, clientCert: cert, clientKey: key });
    const tried = (more: object): Promise<unknown> =>
      gateway.admin.register({ name: 'tried', url: `${fronts[0]?.url}/mcp`, ...more }).catch(String);

    it('an upstream is reached by its certificates alone, which nobody is shown again', async () => {
      const url = `${fronts[0]?.url}/mcp`;
      const registered = await gateway.admin.register({ name: 'sealed', url, toolPrefix: 'sealed-', ...members(pem) });
      const masked = { caCertificate: '*****', clientCert: '*****', clientKey: '*****' };
      expect(registered).toMatchObject(masked);
      expect(registered).toMatchObject({
        certificates: { authorities: [{ subject: 'CN=test authority' }], client: { subject: 'CN=localhost' } },
      });
      for (const era of ['modern', 'legacy'] as const)
        expect(await say(await clientWith(era, {}), 'sealed-say')).toEqual([null, null]);

      const path = `/gateways/${registered.id}`;
      await gateway.admin.call('PUT', path, { ...masked, description: 'as it was' });
      expect(await say(await clientWith('modern', {}), 'sealed-say')).toEqual([null, null]);
      const change = (body: object) => gateway.admin.call('PUT', path, body).then(String, String);
      expect(await change({ clientCert: pem.cert, clientKey: pem.key })).toMatch(/422.*caCertificate/);
      expect(await change({ authToken: 'another' })).toMatch(/422.*given again/);
      expect(await change({ url: double.url })).toMatch(/422/);
      expect(await change({ caCertificate: null, clientCert: null, clientKey: null })).toMatch(/502|504/);
      expect(await say(await clientWith('modern', {}), 'sealed-say')).toEqual([null, null]);

      const shown = JSON.stringify(await gateway.admin.call('GET', '/audit')) + gateway.logs();
      expect(shown).not.toContain('PRIVATE KEY');
      expect(shown).not.toContain(pem.key.split('\n')[1]);
    });

    it('an upstream is not reached when it is signed by another authority, or is shown another certificate or none', async () => {
      const { ca, cert, key } = pem;
      expect(await tried(members({ ca: stranger.ca, cert, key }))).toMatch(/502.*certificate/);
      expect(await tried(members({ ca, cert: stranger.cert, key: stranger.key }))).toMatch(/502/);
      expect(await tried({ caCertificate: ca })).toMatch(/502/);
      expect(await tried({ clientCert: cert, clientKey: key })).toMatch(/502.*certificate/);
    });

    it.each([
      ['the key is of another', () => members({ ...pem, key: stranger.key }), /clientKey/],
      ['there is no key', () => ({ clientCert: pem.cert }), /clientKey/],
      ['it is no certificate', () => ({ caCertificate: 'none' }), /caCertificate/],
      ['it is a key', () => ({ caCertificate: pem.key }), /caCertificate/],
      ['the URL has no TLS', () => ({ url: double.url, ...members(pem) }), /https/],
      ['it is a program', () => ({ url: undefined, transport: 'STDIO', command: 'node', ...members(pem) }), /https/],
    ])('a gateway with certificates is refused with the reason when %s', async (_, more, reason) => {
      const refused = await tried(more());
      expect(refused).toMatch(/422/);
      expect(refused).toMatch(reason);
      expect(refused).not.toContain(pem.key.split('\n')[1]);
    });

    it('an HTTP API and a gRPC server are reached by their certificates', async () => {
      const client = await clientWith('modern', {});
      const [, front] = fronts;
      const document = {
        openapi: '3.0.3',
        info: { title: 'Sealed', version: '1' },
        paths: { '/orders': { get: { operationId: 'orders', responses: { 200: { description: 'ok' } } } } },
      };
      api.answer(({ target }) => ({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(target === '/openapi.json' ? document : { target }),
      }));
      await gateway.admin.register({
        name: 'sealed-api',
        openapi: { documentUrl: `${front?.url}/openapi.json`, serverUrl: front?.url },
        ...members(pem),
      });
      const { content } = await client.callTool({ name: 'sealed-api-orders', arguments: {} });
      expect(JSON.stringify(content)).toContain('/orders');

      const shop = { name: 'sealed-grpc', url: grpc.url, transport: 'GRPC' as const };
      expect(await gateway.admin.register(shop).catch(String)).toMatch(/502/);
      const { toolCount } = await gateway.admin.register({ ...shop, ...members(pem) });
      expect(toolCount).toBeGreaterThan(0);
      const { tools } = await client.listTools();
      const name = tools.find((tool) => tool.name.startsWith('sealed-grpc-'))?.name ?? '';
      await client.callTool({ name, arguments: {} });
      expect(grpc.received.length).toBeGreaterThan(0);
    });
  });
});
