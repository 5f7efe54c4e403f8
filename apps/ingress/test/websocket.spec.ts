import { connect as connectTcp } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type CallContext, WithBody } from '#libs/bus';
import { type CallFrame, CatalogChanged, CredentialRevoked } from '#libs/contracts';
import { fail } from '#libs/errors';
import { Rig, catalogOf, modern, tool, user } from './rig.js';

let rig: Rig;
let url: string;
const clients: Client[] = [];
const sockets: Socket[] = [];

const start = async (env: Record<string, string> = {}) => {
  rig = new Rig({
    AUTH_REQUIRED: 'true',
    STREAMS_PER_PRINCIPAL_MAX: '2',
    CALLS_PER_CONNECTION_MAX: '10',
    MCP_BODY_BYTES_MAX: '2000000',
    ...env,
  });
  rig.tokens.set('ann', user('ann@x'));
  rig.tokens.set('bob', user('bob@x'));
  rig.catalogs.set('mine', catalogOf({ server: { ...catalogOf().server, id: 'mine' }, tools: [tool('own')] }));
  url = (await rig.start()).replace('http:', 'ws:');
};

beforeEach(() => start());
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const { socket } of sockets.splice(0)) socket.terminate();
  await rig.stop();
});

const ANN = { authorization: 'Bearer ann' };
const BOB = { authorization: 'Bearer bob' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
};
const callOf = (id: number, name = 'echo') => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the gateway answered
type Answer = any;

/** Messages one by one, and how it ended. */
class Socket {
  readonly socket: WebSocket;
  readonly opened: Promise<number>;
  readonly closed: Promise<number>;
  private readonly messages: Answer[] = [];
  private readonly readers: ((message: Answer) => void)[] = [];

  constructor(path = '/ws', headers: Record<string, string> = ANN) {
    this.socket = new WebSocket(`${url}${path}`, { headers });
    sockets.push(this);
    this.socket.on('message', (data) => {
      const message: Answer = JSON.parse(data.toString());
      const reader = this.readers.shift();
      if (reader === undefined) this.messages.push(message);
      else reader(message);
    });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.opened = new Promise((resolve) => {
      this.socket.on('error', () => {});
      this.socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
      this.socket.once('open', () => resolve(101));
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' || message instanceof Buffer ? message : JSON.stringify(message));
  }

  next(): Promise<Answer> {
    const message = this.messages.shift();
    return message === undefined ? new Promise((resolve) => this.readers.push(resolve)) : Promise.resolve(message);
  }

  ask(message: unknown): Promise<Answer> {
    this.send(message);
    return this.next();
  }
}

const openSocket = async (path?: string, headers?: Record<string, string>): Promise<Socket> => {
  const socket = new Socket(path, headers);
  expect(await socket.opened).toBe(101);
  return socket;
};

const openSession = async (headers?: Record<string, string>): Promise<Socket> => {
  const socket = await openSocket('/ws', headers);
  await socket.ask(INITIALIZE);
  socket.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return socket;
};

const untilAborted =
  (seen: (signal: AbortSignal) => void) =>
  (_: unknown, { signal }: CallContext<CallFrame>) =>
    new Promise<never>((_resolve, reject) => {
      seen(signal);
      signal.addEventListener('abort', () => reject(fail('bus.cancelled')));
    });

describe('the official WebSocket client', () => {
  const connect = async (capabilities = {}, path = '/ws'): Promise<Client> => {
    await rig.stop();
    // This client can send no header.
    await start({ AUTH_REQUIRED: 'false' });
    const client = new Client({ name: 'v1', version: '1' }, { capabilities });
    await client.connect(new WebSocketClientTransport(new URL(`${url}${path}`)));
    clients.push(client);
    return client;
  };

  it('the WebSocket client lists, calls, gets progress and is elicited', async () => {
    const client = await connect({ elicitation: {} });
    client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { name: 'Ann' } }));
    const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } };
    const inputRequests = { who: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema } } };
    rig.execute = async (_, context) => {
      await context.send({ kind: 'progress', progress: 1 });
      return context.body?.includes('inputResponses')
        ? new WithBody({ kind: 'result' }, JSON.stringify({ content: [{ type: 'text', text: context.body }] }))
        : new WithBody({ kind: 'input-required' }, JSON.stringify({ inputRequests, requestState: 's' }));
    };
    const onprogress = vi.fn();

    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo', 'slow']);
    const { content } = await client.callTool({ name: 'echo' }, undefined, { onprogress });

    expect((content as [{ text: string }])[0].text).toContain('"who":{"action":"accept","content":{"name":"Ann"}}');
    expect(onprogress).toHaveBeenCalledWith({ progress: 1 });
  });

  it('the WebSocket client is notified when a list has changed', async () => {
    const client = await connect();
    const heard = vi.fn();
    client.setNotificationHandler(ToolListChangedNotificationSchema, heard);
    rig.catalogs.set(null, catalogOf({ revision: 2, tools: [tool('another')] }));
    rig.registry.publish(CatalogChanged, { revision: 2, lists: ['tools'], serverIds: [], upstreamIds: ['u1'] });
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
  });

  it('the WebSocket client reaches one virtual server under its own path', async () => {
    const client = await connect({}, '/servers/mine/ws');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['own']);
  });
});

