import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type OutgoingHttpHeaders, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WithBody } from '#libs/bus';
import {
  CheckUpstream,
  GreetUpstream,
  ResolveGrpcApi,
  ResolveHttpTool,
  type UpstreamProfile,
  WatchUpstream,
} from '#libs/contracts';
import { shopDescriptorSet } from '#libs/testing';
import { HTTP_TOOL } from './http-tool.js';
import { givenInvocation, type Invocation } from './invocation.js';
import { event, json, openStream, result, rpcError } from './raw-upstream.js';
import { serve } from './sdk-servers.js';

let invocation: Invocation;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation();
  invocation.bus.answer(ResolveHttpTool, async () => HTTP_TOOL);
  const paths = { t: '/shop.v1.Shop/GetItem' };
  const descriptors = shopDescriptorSet().toString('base64');
  invocation.bus.answer(ResolveGrpcApi, async () => new WithBody({ paths, protoFieldNames: false }, descriptors));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

type Refusing = (res: ServerResponse, id: unknown) => unknown;

const REFUSALS: [string, Refusing][] = [
  ['nothing', (res) => res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()],
  ['a JSON-RPC error', (res, id) => json(res, rpcError(id, -32001, 'Unauthorized: the token has expired'), 401)],
  ['a JSON-RPC error of no request', (res) => json(res, rpcError(null, -32000, 'Unauthorized'), 401)],
  ['an object', (res) => json(res, { error: 'invalid_token' }, 401)],
  ['what has no end', (res) => res.writeHead(401).write('{')],
  ['what is no text', (res) => res.writeHead(401).end(Buffer.alloc(64, 0xff))],
  ['more than is read', (res) => res.writeHead(401).end(Buffer.alloc(200_000, 'x'))],
  ['what breaks off', (res) => res.writeHead(401, { 'content-length': '100' }).write('{', () => res.destroy())],
  ['what is said to be compressed', (res) => res.writeHead(401, { 'content-encoding': 'gzip' }).end('no gzip')],
];

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly _meta?: object };
  readonly result?: unknown;
}

const KINDS = ['modern', 'legacy', 'sse', 'api'] as const;
type Kind = (typeof KINDS)[number];

const TRANSPORTS = { modern: 'STREAMABLEHTTP', legacy: 'STREAMABLEHTTP', sse: 'SSE', api: 'REST' } as const;

/** An upstream that lets in whoever shows the token of the day. `revoke`: from then on that is another one. */
const startGuarded = async (kind: Kind, refuse: Refusing) => {
  const streams: ServerResponse[] = [];
  const answered: unknown[] = [];
  const shown: string[] = [];
  let day = 1;
  let asking = { id: 0, res: undefined as ServerResponse | undefined };
  const good = () => `token-${day}`;

  const tell = (message: Message, res: ServerResponse, url: string): void => {
    const { id, method, params } = message;
    const stream = kind === 'sse' ? streams[Number(url.split('=')[1])] : undefined;
    const give = (value: object): void => {
      const text = result(id, kind === 'modern' ? { resultType: 'complete', ...value } : value);
      if (stream === undefined) return json(res, text, 200, method === 'initialize' ? { 'mcp-session-id': 's' } : {});
      res.writeHead(202).end();
      stream.write(event(text));
    };
    const about = { capabilities: { tools: { listChanged: true }, resources: { subscribe: true } } };
    if (method === 'server/discover' && kind === 'modern')
      return give({ supportedVersions: ['2026-07-28'], ttlMs: 0, cacheScope: 'private', ...about });
    if (method === 'initialize' && kind !== 'modern')
      return give({ protocolVersion: '2025-11-25', serverInfo: { name: 'x', version: '1' }, ...about });
    if (method === 'tools/list') return give({ tools: [{ name: 't', inputSchema: { type: 'object' } }] });
    if (method?.endsWith('/list')) return give({ [`${method.split('/')[0]}`]: [], resourceTemplates: [] });
    if (method === 'tools/call' && params?.name === 'ask') {
      openStream(res);
      asking = { id: id as number, res };
      const params = { message: 'sure?', requestedSchema: { type: 'object', properties: {} } };
      return void res.write(event(JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params })));
    }
    if (method === 'tools/call') return give({ content: [{ type: 'text', text: 'hello' }] });
    if (method === 'ping' || method === 'resources/subscribe') return give({});
    if (id !== undefined && method !== undefined) return json(res, rpcError(id, -32601, 'Method not found'), 404);
    if (method === undefined) {
      answered.push(message.result);
      asking.res?.end(event(result(asking.id, { content: [{ type: 'text', text: 'asked' }] })));
    }
    return void res.writeHead(202).end();
  };

  const guard = (req: IncomingMessage, res: ServerResponse, body: unknown): unknown => {
    const [, token = ''] = (req.headers.authorization ?? '').split(' ');
    shown.push(token);
    if (token !== good()) return refuse(res, (body as Message | undefined)?.id ?? null);
    if (kind === 'api') return json(res, { said: 'hello' });
    if (req.method === 'DELETE') return json(res, '');
    if (req.method !== 'GET') return tell(body as Message, res, req.url ?? '');
    if (kind === 'modern') return json(res, '', 405);
    openStream(res);
    const endpoint = `event: endpoint\ndata: /mcp?stream=${streams.push(res) - 1}\n\n`;
    return res.write(kind === 'sse' ? endpoint : ': open\n\n');
  };
  const server = await serve(guard, kind === 'api' ? '' : '/mcp');
  open.push(server);

  const profile = invocation.profile({ url: server.url, transport: TRANSPORTS[kind] });
  let current = good();
  invocation.tokens.set(profile.id, (refused) => {
    if (refused === current) current = good();
    return current;
  });
  const revoke = () => void day++;
  return { profile, streams, answered, shown, revoke, requests: server.requests };
};

