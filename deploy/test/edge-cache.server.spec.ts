import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '#libs/testing';
import { type Backend, startBackend } from './backend.js';
import { type Edge, startEdge } from './edge.js';

interface Seen {
  readonly status: number;
  readonly cache: string | null;
  readonly body: string;
}

const get = async (edge: Edge, path: string, headers: Record<string, string> = {}): Promise<Seen> => {
  const response = await fetch(`${edge.url}${path}`, { headers });
  return { status: response.status, cache: response.headers.get('x-cache-status'), body: await response.text() };
};

describe('the edge before services that say how long an answer is good', () => {
  let backend: Backend;
  let edge: Edge;
  let cacheControl: string | undefined;
  let vary: string | undefined;
  let answered = 0;

  beforeAll(async () => {
    backend = await startBackend((request, response) => {
      const { authorization = 'nobody', cookie = 'none' } = request.headers;
      response.writeHead(200, {
        'content-type': 'application/json',
        ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
        ...(vary !== undefined && { vary }),
      });
      response.end(JSON.stringify({ for: `${authorization} ${cookie}`, answer: ++answered }));
    });
    const addresses = Object.fromEntries(
      (['ingress', 'auth', 'registry', 'metrics'] as const).map((service) => [service, [backend.address]]),
    );
    edge = await startEdge({ addresses });
  });
  afterAll(async () => {
    await edge?.stop();
    await backend?.stop();
  });
  beforeEach(() => {
    backend.requests.length = 0;
    cacheControl = 'max-age=60';
  });

  it('the edge keeps an answer that has an age, for the caller it was given to', async () => {
    const ann = { authorization: 'Bearer ann' };
    const first = await get(edge, '/metrics?kept', ann);
    const again = await get(edge, '/metrics?kept', ann);
    expect([first.cache, again.cache]).toEqual(['MISS', 'HIT']);
    expect(again.body).toBe(first.body);
    expect(backend.requests).toHaveLength(1);
  });

  it('the edge keeps an answer for each coding that its clients take, and gives none another', async () => {
    cacheControl = 'max-age=60';
    vary = 'Origin, Accept-Encoding';
    try {
      const ask = (accepts: string) =>
        get(edge, '/metrics?coded', { authorization: 'Bearer ann', 'accept-encoding': accepts });
      const [br, gzip, again] = [await ask('br'), await ask('gzip'), await ask('br')];
      expect([br.cache, gzip.cache, again.cache]).toEqual(['MISS', 'MISS', 'HIT']);
      expect(again.body).toBe(br.body);
      expect(gzip.body).not.toBe(br.body);
    } finally {
      vary = undefined;
    }
  });

  it.each([
    ['another token', { authorization: 'Bearer bob' }],
    ['no token', {}],
    ['a cookie', { authorization: 'Bearer ann', cookie: 'jwt_token=bob' }],
  ] as [string, Record<string, string>][])('the edge never gives it to who comes with %s', async (what, headers) => {
    const path = `/tools?for=${encodeURIComponent(what)}`;
    await get(edge, path, { authorization: 'Bearer ann' });
    const other = await get(edge, path, headers);
    expect(other.cache).toBe('MISS');
    expect(JSON.parse(other.body)).toMatchObject({
      for: `${headers['authorization'] ?? 'nobody'} ${headers['cookie'] ?? 'none'}`,
    });
  });

  it.each([['no-store'], ['private, max-age=60'], ['no-cache'], [undefined]])(
    'the edge keeps nothing when the service says %s',
    async (said) => {
      cacheControl = said;
      for (const path of ['/tools', '/gateways', '/tokens', '/metrics', '/v1/servers'])
        for (let n = 0; n < 2; n++) expect((await get(edge, `${path}?said=${said}`)).cache).toBe('MISS');
      expect(backend.requests).toHaveLength(10);
    },
  );

  it('the edge passes on every write and every MCP request, whatever the answer says', async () => {
    for (let n = 0; n < 2; n++) {
      for (const path of ['/tools', '/mcp', '/servers/a/mcp', '/rpc', '/'])
        await (await fetch(`${edge.url}${path}`, { method: 'POST', body: '{}' })).text();
      for (const path of ['/mcp', '/sse', '/servers/a/sse']) await get(edge, path);
    }
    expect(backend.requests).toHaveLength(16);
  });

  it('the edge keeps files whose name changes with their content, although the service forbids it', async () => {
    cacheControl = 'no-store';
    expect((await get(edge, '/admin/assets/app-3f2a.js')).cache).toBe('MISS');
    expect((await get(edge, '/admin/assets/app-3f2a.js', { authorization: 'Bearer ann' })).cache).toBe('HIT');
    expect(backend.requests).toHaveLength(1);
  });
});

describe('the edge before a real gateway', () => {
  let gateway: Gateway;
  let edge: Edge;
  const lists = ['/tools', '/gateways', '/servers', '/prompts', '/resources', '/v1/tools'];

  beforeAll(async () => {
    gateway = await startGateway({ mode: 'embedded' });
    const { host } = new URL(gateway.url);
    const services = ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'] as const;
    edge = await startEdge({ addresses: Object.fromEntries(services.map((service) => [service, [host]])) });
  });
  afterAll(async () => {
    await edge?.stop();
    await gateway?.stop();
  });

  const asAdmin = () => ({ authorization: `Bearer ${gateway.adminToken}` });
  const write = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${edge.url}${path}`, {
      method,
      headers: { ...asAdmin(), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    return (text === '' ? {} : JSON.parse(text)) as { id: string };
  };

  it('the edge shows every write in the next list', async () => {
    for (let n = 0; n < 20; n++) {
      const { id } = await write('POST', '/servers', { server: { name: `server ${n}` } });
      expect((await get(edge, '/servers', asAdmin())).body).toContain(`server ${n}"`);
      await write('PUT', `/servers/${id}`, { name: `renamed ${n}` });
      expect((await get(edge, '/servers', asAdmin())).body).toContain(`renamed ${n}"`);
      await write('DELETE', `/servers/${id}`);
      expect((await get(edge, '/servers', asAdmin())).body).not.toContain(id);
    }
  });

  it('the edge asks the service for each list, since the service forbids that it be kept', async () => {
    for (const path of lists)
      for (let n = 0; n < 2; n++) {
        const seen = await get(edge, path, asAdmin());
        expect([path, seen.status, seen.cache]).toEqual([path, 200, 'MISS']);
      }
  });

  it('the edge gives who is refused nothing of what others may see', async () => {
    for (const path of lists) {
      await get(edge, path, asAdmin());
      expect((await get(edge, path, { authorization: 'Bearer wrong' })).status).toBe(401);
      expect((await get(edge, path)).status).toBe(401);
    }
  });

  it('the edge keeps the description of the API', async () => {
    const [first, second] = [await get(edge, '/docs-json'), await get(edge, '/docs-json')];
    expect([first.status, first.cache, second.cache]).toEqual([200, 'MISS', 'HIT']);
  });

  it('the edge hides what belongs to the inside', async () => {
    expect((await get(edge, '/internal/metrics')).status).toBe(404);
    expect((await get(edge, '/nginx_status')).status).toBe(404);
    expect(await (await fetch(`${edge.statusUrl}/nginx_status`)).text()).toMatch(/^Active connections: \d+/);
  });
});