describe('a socket', () => {
  it('a WebSocket carries a session and requests without one side by side', async () => {
    const socket = await openSession();
    const answers = [await socket.ask(modern('tools/call', { name: 'echo' }, 'm')), await socket.ask(callOf(1))];
    expect(answers).toMatchObject([
      { id: 'm', result: { resultType: 'complete' } },
      { id: 1, result: { content: [{ type: 'text' }] } },
    ]);
    expect(answers[1].result).not.toHaveProperty('resultType');
  });

  it('a WebSocket notifies of changes without a session when subscribed, until that is cancelled', async () => {
    const socket = await openSocket();
    const listen = modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, 'l');
    expect(await socket.ask(listen)).toMatchObject({ method: 'notifications/subscriptions/acknowledged' });
    rig.catalogs.set(null, catalogOf({ revision: 2, tools: [tool('another')] }));
    rig.registry.publish(CatalogChanged, { revision: 2, lists: ['tools'], serverIds: [], upstreamIds: ['u1'] });
    expect(await socket.next()).toMatchObject({
      method: 'notifications/tools/list_changed',
      params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'l' } },
    });
    socket.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'l' } });
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    expect(await socket.ask(modern('tools/list', { _meta: meta }))).toMatchObject({
      id: 1,
      result: { tools: [{ name: 'another' }] },
    });
  });

  it('a WebSocket answers with an error and goes on when a frame is no message', async () => {
    const socket = await openSocket();
    expect(await socket.ask('{')).toMatchObject({ error: { code: -32700 } });
    expect(await socket.ask('{"jsonrpc":"2.0","id":null,"method":"ping"}')).toMatchObject({ error: { code: -32600 } });
    expect(await socket.ask(`${'['.repeat(70)}${']'.repeat(70)}`)).toMatchObject({ error: { code: -32600 } });
    expect(await socket.ask(callOf(5))).toMatchObject({ id: 5, error: { message: 'initialize comes first' } });
    expect(await socket.ask(INITIALIZE)).toMatchObject({ id: 0, result: { protocolVersion: '2025-11-25' } });
  });

  it('a WebSocket is closed when a frame is binary or over the limit', async () => {
    const binary = await openSocket();
    binary.send(Buffer.from('{}'));
    expect(await binary.closed).toBe(1003);
    const large = await openSocket();
    large.send(`"${'x'.repeat(2_000_000)}"`);
    expect(await large.closed).toBe(1009);
  });

  it('a WebSocket refuses a call when it has too many in hand, and answers the rest', async () => {
    const socket = await openSession();
    const releases: (() => void)[] = [];
    rig.execute = async () => {
      await new Promise<void>((resolve) => releases.push(resolve));
      return new WithBody({ kind: 'result' }, '{"content":[]}');
    };
    for (let id = 1; id <= 11; id++) socket.send(callOf(id));
    expect(await socket.next()).toMatchObject({ id: 11, error: { code: 4503 } });
    await vi.waitFor(() => expect(releases).toHaveLength(10));
    for (const release of releases) release();
    const ids = [];
    for (let count = 0; count < 10; count++) ids.push((await socket.next()).id);
    expect(ids.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('a WebSocket answers its own call when another has a call of the same id', async () => {
    const [ann, bob] = [await openSession(ANN), await openSession(BOB)];
    rig.execute = async (call) =>
      new WithBody({ kind: 'result' }, JSON.stringify({ content: [{ type: 'text', text: call.principal.id }] }));
    const answers = await Promise.all([ann.ask(callOf(1)), bob.ask(callOf(1))]);
    expect(answers.map(({ result }) => result.content[0].text)).toEqual(['ann@x', 'bob@x']);
  });

  it('a WebSocket holds its upstream back and loses nothing when its client does not read', async () => {
    const socket = await openSession();
    let sent = 0;
    rig.execute = async (_, context) => {
      for (; sent < 100; sent++) await context.send({ kind: 'log', level: 'error', data: 'x'.repeat(100_000) });
      return new WithBody({ kind: 'result' }, '{"content":[]}');
    };
    socket.socket.pause();
    socket.send(callOf(1));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sent).toBeLessThan(100);
    socket.socket.resume();
    let logged = 0;
    for (let message = await socket.next(); message.id !== 1; message = await socket.next()) logged++;
    expect(logged).toBe(100);
  });

  it('a WebSocket cancels a call when notified, and all of them when it closes', async () => {
    const socket = await openSession();
    const signals: AbortSignal[] = [];
    rig.execute = untilAborted((signal) => signals.push(signal));
    socket.send(callOf(1));
    socket.send(callOf(2));
    await vi.waitFor(() => expect(signals).toHaveLength(2));
    socket.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await vi.waitFor(() => expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]));

    socket.socket.close();

    await vi.waitFor(() => expect(signals[1]?.aborted).toBe(true));
    await vi.waitFor(async () => expect(await rig.cache.increment('ingress:sessions-of:ann@x', 1_000, 0)).toBe(0));
  });

  it('a WebSocket is pinged when it is idle', async () => {
    await rig.stop();
    await start({ SSE_KEEPALIVE_INTERVAL: '1' });
    const socket = await openSocket();
    await new Promise<void>((resolve) => socket.socket.on('ping', () => resolve()));
  });

  it('a WebSocket is closed when its credential is revoked, and when the gateway stops', async () => {
    const [ann, bob] = [await openSession(ANN), await openSession(BOB)];
    rig.tokens.delete('ann');
    rig.auth.publish(CredentialRevoked, { tokenId: 'jti-ann@x' });
    expect(await ann.closed).toBe(1008);

    rig.execute = async () => new WithBody({ kind: 'result' }, '{"content":[]}');
    bob.send(callOf(1));
    await vi.waitFor(() => expect(rig.calls).toHaveLength(1));
    await rig.stopStreams();
    expect(await bob.next()).toMatchObject({ id: 1 });
    expect(await bob.closed).toBe(1001);
  });
});