const EMPTY_MESSAGE = Buffer.alloc(5);

/** A gRPC server that lets in whoever shows `token-2`. `refusal`: the headers of its other answers. */
const startGuardedGrpc = async (refusal: OutgoingHttpHeaders) => {
  const shown: (string | undefined)[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, { authorization }) => {
    stream.resume();
    shown.push(authorization);
    if (authorization !== 'Bearer token-2') return stream.respond(refusal, { endStream: true });
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    return stream.end(EMPTY_MESSAGE);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => void server.close(resolve));
  };
  open.push({ close });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { profile: invocation.profile({ url, transport: 'GRPC' }), shown };
};

const textOf = ({ body }: { body: string | undefined }): unknown => JSON.parse(body ?? '').content[0].text;
const call = async (profile: UpstreamProfile): Promise<unknown> => textOf(await invocation.call(profile, 't'));

/** What an upstream is asked, and what comes of it where it is let in. */
const WORK: [string, readonly Kind[], (profile: UpstreamProfile) => Promise<unknown>, unknown][] = [
  ['a call', KINDS, call, expect.stringContaining('hello')],
  [
    'a look-over',
    ['modern', 'legacy', 'sse'],
    (profile) => invocation.discover(profile),
    expect.objectContaining({ tools: [expect.objectContaining({ name: 't' })] }),
  ],
  [
    'a health check',
    ['modern', 'legacy', 'sse'],
    async ({ id }) => (await invocation.bus.ask(CheckUpstream, { upstreamId: id, timeoutMs: 60_000 })).head,
    { answered: true },
  ],
  [
    'a handshake for its own sake',
    ['modern', 'legacy', 'sse'],
    async ({ id }) => (await invocation.bus.ask(GreetUpstream, { upstreamId: id })).head,
    expect.objectContaining({ hasCredential: true }),
  ],
];

const CASES = WORK.flatMap(([work, kinds, run, outcome]) =>
  kinds.flatMap((kind) =>
    REFUSALS.slice(0, 2).map(([how, refuse]) => [work, kind, how, refuse, run, outcome] as const),
  ),
);

