import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rig, modern, modernHeaders, openSession, post } from './rig.js';

let rig: Rig;
let url: string;

beforeEach(async () => {
  rig = new Rig();
  url = `${await rig.start()}/mcp`;
});
afterEach(() => rig.stop());

describe('a 2026-07-28 client', () => {
  it('a modern client discovers what the endpoint offers', async () => {
    const { status, json } = await post(url, modern('server/discover'), modernHeaders('server/discover'));

    expect(status).toBe(200);
    expect(json.result).toMatchObject({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      ttlMs: 0,
      cacheScope: 'public',
      instructions: 'Be kind.',
      capabilities: { tools: { listChanged: true }, completions: {}, logging: {}, resources: { subscribe: true } },
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'switchyard' } },
    });
  });

  it('a modern client lists tools', async () => {
    const { json } = await post(url, modern('tools/list', {}, 'seven'), modernHeaders('tools/list'));

    expect(json.id).toBe('seven');
    expect(json.result.tools.map(({ name }: { name: string }) => name)).toEqual(['echo', 'slow']);
    expect(json.result).toMatchObject({ resultType: 'complete', ttlMs: 0, cacheScope: 'public' });
  });

  it('a modern client calls a tool by the name it was shown, with arguments as it wrote them', async () => {
    const body =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",' +
      '"io.modelcontextprotocol/clientCapabilities":{},"vendor/x":1},"name":"echo","arguments":{"n":12345678901234567890, "a":1.0}}}';

    const { json } = await post(url, body, modernHeaders('tools/call', 'echo'));

    expect(json.result.content[0].text).toBe(
      'up_echo {"name":"up_echo","arguments":{"n":12345678901234567890, "a":1.0}}',
    );
    expect(json.result.resultType).toBe('complete');
    expect(rig.calls[0]?.call).toMatchObject({
      target: 'up_echo',
      exposedName: 'echo',
      meta: { 'vendor/x': 1 },
      wantsProgress: false,
    });
  });
});

describe.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])('a %s client', (version) => {
  it('a legacy client opens a session, lists, calls, and closes it', async () => {
    const session = await openSession(url, {}, version);

    const listed = await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/list' }, session);
    expect(listed.json.result).toEqual({ tools: expect.arrayContaining([expect.objectContaining({ name: 'echo' })]) });

    const called = await post(
      url,
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'echo', arguments: {} } },
      session,
    );
    expect(called.json.result).toEqual({
      content: [{ type: 'text', text: 'up_echo {"name":"up_echo","arguments":{}}' }],
    });

    const deleted = await fetch(url, { method: 'DELETE', headers: session });
    expect(deleted.status).toBe(204);
    const after = await post(url, { jsonrpc: '2.0', id: 3, method: 'ping' }, session);
    expect(after.status).toBe(404);
  });
});

it('/rpc answers a request without a session', async () => {
  const { json } = await post(
    url.replace('/mcp', '/rpc'),
    { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'echo' } },
    { accept: '' },
  );

  expect(json).toMatchObject({ id: 5, result: { content: [{ type: 'text' }] } });
});