describe('an upgrade', () => {
  const statusOf = (path: string, headers: Record<string, string>): Promise<number> => new Socket(path, headers).opened;

  it('an upgrade is refused when a stranger, a foreign page or an unknown host asks, and where there is nothing', async () => {
    expect(await statusOf('/ws', {})).toBe(401);
    expect(await statusOf('/ws', { authorization: 'Bearer nobody' })).toBe(401);
    expect(await statusOf('/ws?access_token=ann', {})).toBe(401);
    expect(await statusOf('/ws', { ...ANN, origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf('/ws', { ...ANN, host: 'evil.example' })).toBe(403);
    expect(await statusOf('/servers/other/ws', ANN)).toBe(404);
    expect(await statusOf('/mcp/ws', ANN)).toBe(404);
    expect(await statusOf('/ws', ANN)).toBe(101);
  });

  it('an upgrade is refused when the caller has too many streams open', async () => {
    const [socket] = [await openSocket(), await openSocket()];
    expect(await statusOf('/ws', ANN)).toBe(503);
    expect(await statusOf('/ws', BOB)).toBe(101);
    socket.socket.close();
    await vi.waitFor(async () => expect(await statusOf('/ws', ANN)).toBe(101));
  });

  it('an upgrade is demanded when a request to /ws has none', async () => {
    const plain = await fetch(`${url.replace('ws:', 'http:')}/ws`, { headers: ANN });
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  it.each([
    ['to another protocol', 'Upgrade: h2c\r\nHTTP2-Settings: AAA', '426'],
    ['without a key', 'Upgrade: websocket', '400'],
    [
      'of an old version',
      'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 7',
      '400',
    ],
    [
      'and junk',
      'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13',
      '101',
    ],
  ])('an upgrade is answered or refused with the right status when it comes %s', async (_, headers, status) => {
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ann\r\nConnection: Upgrade\r\n${headers}\r\n\r\n\xff\xff\xffjunk`,
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    // The gateway lives.
    expect(await statusOf('/ws', ANN)).toBe(101);
  });
});
