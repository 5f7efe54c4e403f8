import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CallContext, WithBody } from '#libs/bus';
import { type CallFrame, CatalogChanged, CredentialRevoked } from '#libs/contracts';
import { fail } from '#libs/errors';
import { flipped } from '#libs/testing';
import {
  JSON_HEADERS,
  Rig,
  catalogOf,
  eventsOf,
  listingOf,
  modern,
  nextMessage,
  post,
  tool,
  upstream,
  user,
} from './rig.js';

let rig: Rig;
let first: string;
let second: string;
const clients: Client[] = [];

beforeEach(async () => {
  rig = new Rig({ AUTH_REQUIRED: 'true', STREAMS_PER_PRINCIPAL_MAX: '3', CALLS_PER_CONNECTION_MAX: '40' });
  rig.tokens.set('ann', user('ann@x'));
  rig.tokens.set('bob', user('bob@x'));
  rig.catalogs.set('mine', catalogOf({ server: { ...catalogOf().server, id: 'mine' }, tools: [tool('own')] }));
  first = await rig.start();
  second = await rig.start();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await rig.stop();
});

const ANN = { authorization: 'Bearer ann' };
const BOB = { authorization: 'Bearer bob' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 't', version: '1' } },
};
const callOf = (id: number, name = 'echo', params: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {}, ...params },
});

/** A stream that is opened on one replica; what is posted goes to the other. */
const openStream = async (headers = ANN, path = '/sse', from = first) => {
  const control = new AbortController();
  const response = await fetch(`${from}${path}`, {
    headers: { ...headers, accept: 'text/event-stream' },
    signal: control.signal,
  });
  const events = eventsOf(response);
  const endpoint = response.ok ? ((await events.next()).value?.data ?? '') : '';
  const send = (body: unknown, to = second, as = headers) => post(`${to}${endpoint}`, body, as);
  return { response, events, endpoint, send, close: () => control.abort() };
};

const openSession = async (headers = ANN, initialize: unknown = INITIALIZE) => {
  const stream = await openStream(headers);
  expect((await stream.send(initialize)).status).toBe(202);
  const greeting = await nextMessage(stream.events);
  await stream.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return { ...stream, greeting };
};

const untilAborted =
  (seen: (signal: AbortSignal) => void) =>
  (_: unknown, { signal }: CallContext<CallFrame>) =>
    new Promise<never>((_resolve, reject) => {
      seen(signal);
      signal.addEventListener('abort', () => reject(fail('bus.cancelled')));
    });

const connect = async (capabilities = {}, path = '/sse'): Promise<Client> => {
  let turn = 0;
  const sprayed = (url: string | URL, init?: RequestInit) => {
    const target = new URL(url);
    // The stream stays where it is; its messages go to whichever replica is next.
    if (init?.method === 'POST') target.port = new URL(turn++ % 2 === 0 ? second : first).port;
    return fetch(target, init);
  };
  const client = new Client({ name: 'v1', version: '1' }, { capabilities });
  const transport = new SSEClientTransport(new URL(`${first}${path}`), {
    requestInit: { headers: ANN },
    fetch: sprayed,
  });
  await client.connect(transport);
  clients.push(client);
  return client;
};

