import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Gateway,
  type GatewayOptions,
  type McpDouble,
  startAskingUpstream,
  startGateway,
  startMcpDouble,
} from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';

const INTERVAL_MS = 1_000;
const env = { LIST_REFRESH_INTERVAL: String(INTERVAL_MS / 1_000), LIST_TTL_MS: '600000' };
const modes: Record<string, GatewayOptions> = {
  embedded: { mode: 'embedded', env },
  'distributed, two replicas': { mode: 'distributed', replicas: 2, env },
};

/** An upstream that says how long its tools are good, and nothing when they change. */
interface Quiet {
  readonly double: McpDouble;
  tools: string[];
  /** How often it was listed. */
  lists: number;
}

const startQuiet = async (cache: object): Promise<Quiet> => {
  const quiet = { tools: ['first'], lists: 0 };
  const double = await startMcpDouble({
    name: 'quiet',
    tools: [],
    call: () => '"content":[]',
    intercept: ({ message: { method }, modern, id, res }) => {
      if (method !== 'tools/list') return false;
      // A server of both eras is listed in both each time.
      if (modern) quiet.lists++;
      const tools = quiet.tools.map((name) => ({ name, inputSchema: { type: 'object' } }));
      const result = { tools, ...(modern && { resultType: 'complete', ...cache }) };
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`);
      return true;
    },
  });
  return Object.assign(quiet, { double });
};

describe.each(Object.keys(modes))('lists of a gateway that is %s', (name) => {
  let gateway: Gateway;
  let short: Quiet;
  let long: Quiet;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    short = await startQuiet({ ttlMs: 1_500, cacheScope: 'public' });
    long = await startQuiet({ ttlMs: 500_000, cacheScope: 'public' });
    gateway = await startGateway(modes[name] as GatewayOptions);
    for (const [slug, { double }] of Object.entries({ short, long })) {
      const registered = await gateway.admin.register({ name: slug, url: double.url });
      ids[slug] = registered.id;
      ids[`of ${slug}`] = (await gateway.admin.createServer(`of ${slug}`, [registered])).id;
    }
    ids.both = (await gateway.admin.createServer('both')).id;
  });
  afterAll(async () => {
    await gateway?.stop();
    await Promise.all([short, long].map((quiet) => quiet?.double.stop()));
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const list = async (path: string) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.adminToken}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/list',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/list',
        params: {
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
    });
    const { result } = (await response.json()) as {
      result: { tools: { name: string }[]; ttlMs: number; cacheScope: string };
    };
    return { ...result, names: result.tools.map((tool) => tool.name) };
  };
  const of = (server: string): string => `/servers/${ids[server]}/mcp`;

  it('lists of a gateway are good for as long as their upstreams say', async () => {
    const alone = await list(of('of long'));
    expect(alone).toMatchObject({ names: ['long-first'], cacheScope: 'public' });
    expect(alone.ttlMs).toBeLessThan(500_000);
    expect(alone.ttlMs).toBeGreaterThan(20_000);
    const { ttlMs, names } = await list(of('both'));
    expect(names).toEqual(['short-first', 'long-first']);
    expect(ttlMs).toBeLessThanOrEqual(1_500);
  });

  it('lists of a gateway follow an upstream that never says when they change, once they are used', async () => {
    await expect.poll(async () => (await list('/mcp')).ttlMs).toBeGreaterThan(0);
    short.tools.push('second');
    await sleep(6_000);
    const before = short.lists;
    await sleep(1_000);
    expect(short.lists).toBe(before);

    expect((await list('/mcp')).ttlMs).toBe(0);
    await expect.poll(async () => (await list('/mcp')).names).toEqual(['short-first', 'long-first', 'short-second']);
    const { lists } = long;
    const listed = short.lists;
    const fromMs = Date.now();
    while (Date.now() < fromMs + 4 * INTERVAL_MS) {
      await Promise.all(Array.from({ length: 5 }, () => list('/mcp')));
      await sleep(50);
    }
    // However many clients and replicas: no more than once in a while, and only what is too old.
    expect(short.lists - listed).toBeGreaterThan(0);
    expect(short.lists - listed).toBeLessThanOrEqual(1 + Math.ceil((Date.now() - fromMs) / INTERVAL_MS));
    expect(long.lists).toBe(lists);
  });

  it('lists of a gateway go on being served while the upstream is away, as good for no time', async () => {
    await short.double.stop();
    await expect.poll(async () => (await list(of('of short'))).ttlMs).toBe(0);
    expect((await list(of('of short'))).names).toEqual(['short-first']);
  });

  it('lists of a gateway are good for nothing in front of a server of sessions, unless the administrator says so', async () => {
    const old = await startAskingUpstream({ era: 'legacy' });
    try {
      const registered = await gateway.admin.register({ name: 'old', url: old.url });
      const path = `/servers/${(await gateway.admin.createServer('of old', [registered])).id}/mcp`;
      expect(await list(path)).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
      const said = { listTtlMs: 40_000, listCacheScope: 'public' };
      await gateway.admin.call('PUT', `/gateways/${registered.id}`, said);
      await expect.poll(async () => (await list(path)).ttlMs).toBeGreaterThan(20_000);
      expect((await list(path)).cacheScope).toBe('public');
    } finally {
      await old.stop();
    }
  });
});
