import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpstreamChanged } from '#libs/contracts';
import { renderPrometheus } from '#libs/telemetry';
import { givenInvocation, type Invocation } from './invocation.js';
import { json, result, rpcError } from './raw-upstream.js';
import { serve, startLegacyServer, startModernServer, type TestServer } from './sdk-servers.js';

const require = createRequire(import.meta.url);
const everything = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');

let invocation: Invocation;
let modern: TestServer;
let legacy: Awaited<ReturnType<typeof startLegacyServer>>;

beforeAll(async () => {
  [invocation, modern, legacy] = await Promise.all([givenInvocation(), startModernServer(), startLegacyServer()]);
});

afterAll(async () => {
  await invocation.close();
  await Promise.all([modern.close(), legacy.close()]);
});

describe('calls without incidents', () => {
  it('a tool runs when its upstream is a 2026-07-28 server over HTTP', async () => {
    const upstream = invocation.profile({ url: modern.url });

    const { answer, body } = await invocation.call(upstream, 'echo', { text: 'hello' });

    expect(answer).toMatchObject({ kind: 'result' });
    expect(JSON.parse(body as string)).toEqual({ content: [{ type: 'text', text: 'hello' }] });
    expect(modern.requests.at(-1)?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
    });
  });

  it('a tool runs in one session when its upstream is a session server over HTTP', async () => {
    const upstream = invocation.profile({ url: legacy.url });

    const answers = await Promise.all(['a', 'b', 'c'].map((text) => invocation.call(upstream, 'echo', { text })));

    expect(answers.map(({ body }) => JSON.parse(body as string).content[0].text)).toEqual(['a', 'b', 'c']);
    expect(legacy.sessions.size).toBe(1);
  });

  it('a tool runs when its upstream is a child process', async () => {
    const upstream = invocation.profile({ transport: 'STDIO', command: process.execPath, args: [everything, 'stdio'] });

    const { body } = await invocation.call(upstream, 'echo', { message: 'hello' });

    expect(JSON.parse(body as string).content[0].text).toBe('Echo: hello');
  });

  it('a record tells waiting and the time at the upstream apart when a call waits for its turn', async () => {
    const upstream = invocation.profile({ url: legacy.url, concurrencyMax: 1 });
    await invocation.call(upstream, 'echo', { text: 'warm' });
    const options = (callId: string) => ({
      callId,
      address: '192.0.2.7',
      client: { info: { name: 'claude', version: '2' }, capabilities: {}, revision: '2026-07-28' },
    });
    const first = invocation.call(upstream, 'slow', {}, options('timed-first'));
    const second = invocation.call(upstream, 'slow', {}, options('timed-second'));
    await Promise.all([first, second]);

    const [at, after] = [await invocation.record('timed-first'), await invocation.record('timed-second')];
    expect(after).toMatchObject({
      clientName: 'claude',
      clientVersion: '2',
      address: '192.0.2.7',
      revision: '2026-07-28',
      upstreamRevision: expect.stringMatching(/^202[45]-/),
      rule: null,
    });
    expect(after.waitedMs).toBeGreaterThan(at.waitedMs + at.upstreamMs / 2);
    expect(after.upstreamMs).toBeGreaterThan(0);
    expect(after.waitedMs + after.upstreamMs).toBeLessThanOrEqual(after.latencyMs + 0.01);
  });

  it('Prometheus names an upstream and what its calls took, and forgets both when it is removed', async () => {
    const upstream = invocation.profile({ url: modern.url, name: 'to be removed' });
    await invocation.call(upstream, 'echo', { text: 'timed' });
    await invocation.call(upstream, 'fails');
    const before = await renderPrometheus();
    const of = `upstream="${upstream.id}"`;
    expect(before).toContain(`upstream_info{${of},name="to be removed"} 1`);
    expect(before).toContain(`upstream_breaker_open{${of}} 0`);
    const count = `mcp_client_operation_duration_seconds_count{mcp_method_name="tools/call",${of}`;
    expect(before).toContain(`${count}} 1`);
    expect(before).toContain(`${count},error_type="tool_error"} 1`);

    invocation.profiles.delete(upstream.id);
    invocation.bus.publish(UpstreamChanged, { upstreamId: upstream.id, change: 'removed' });
    await expect.poll(() => renderPrometheus()).not.toContain(upstream.id);
  });

  it('discovery lists everything when the upstream is of either era', async () => {
    for (const [server, era] of [
      [modern, 'modern'],
      [legacy, 'legacy'],
    ] as const) {
      const found = await invocation.discover(invocation.profile({ url: server.url }));

      expect(found).toMatchObject({ era, serverInfo: { name: 'sdk-fixture' }, refused: [] });
      expect(found.tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'fails', 'slow']));
      expect(found.prompts.map(({ name }) => name)).toEqual(['greet']);
      expect(found.resources.map(({ uri }) => uri)).toEqual(['test://note']);
    }
  });

  it('discovery asks again when an upstream refuses the revision and names it as served', async () => {
    let asked = 0;
    const server = await serve((_req, res, body) => {
      const { id, method } = body as { id: number; method: string };
      const versions = ['2026-07-28'];
      const more = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
      if (asked++ === 0) json(res, rpcError(id, -32022, 'Not that one', { supported: versions }), 400);
      else if (method === 'server/discover')
        json(res, result(id, { ...more, supportedVersions: versions, capabilities: { tools: {} } }));
      else if (method === 'tools/list')
        json(res, result(id, { ...more, tools: [{ name: 'one', inputSchema: { type: 'object' } }] }));
      else json(res, rpcError(id, -32601, 'Method not found'), 404);
    });
    const found = await invocation.discover(invocation.profile({ url: server.url }));
    await server.close();

    expect(found.era).toBe('modern');
    expect(found.tools.map(({ name }) => name)).toEqual(['one']);
  });
});