describe('the official SSE client, its posts sprayed over two replicas', () => {
  it('the SSE client lists, calls, gets progress and log messages over two replicas', async () => {
    const client = await connect();
    const onprogress = vi.fn();
    const logged = vi.fn();
    rig.execute = async (_, context) => {
      await context.send({ kind: 'progress', progress: 1, total: 2 });
      await context.send({ kind: 'log', level: 'warning', data: 'careful' });
      // This client forgets who wants progress when the result comes in the same breath.
      await vi.waitFor(() => {
        expect(onprogress).toHaveBeenCalledTimes(1);
        expect(logged).toHaveBeenCalledTimes(1);
      });
      return new WithBody({ kind: 'result' }, '{"content":[{"type":"text","text":"done"}]}');
    };
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => logged(params));
    await client.setLoggingLevel('info');

    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo', 'slow']);
    const { content } = await client.callTool({ name: 'echo' }, undefined, { onprogress });

    expect(content).toEqual([{ type: 'text', text: 'done' }]);
    expect(onprogress).toHaveBeenCalledWith({ progress: 1, total: 2 });
    expect(logged).toHaveBeenCalledWith({ level: 'warning', data: 'careful' });
  });

  it('the SSE client is elicited and sampled over two replicas', async () => {
    const client = await connect({ elicitation: {}, sampling: {} });
    client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { name: 'Ann' } }));
    client.setRequestHandler(CreateMessageRequestSchema, async () => ({
      role: 'assistant',
      model: 'm',
      content: { type: 'text', text: 'hi' },
    }));
    const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } };
    const inputRequests = {
      who: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema } },
      what: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } },
    };
    rig.execute = async (_, { body }) =>
      body?.includes('inputResponses')
        ? new WithBody({ kind: 'result' }, JSON.stringify({ content: [{ type: 'text', text: body }] }))
        : new WithBody({ kind: 'input-required' }, JSON.stringify({ inputRequests, requestState: 's' }));

    const { content } = await client.callTool({ name: 'echo' });

    const [{ text }] = content as [{ text: string }];
    expect(JSON.parse(text).inputResponses).toMatchObject({
      who: { action: 'accept', content: { name: 'Ann' } },
      what: { model: 'm' },
    });
  });

  it('the SSE client is notified when lists and resources change', async () => {
    const client = await connect();
    const heard = vi.fn();
    client.setNotificationHandler(ToolListChangedNotificationSchema, heard);
    await client.subscribeResource({ uri: 'file:///a' });
    await vi.waitFor(() => expect(rig.watches).toHaveLength(1));

    rig.catalogs.set(null, catalogOf({ revision: 2, tools: [tool('another')] }));
    rig.registry.publish(CatalogChanged, { revision: 2, lists: ['tools'], serverIds: [], upstreamIds: ['u1'] });

    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
    await client.close();
    await vi.waitFor(() => expect(rig.watches[0]?.signal.aborted).toBe(true));
  });

  it('the SSE client reaches one virtual server under its own path', async () => {
    const client = await connect({}, '/servers/mine/sse');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['own']);
  });
});

describe('other clients', () => {
  const root = dirname(dirname(dirname(dirname(import.meta.dirname))));
  const packageFile = (name: string, file: string) =>
    join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'home-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('a token that is good from some addresses alone is good on the stream and for what is posted to another replica from there', async () => {
    const from = (networks: string[]) => user('ann@x', { conditions: { networks } });
    rig.tokens.set('here', from(['127.0.0.1']));
    rig.tokens.set('elsewhere', from(['192.0.2.0/24']));
    const { events, send } = await openSession({ authorization: 'Bearer here' });
    await send(callOf(1));
    expect(await nextMessage(events)).toMatchObject({ id: 1, result: {} });
    expect((await openStream({ authorization: 'Bearer elsewhere' })).response.status).toBe(403);
  });

  it('Inspector calls a tool over HTTP+SSE', async () => {
    const cli = packageFile('@modelcontextprotocol/inspector', 'clients/launcher/build/index.js');
    const args = [
      cli,
      '--cli',
      '--transport',
      'sse',
      '--server-url',
      `${first}/sse`,
      '--header',
      'Authorization: Bearer ann',
    ];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...args, '--method', 'tools/call', '--tool-name', 'echo', '-q', '--format', 'json'],
      { cwd: root, env: { ...process.env, HOME: home }, timeout: 200_000 },
    );
    expect(stdout).toContain('up_echo');
  });

  it('mcp-remote relays for a stdio client over HTTP+SSE', async () => {
    const client = new Client({ name: 'v1', version: '1' });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [
        packageFile('mcp-remote', 'dist/proxy.js'),
        `${first}/sse`,
        '--allow-http',
        '--transport',
        'sse-only',
        '--header',
        'Authorization: Bearer ann',
      ],
      env: { ...(process.env as Record<string, string>), HOME: home },
      stderr: 'ignore',
    });
    await client.connect(transport);
    clients.push(client);
    expect((await client.listTools()).tools).toHaveLength(2);
    expect((await client.callTool({ name: 'echo' })).content).toMatchObject([{ type: 'text' }]);
  });
});