describe('an access token that the upstream refuses', () => {
  it.each(CASES)(
    'a refused token is replaced within %s (%s) when 401 says %s',
    async (_work, kind, _how, refuse, run, outcome) => {
      const upstream = await startGuarded(kind, refuse);
      expect(await call(upstream.profile)).toMatch('hello');
      upstream.revoke();

      expect(await run(upstream.profile)).toEqual(outcome);
      expect(await call(upstream.profile)).toMatch('hello');
    },
  );

  it.each(REFUSALS)(
    'a call fails as unauthorised when every token is refused, and 401 says %s',
    async (_how, refuse) => {
      const { profile, shown } = await startGuarded('legacy', refuse);
      invocation.tokens.set(profile.id, (refused) => `${refused ?? ''}.`);

      await expect(call(profile)).rejects.toMatchObject({ code: 'upstream.unauthorised', executed: 'no' });
      expect(shown).toEqual(['.', '..']);
    },
  );

  it.each<[string, OutgoingHttpHeaders]>([
    ['says UNAUTHENTICATED', { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16' }],
    ['answers with HTTP 401', { ':status': 401 }],
  ])('a refused token is replaced within a call when a gRPC server %s', async (_, refusal) => {
    const { profile, shown } = await startGuardedGrpc(refusal);
    invocation.tokens.set(profile.id, (refused) => (refused === undefined ? 'token-1' : 'token-2'));

    const { answer, body } = await invocation.call(profile, 't');
    expect(answer.kind).toBe('result');
    expect(JSON.parse(body ?? '')).toMatchObject({ isError: false });
    expect(shown).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('a call is not sent again when it was cancelled while its token was renewed', async () => {
    const { profile, revoke, requests } = await startGuarded('sse', REFUSALS[0]?.[1] as Refusing);
    await call(profile);
    const renewal = Promise.withResolvers<string>();
    const known = invocation.tokens.get(profile.id);
    let isAsked = false;
    invocation.tokens.set(profile.id, (refused) => {
      isAsked ||= refused !== undefined;
      return refused === undefined ? (known?.(undefined) as string) : renewal.promise;
    });
    revoke();

    const stop = new AbortController();
    const called = invocation.call(profile, 't', {}, { signal: stop.signal }).catch(({ code }) => code);
    await expect.poll(() => isAsked).toBe(true);
    stop.abort();
    expect(await called).toBe('bus.cancelled');
    await expect.poll(() => requests.at(-1)?.body).toContain('notifications/cancelled');
    renewal.resolve('token-2');
    expect(await call(profile)).toBe('hello');
    const calls = requests.filter(({ body }) => body.includes('"tools/call"'));
    expect(calls.filter(({ headers }) => headers.authorization === 'Bearer token-2')).toHaveLength(1);
  });

  it('calls at once share one new token when the one they showed is refused', async () => {
    const { profile, revoke, shown } = await startGuarded('modern', REFUSALS[0]?.[1] as Refusing);
    await call(profile);
    let asked = 0;
    const next = invocation.tokens.get(profile.id);
    invocation.tokens.set(profile.id, (refused) => {
      asked += refused === undefined ? 0 : 1;
      return next?.(refused) as string;
    });
    revoke();

    const texts = await Promise.all(Array.from({ length: 20 }, () => call(profile)));
    expect(texts).toEqual(Array.from({ length: 20 }, () => 'hello'));
    expect(asked).toBe(1);
    expect(shown.filter((token) => token === 'token-2')).toHaveLength(20);
  });

  it.each(REFUSALS.slice(0, 2))(
    'the stream of a session is opened again when its token was refused, and 401 says %s',
    async (_how, refuse) => {
      const { profile, streams, revoke } = await startGuarded('legacy', refuse);
      const stop = new AbortController();
      const watching = { upstreamId: profile.id, principalId: 'ada@example.com', uris: ['test://a'] };
      const heard: unknown[] = [];
      const ended = invocation.bus
        .ask(WatchUpstream, watching, { signal: stop.signal, onFrame: ({ head }) => void heard.push(head) })
        .catch(({ code }) => code);
      await expect.poll(() => streams.length).toBeGreaterThan(0);
      const before = streams.length;
      revoke();
      for (const stream of streams) stream.end();

      await expect.poll(() => streams.length).toBeGreaterThan(before);
      const params = { uri: 'test://a' };
      await expect
        .poll(() => {
          const told = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/resources/updated', params });
          streams.at(-1)?.write(event(told));
          return heard;
        })
        .toContainEqual({ kind: 'resource-updated', uri: 'test://a' });
      stop.abort();
      expect(await ended).toBe('bus.cancelled');
    },
  );

  it('the answer to a question reaches the upstream when the token is refused meanwhile', async () => {
    const { profile, revoke, answered } = await startGuarded('legacy', REFUSALS[1]?.[1] as Refusing);
    await call(profile);
    const client = { info: null, capabilities: { elicitation: { form: {} } }, revision: '2026-07-28' };
    const routed = invocation.routed(profile, 'ask', { client });
    expect((await invocation.call(profile, 'ask', {}, routed)).body).toContain('sure?');
    revoke();

    const done = await invocation.proceed(routed.callId, 1, { input_1: { action: 'accept' } });
    expect(textOf(done)).toBe('asked');
    expect(answered).toEqual([{ action: 'accept' }]);
  });
});
