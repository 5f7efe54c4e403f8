import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WithBody } from '#libs/bus';
import { Rig, catalogOf, listingOf, modern, modernHeaders, openSession, post, tool, upstream } from './rig.js';

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

describe('an endpoint that offers each era something else', () => {
  beforeEach(() => {
    const legacyDefinition = '{"name":"echo","description":"In sessions","inputSchema":{"type":"object"}}';
    rig.catalogs.set(
      null,
      catalogOf({
        revision: 2,
        upstreams: [
          upstream('u1', listingOf(), {
            instructions: 'Modern.',
            legacy: { capabilities: { tools: {} }, instructions: 'Old.' },
          }),
        ],
        tools: [
          { ...tool('echo'), legacyDefinition },
          { ...tool('newer'), era: 'modern' },
          { ...tool('older'), era: 'legacy' },
        ],
      }),
    );
  });

  const toolsOf = (json: { result: { tools: { name: string; description?: string }[] } }) =>
    json.result.tools.map(({ name, description }) => [name, description]);

  it('an endpoint lists to each client what is offered in its era when the eras differ', async () => {
    const listed = await post(url, modern('tools/list'), modernHeaders('tools/list'));
    expect(toolsOf(listed.json).map(([name]) => name)).toEqual(['echo', 'newer']);
    const discovered = await post(url, modern('server/discover'), modernHeaders('server/discover'));
    expect(discovered.json.result.instructions).toBe('Modern.');

    const session = await openSession(url);
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} };
    const { json } = await post(url, list, session);
    expect(toolsOf(json).map(([name]) => name)).toEqual(['echo', 'older']);
    expect(toolsOf(json)[0]).toEqual(['echo', 'In sessions']);
    const clientInfo = { name: 't', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const greeted = await post(url, { jsonrpc: '2.0', id: 3, method: 'initialize', params });
    expect(greeted.json.result.instructions).toBe('Old.');
    expect(greeted.json.result.capabilities).not.toHaveProperty('completions');
  });

  it('an endpoint calls for each client what it was shown, and nothing else, when the eras differ', async () => {
    const call = async (name: string) =>
      (await post(url, modern('tools/call', { name }), modernHeaders('tools/call', name))).json;
    expect((await call('newer')).result).toBeDefined();
    expect((await call('older')).error).toMatchObject({ code: -32602 });

    const headers = await openSession(url);
    const callOld = async (name: string) =>
      (await post(url, { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name } }, headers)).json;
    expect((await callOld('older')).result).toBeDefined();
    expect((await callOld('newer')).error).toMatchObject({ code: -32602 });
  });
});

it('a notification that MCP does not define reaches the client with its call when the client hears of the call', async () => {
  rig.execute = async (_call, context) => {
    await context.send({ kind: 'notification', method: 'notifications/vendor/stage', params: { stage: 2 } });
    return new WithBody({ kind: 'result' }, '{"content":[]}');
  };
  const told = '{"jsonrpc":"2.0","method":"notifications/vendor/stage","params":{"stage":2}}';
  const session = await openSession(url);
  const { text } = await post(url, { jsonrpc: '2.0', id: 4, method: 'tools/call', params: { name: 'echo' } }, session);
  expect(text).toContain(told);
  const params = { name: 'echo', _meta: { progressToken: 1 } };
  expect((await post(url, modern('tools/call', params), modernHeaders('tools/call', 'echo'))).text).toContain(told);
});