describe('the stream', () => {
  it('an SSE stream begins with where to post, and greets in the revision asked for', async () => {
    const { response, endpoint, greeting, send, events } = await openSession();

    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(endpoint).toMatch(/^\/message\?sessionId=[\w-]{100,}$/);
    expect(greeting.result.protocolVersion).toBe('2024-11-05');
    rig.execute = async () =>
      new WithBody({ kind: 'result' }, '{"content":[],"structuredContent":{"a":1},"isError":false}');
    await send(callOf(1));
    expect(await nextMessage(events)).toEqual({ jsonrpc: '2.0', id: 1, result: { content: [], isError: false } });
  });

  it.each(['2025-03-26', '2025-06-18', '2025-11-25'])(
    'an SSE stream serves a client of %s',
    async (protocolVersion) => {
      const initialize = { ...INITIALIZE, params: { ...INITIALIZE.params, protocolVersion } };
      expect((await openSession(ANN, initialize)).greeting.result.protocolVersion).toBe(protocolVersion);
    },
  );

  it('an SSE stream answers a request without a session when it brings an envelope', async () => {
    const { send, events } = await openStream();
    await send(modern('tools/call', { name: 'echo' }, 'm'));
    expect(await nextMessage(events)).toMatchObject({ id: 'm', result: { resultType: 'complete' } });
  });

  it('an SSE stream answers nothing but ping before it is initialized, and initializes once', async () => {
    const { send, events } = await openStream();
    await send({ jsonrpc: '2.0', id: 'p', method: 'ping' });
    expect(await nextMessage(events)).toEqual({ jsonrpc: '2.0', id: 'p', result: {} });
    const early = await send(callOf(3));
    expect([early.status, early.json.id, early.json.error.message]).toEqual([400, 3, 'initialize comes first']);
    await send(INITIALIZE);
    await nextMessage(events);
    expect((await send(INITIALIZE)).status).toBe(400);
  });

  it('an SSE stream answers one by one when messages come as a batch', async () => {
    const initialize = { ...INITIALIZE, params: { ...INITIALIZE.params, protocolVersion: '2025-03-26' } };
    const { send, events } = await openSession(ANN, initialize);
    expect((await send([callOf(1), { jsonrpc: '2.0', id: 2, method: 'ping' }, { jsonrpc: '1.0', id: 3 }])).status).toBe(
      202,
    );
    const ids = [await nextMessage(events), await nextMessage(events), await nextMessage(events)].map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set([1, 2, 3]));
  });

  it('an SSE stream carries comments when it is idle', async () => {
    const lively = new Rig({ SSE_KEEPALIVE_INTERVAL: '1' });
    const response = await fetch(`${await lively.start()}/sse`);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('\n:\n\n')) text += new TextDecoder().decode((await reader.read()).value);
    expect(text.startsWith('event: endpoint\n')).toBe(true);
    await reader.cancel();
    await lively.stop();
  });

  it('an SSE stream loses nothing when its reader is late', async () => {
    const { send, events } = await openSession();
    const text = 'x'.repeat(256 * 1024);
    rig.execute = async () => new WithBody({ kind: 'result' }, JSON.stringify({ content: [{ type: 'text', text }] }));
    const answers = await Promise.all(Array.from({ length: 12 }, (_, id) => send(callOf(id))));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 300));

    const ids = new Set<number>();
    while (ids.size < 12) {
      const message = await nextMessage(events);
      expect(message.result.content[0].text).toHaveLength(text.length);
      ids.add(message.id);
    }
  });

  it('an SSE stream does not answer a call when a notification to another replica cancels it', async () => {
    const { send, events } = await openSession();
    let signal: AbortSignal | undefined;
    rig.execute = untilAborted((seen) => (signal = seen));
    await send(callOf(7));
    await vi.waitFor(() => expect(signal).toBeDefined());

    await send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } });

    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
    await send({ jsonrpc: '2.0', id: 8, method: 'ping' });
    expect(await nextMessage(events)).toMatchObject({ id: 8 });
  });

  it('an SSE stream passes on what its gateway asks for when a message comes by way of another replica', async () => {
    const asking = upstream('u1', listingOf(), { passedHeaders: ['x-tenant', 'x-upstream-authorization'] });
    rig.catalogs.set(null, catalogOf({ upstreams: [asking] }));
    const { send, events } = await openSession();
    const headers = { ...ANN, 'x-tenant': 'one', 'x-upstream-authorization': 'Bearer own', cookie: 'c=1' };
    for (const to of [first, second]) {
      expect((await send(callOf(1), to, headers)).status).toBe(202);
      expect(await nextMessage(events)).toMatchObject({ id: 1, result: {} });
    }
    const passed = { 'x-tenant': 'one', 'x-upstream-authorization': 'Bearer own' };
    expect(rig.calls.map(({ call }) => call.passedHeaders)).toEqual([passed, passed]);
  });

  it('an SSE stream ends its session and its calls when it is closed', async () => {
    const { send, close } = await openSession();
    let signal: AbortSignal | undefined;
    rig.execute = untilAborted((seen) => (signal = seen));
    await send(callOf(1));
    await vi.waitFor(() => expect(signal).toBeDefined());

    close();

    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
    await vi.waitFor(async () => expect((await send(callOf(2))).status).toBe(404));
    await vi.waitFor(async () => expect(await rig.cache.increment('ingress:sessions-of:ann@x', 1_000, 0)).toBe(0));
  });

  it('an SSE stream ends when its credential is revoked', async () => {
    const { events, send } = await openSession();
    rig.tokens.delete('ann');
    rig.auth.publish(CredentialRevoked, { tokenId: 'jti-ann@x' });
    expect((await events.next()).done).toBe(true);
    expect((await send(callOf(1))).status).toBe(401);
  });

  it('an SSE stream lets its calls finish when the gateway stops, then ends', async () => {
    const { send, events } = await openSession();
    let release: () => void = () => {};
    rig.execute = async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return new WithBody({ kind: 'result' }, '{"content":[]}');
    };
    await send(callOf(1));
    await vi.waitFor(() => expect(rig.calls).toHaveLength(1));
    const stopping = rig.stopStreams();
    expect((await send(callOf(2))).status).toBe(503);

    release();

    await stopping;
    expect(await nextMessage(events)).toMatchObject({ id: 1, result: { content: [] } });
    expect((await events.next()).done).toBe(true);
  });
});

