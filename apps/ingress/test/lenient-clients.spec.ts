import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WithBody } from '#libs/bus';
import { MODERN_META, Rig, catalogOf, modern, modernHeaders, openSession, post, tool } from './rig.js';

let rig: Rig;
let url: string;
let session: Record<string, string>;

beforeAll(async () => {
  rig = new Rig();
  url = `${await rig.start()}/mcp`;
  session = await openSession(url, { elicitation: {} });
});
afterAll(() => rig.stop());

/** `accept` null: without the header. */
const accepting =
  (accept: string | null) =>
  (input: string | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.delete('accept');
    // `fetch` sends `*\/*` where there is none, so the empty one stands for it.
    if (init.method === 'POST') headers.set('accept', accept ?? '');
    else headers.set('accept', 'text/event-stream');
    return fetch(input, { ...init, headers });
  };

const ACCEPTS = [
  ['no Accept', null],
  ['application/json alone', 'application/json'],
  ['events refused', 'application/json, text/event-stream;q=0'],
  ['any application type', 'application/*'],
] as const;

describe.each(ACCEPTS)('a client that sends %s', (_, accept) => {
  const fetchFn = accepting(accept);

  it('the SDK of version 1 lists and calls when its Accept is short', async () => {
    const client = new Client({ name: 'v1', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch: fetchFn }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo', 'slow']);
    const { content } = await client.callTool({ name: 'echo', arguments: {} });
    expect(content).toEqual([{ type: 'text', text: 'up_echo {"name":"up_echo","arguments":{}}' }]);
    await client.close();
  });

  it('the SDK of version 2 lists and calls when its Accept is short', async () => {
    const client = new ModernClient(
      { name: 'v2', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await client.connect(new ModernTransport(new URL(url), { fetch: fetchFn }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo', 'slow']);
    expect((await client.callTool({ name: 'echo', arguments: {} })).content).toHaveLength(1);
    await client.close();
  });
});

describe('a client that takes JSON alone', () => {
  const accept = 'application/json';

  it('a client gets one JSON object when progress comes before the answer', async () => {
    rig.execute = async (_, context) => {
      await context.send({ kind: 'progress', progress: 1 });
      return new WithBody({ kind: 'result' }, '{"content":[]}');
    };
    const call = modern('tools/call', { name: 'echo', _meta: { progressToken: 'p' } });
    const { headers, json } = await post(url, call, { ...modernHeaders('tools/call', 'echo'), accept });
    expect([headers.get('content-type'), json.result.content]).toEqual(['application/json', []]);
  });

  it('a session is told why it gets no result when the tool has a question and the answer must be JSON', async () => {
    rig.execute = async () => {
      const params = { message: 'Who?', requestedSchema: { type: 'object', properties: {} } };
      const inputRequests = { who: { method: 'elicitation/create', params } };
      return new WithBody({ kind: 'input-required' }, JSON.stringify({ inputRequests, requestState: 's' }));
    };
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo' } };
    const { status, json } = await post(url, call, { ...session, accept });
    expect([status, json.error.message]).toEqual([
      200,
      'The tool needs elicitation/create, which this client cannot do',
    ]);
  });

  it('a client is refused with the reason when only a stream can be the answer', async () => {
    const listen = modern('subscriptions/listen', { notifications: { toolsListChanged: true } });
    const { status, json } = await post(url, listen, { ...modernHeaders('subscriptions/listen'), accept });
    expect([status, json.error.message]).toEqual([406, 'Accept must list text/event-stream']);
    const refused = await post(url, modern('tools/list'), { ...modernHeaders('tools/list'), accept: 'text/html' });
    expect([refused.status, refused.json.error.message]).toEqual([406, 'Accept must list application/json']);
  });
});

describe('a client that writes null for what it does not have', () => {
  const asked = (method: string, params: unknown) => ({ jsonrpc: '2.0', id: 1, method, params });
  const modernMeta = { ...MODERN_META, progressToken: null };

  it.each([
    ['params', asked('tools/list', null)],
    ['cursor', asked('tools/list', { cursor: null })],
    ['_meta', asked('tools/list', { _meta: null })],
    ['progressToken', asked('tools/list', { _meta: { progressToken: null } })],
  ])('a list is answered when a member is null: %s', async (_, body) => {
    const { status, json } = await post(url, body, session);
    expect([status, json.result?.tools.length]).toEqual([200, 2]);
  });

  it('a list of 2026-07-28 is answered when cursor and progressToken are null', async () => {
    const body = asked('tools/list', { cursor: null, _meta: modernMeta });
    const { status, json } = await post(url, body, modernHeaders('tools/list'));
    expect([status, json.result?.tools.length]).toEqual([200, 2]);
  });

  it('an upstream gets no null when arguments and _meta of a call are null', async () => {
    rig.execute = async () => new WithBody({ kind: 'result' }, '{"content":[]}');
    const { json } = await post(url, asked('tools/call', { name: 'echo', arguments: null, _meta: null }), session);
    expect(json.result.content).toEqual([]);
    expect(rig.calls.at(-1)?.body).toBe('{"name":"up_echo"}');
  });

  it('a null that is an argument stays when a call is made', async () => {
    await post(url, asked('tools/call', { name: 'echo', arguments: { cursor: null } }), session);
    expect(rig.calls.at(-1)?.body).toBe('{"name":"up_echo","arguments":{"cursor":null}}');
  });
});

describe('an id that is beyond 2^53', () => {
  it.each(['9007199254740993', '-9007199254740993', '1'.repeat(1_000)])(
    'an answer carries the id digit by digit when it is %s',
    async (id) => {
      const { status, text } = await post(url, `{"jsonrpc":"2.0","id":${id},"method":"ping"}`, session);
      expect([status, text]).toEqual([200, `{"jsonrpc":"2.0","id":${id},"result":{}}`]);
    },
  );

  it('two calls stay apart when their ids differ in the last digit alone and one is cancelled', async () => {
    const aborted: string[] = [];
    const begun: string[] = [];
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    rig.execute = async (_, { body = '', signal }) => {
      begun.push(body);
      signal.addEventListener('abort', () => aborted.push(body));
      await released;
      return new WithBody({ kind: 'result' }, '{"content":[]}');
    };
    const call = (id: string, n: number) =>
      post(
        url,
        `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"slow","arguments":{"n":${n}}}}`,
        session,
      );
    const cancelled = call('9007199254740992', 1);
    const other = call('9007199254740993', 2);
    await expect.poll(() => begun.length).toBe(2);
    const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9007199254740992}}';
    expect((await post(url, cancel, session)).status).toBe(202);
    await expect.poll(() => aborted).toEqual(['{"name":"up_slow","arguments":{"n":1}}']);
    release();
    expect((await other).text).toContain('"id":9007199254740993');
    await cancelled;
  });
});

describe('a client that cannot send a session', () => {
  const asked = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });

  it('a request is served without a session when its revision is older than 2026-07-28', async () => {
    rig.execute = async (call) =>
      new WithBody({ kind: 'result' }, JSON.stringify({ content: [{ type: 'text', text: call.client.revision }] }));
    const { status, headers, json } = await post(url, asked('tools/list'));
    expect([status, headers.get('mcp-session-id')]).toEqual([200, null]);
    expect(json.result.tools.map(({ name }: { name: string }) => name)).toEqual(['echo', 'slow']);
    for (const revision of ['2025-03-26', '2025-06-18', '2025-11-25']) {
      const named = revision === '2025-03-26' ? {} : { 'mcp-protocol-version': revision };
      const called = await post(url, asked('tools/call', { name: 'echo' }), named);
      expect(called.json.result.content[0].text).toBe(revision);
    }
    expect((await post(url, asked('ping'))).json.result).toEqual({});
    expect((await post(url, asked('tools/list'), { 'mcp-session-id': '' })).json.result.tools).toHaveLength(2);
    expect((await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
  });

  it('a request without a session is asked nothing when its tool has a question', async () => {
    rig.execute = async () => {
      const params = { message: 'Who?', requestedSchema: { type: 'object', properties: {} } };
      const inputRequests = { who: { method: 'elicitation/create', params } };
      return new WithBody({ kind: 'input-required' }, JSON.stringify({ inputRequests, requestState: 's' }));
    };
    const { json } = await post(url, asked('tools/call', { name: 'echo' }));
    expect(json.error.message).toBe('The tool needs elicitation/create, which this client cannot do');
  });

  it('a request without a session is refused with the reason when it is about one', async () => {
    for (const [method, params] of [
      ['logging/setLevel', { level: 'debug' }],
      ['resources/subscribe', { uri: 'file:///a' }],
      ['resources/unsubscribe', { uri: 'file:///a' }],
    ] as const) {
      const { status, json } = await post(url, asked(method, params));
      expect([status, json.error.message]).toEqual([400, `${method} is of a session: Mcp-Session-Id is required`]);
    }
    const response = await post(url, { jsonrpc: '2.0', id: 1, result: {} });
    expect([response.status, response.json.error.message]).toEqual([
      400,
      'A response is to a request of a session: Mcp-Session-Id is required',
    ]);
  });

  it('a request without a session is refused when sessions are demanded, and a ping is answered', async () => {
    const strict = new Rig({ USE_STATEFUL_SESSIONS: 'true' });
    const at = `${await strict.start()}/mcp`;
    const { status, json } = await post(at, asked('tools/list'));
    expect([status, json.error.message]).toEqual([400, 'Mcp-Session-Id is required']);
    expect((await post(at, { jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(400);
    expect((await post(at, asked('ping'))).json.result).toEqual({});
    expect((await post(at, asked('tools/list'), await openSession(at))).status).toBe(200);
    await strict.stop();
  });

  it('the payloads of the guides of ContextForge are answered at the root, those whose method is a tool where the setting says so', async () => {
    const payload = (name: string): string =>
      readFileSync(join(import.meta.dirname, '../../../load/payloads', name), 'utf8');
    const root = new URL('/', url).href;
    expect((await post(root, payload('tools-list.json'))).json.result.tools).toHaveLength(2);
    expect((await post(root, payload('convert-time.json'))).json.error.code).toBe(-32601);

    const like = new Rig({ LEGACY_RPC_TOOL_METHODS: 'true' });
    like.catalogs.set(null, catalogOf({ tools: [tool('convert_time')] }));
    const at = await like.start();
    for (const path of ['/', '/rpc']) {
      const { status, json } = await post(`${at}${path}`, payload('convert-time.json'));
      expect([status, json.id, json.result.content[0].text]).toEqual([
        200,
        1,
        expect.stringContaining('Europe/Dublin'),
      ]);
    }
    expect((await post(`${at}/rpc`, asked('no_such_tool'))).json.error.message).toBe('Unknown tool: no_such_tool');
    // What is not posted there is for the console.
    expect((await fetch(`${at}/`, { redirect: 'manual' })).status).not.toBe(405);
    await like.stop();
  });

  it('an initialize opens a session all the same when sessions are not demanded', async () => {
    expect(session['mcp-session-id']).toMatch(/^[\w-]{43}$/);
  });

  it('a stranger is refused without a session when a credential is demanded', async () => {
    const closed = new Rig({ AUTH_REQUIRED: 'true' });
    const { status } = await post(`${await closed.start()}/mcp`, asked('ping'));
    expect(status).toBe(401);
    await closed.stop();
  });
});