describe('what is refused', () => {
  it('a message is refused when its SSE session is unknown, another caller’s or of another endpoint', async () => {
    const { endpoint, send } = await openSession();
    const statuses = await Promise.all([
      post(`${second}/message?sessionId=nonsense`, callOf(1), ANN),
      send(callOf(1), second, BOB),
      send(callOf(1), first, BOB),
      post(`${second}/servers/mine${endpoint}`, callOf(1), ANN),
      post(`${first}${flipped(endpoint)}`, callOf(1), ANN),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(rig.calls).toHaveLength(0);
  });

  it('a message is refused when the replica of its SSE session is gone', async () => {
    const { send } = await openSession();
    await rig.crash(0);
    expect((await send(callOf(1))).status).toBe(404);
  });

  it.each([
    ['no session id', '/message', '{}', {}, 400],
    ['what is not JSON', null, '{', {}, 400],
    ['what is not JSON-RPC', null, '{"jsonrpc":"1.0","id":1,"method":"ping"}', {}, 400],
    ['too deep a message', null, `${'['.repeat(70)}${']'.repeat(70)}`, {}, 400],
    ['another content type', null, '{}', { 'content-type': 'text/plain' }, 415],
    ['a foreign page', null, '{}', { origin: 'https://evil.example' }, 403],
    ['a stranger', null, '{"jsonrpc":"2.0","id":1,"method":"ping"}', { authorization: 'Bearer nobody' }, 401],
    [
      'an unknown revision in the header',
      null,
      '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      { 'mcp-protocol-version': '1999-01-01' },
      400,
    ],
    ['an early batch', null, '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', {}, 400],
  ])('a message over HTTP+SSE is refused when it comes with %s', async (_, path, body, headers, status) => {
    const { endpoint } = await openStream();
    expect((await post(`${second}${path ?? endpoint}`, body, { ...ANN, ...headers })).status).toBe(status);
  });

  it('an SSE stream is refused when a stranger or a foreign page asks, for an unknown server, or by the wrong method', async () => {
    const get = (path: string, headers: Record<string, string>, method = 'GET') =>
      fetch(`${first}${path}`, { method, headers });
    const stranger = await get('/sse', {});
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await get('/sse', { ...ANN, origin: 'https://evil.example' })).status).toBe(403);
    expect((await get('/servers/other/sse', ANN)).status).toBe(404);
    const server = { ...catalogOf().server, id: 'bobs', visibility: 'private' as const, ownerEmail: 'bob@x' };
    rig.catalogs.set('bobs', catalogOf({ server }));
    expect((await get('/servers/bobs/sse', ANN)).status).toBe(404);
    expect((await get('/sse', { ...ANN, accept: 'application/json' })).status).toBe(406);
    const posted = await get('/sse', { ...ANN, ...JSON_HEADERS }, 'POST');
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await get('/message', ANN)).headers.get('allow')).toBe('POST');
    expect((await get('/sse?access_token=ann', {})).status).toBe(401);
  });

  it('an SSE stream and a call are refused when the caller has too many', async () => {
    const streams = [await openStream(), await openStream(), await openStream()];
    const fourth = await openStream();
    expect([fourth.response.status, fourth.response.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await openStream(BOB)).response.status).toBe(200);
    const [stream] = streams;
    await stream?.send(INITIALIZE);
    rig.execute = untilAborted(() => {});
    for (let id = 1; id <= 40; id++) expect((await stream?.send(callOf(id)))?.status).toBe(202);
    expect((await stream?.send(callOf(41)))?.status).toBe(503);
    stream?.close();
    await vi.waitFor(async () => expect((await openStream()).response.status).toBe(200));
  });
});
