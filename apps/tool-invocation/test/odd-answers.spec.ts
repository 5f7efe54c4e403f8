import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { givenInvocation, type Invocation } from './invocation.js';
import {
  type Answering,
  event,
  json,
  openStream,
  result,
  rpcError,
  startRawLegacy,
  startRawModern,
} from './raw-upstream.js';
import { serve } from './sdk-servers.js';

const BYTES_MAX = 100_000;

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation({ UPSTREAM_RESULT_BYTES_MAX: String(BYTES_MAX) });
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const ok = { resultType: 'complete', content: [{ type: 'text', text: 'fine' }] };
const callOf = async (answering: Answering, start = startRawModern) => {
  const upstream = await start(answering);
  raw.push(upstream);
  return invocation.call(invocation.profile({ url: upstream.url }), 'odd');
};
const textOf = ({ body }: { body: string | undefined }): string => JSON.parse(body as string).content[0].text;

describe('a compressed answer', () => {
  const encoders = {
    gzip: gzipSync,
    'x-gzip': gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
    zstd: zstdCompressSync,
    identity: (plain: Buffer) => plain,
  };
  const cases = [...Object.entries(encoders), ['deflate', deflateRawSync] as const];

  it.each(cases)('a compressed answer is read as JSON when it is encoded with %s', async (encoding, encode) => {
    const called = await callOf((request, res, req) => {
      expect(req.headers['accept-encoding']).toBe('gzip, deflate, br, zstd');
      res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding });
      res.end(encode(Buffer.from(result(request.id, ok))));
    });
    expect(textOf(called)).toBe('fine');
  });

  it.each(cases)('a compressed answer is read as a stream when it is encoded with %s', async (encoding, encode) => {
    const called = await callOf((request, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding });
      res.end(encode(Buffer.from(event(result(request.id, ok)))));
    });
    expect(textOf(called)).toBe('fine');
  });

  it('a compressed answer is read event by event, before the stream ends', async () => {
    const open: ServerResponse[] = [];
    const called = await callOf((request, res) => {
      open.push(res);
      res.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(res);
      gzip.write(event(result(request.id, ok)));
      gzip.flush();
    });
    expect(textOf(called)).toBe('fine');
    expect(open[0]?.writableEnded).toBe(false);
  });

  it.each(Object.entries(encoders))(
    'a compressed answer is refused as too large when it is more than it seems, with %s',
    async (encoding, encode) => {
      const bomb = result(1, { content: [{ type: 'text', text: 'x'.repeat(BYTES_MAX * 20) }] });
      for (const type of ['application/json', 'text/event-stream']) {
        const called = callOf((_request, res) => {
          res.writeHead(200, { 'content-type': type, 'content-encoding': encoding });
          res.end(encode(Buffer.from(type === 'application/json' ? bomb : event(bomb))));
        });
        await expect(called).rejects.toMatchObject({ code: 'upstream.too_large', executed: 'unknown' });
      }
    },
  );

  it.each([
    ['compress', Buffer.from('x')],
    ['deflate, gzip', Buffer.from('x')],
    ['gzip', Buffer.from('this is not gzip')],
  ])('is refused when it is encoded with %s and cannot be decoded', async (encoding, bytes) => {
    const called = callOf((_request, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding });
      res.end(bytes);
    });
    await expect(called).rejects.toMatchObject({ code: 'upstream.invalid_answer', executed: 'unknown' });
  });

  it('a compressed answer tells the reason of a refusal when it is compressed', async () => {
    const { answer } = await callOf((request, res) => {
      res.writeHead(400, { 'content-type': 'application/json', 'content-encoding': 'br' });
      res.end(brotliCompressSync(rpcError(request.id, -32602, 'No such thing')));
    });
    expect(answer).toMatchObject({ kind: 'error', error: { code: -32602, message: 'No such thing' } });
  });
});

/** What comes before the answer on its stream, and is none. */
const STRAYS: [string, string][] = [
  ['a notification whose params are a list', '{"jsonrpc":"2.0","method":"notifications/progress","params":[]}'],
  ['a notification whose params are text', '{"jsonrpc":"2.0","method":"notifications/message","params":"x"}'],
  ['a number', '17'],
  ['a word', '"ping"'],
  ['null', 'null'],
  ['true', 'true'],
  ['text', 'still here'],
  ['half a message', '{"jsonrpc":'],
  ['a message of another protocol', '{"jsonrpc":"1.0","id":99,"result":{}}'],
  ['a message without anything', '{}'],
  ['an empty list', '[]'],
  ['the answer to something else', '{"jsonrpc":"2.0","id":"other","result":{}}'],
  ['an answer that is none to something else', '{"jsonrpc":"2.0","id":99,"result":7}'],
  ['a notification that MCP does not define', '{"jsonrpc":"2.0","method":"acme/tick","params":{}}'],
  [
    'a notification with an id that is null',
    '{"jsonrpc":"2.0","id":null,"method":"notifications/progress","params":null}',
  ],
];

describe('a message on the stream of a call', () => {
  it.each(STRAYS)('a message on the stream of a call costs no answer when it is %s', async (_title, stray) => {
    for (const start of [startRawModern, startRawLegacy]) {
      const called = await callOf(
        (request, res) => {
          openStream(res);
          res.end(event(stray) + event(result(request.id, ok)) + event(stray));
        },
        start as typeof startRawModern,
      );
      expect(textOf(called)).toBe('fine');
    }
  });

  it('a message on the stream of a call costs no answer beside it in a batch', async () => {
    const called = await callOf((request, res) => {
      openStream(res);
      res.end(event(`[7,${STRAYS.at(0)?.[1]},${result(request.id, ok)}]`));
    });
    expect(textOf(called)).toBe('fine');
  });

  it('a message on the stream of a call is told as what was wrong when it was to be the answer', async () => {
    const called = callOf((request, res) => {
      openStream(res);
      res.write(event(`{"jsonrpc":"2.0","id":${request.id},"result":[]}`));
    });
    await expect(called).rejects.toMatchObject({ code: 'upstream.invalid_answer', executed: 'unknown' });
  });

  it('a message on the stream of a call is told as what was wrong when nothing else comes', async () => {
    const called = callOf((_request, res) => {
      openStream(res);
      res.end(event('still here'));
    });
    await expect(called).rejects.toMatchObject({
      code: 'upstream.invalid_answer',
      message: expect.stringContaining('not JSON'),
    });
  });
});

describe('an answer that bends JSON-RPC', () => {
  const cases: [string, (id: number) => string][] = [
    [
      'an error that is null beside its result',
      (id) => JSON.stringify({ jsonrpc: '2.0', id, result: ok, error: null }),
    ],
    ['its id as text', (id) => result(String(id), ok)],
    ['the mark of a file before it', (id) => `\uFEFF${result(id, ok)}`],
    ['members that are null', (id) => result(id, { ...ok, isError: null, _meta: null, ttlMs: null, resultType: null })],
    [
      'members of its own beside it',
      (id) => JSON.stringify({ jsonrpc: '2.0', id, result: ok, time: 7, method2: null }),
    ],
  ];

  it.each(cases)(
    'an answer that bends JSON-RPC is taken with %s, as JSON and on a stream',
    async (_title, answerOf) => {
      const asJson = await callOf((request, res) => json(res, answerOf(request.id)));
      const asStream = await callOf((request, res) => {
        openStream(res);
        res.end(event(answerOf(request.id)));
      });
      for (const called of [asJson, asStream]) {
        expect(textOf(called)).toBe('fine');
        expect(called.body).not.toContain('null');
      }
    },
  );
});

describe('what MCP leaves open', () => {
  const legacyCall = async (answering: Answering, options: Parameters<Invocation['call']>[3] = {}) => {
    const upstream = await startRawLegacy(answering);
    raw.push(upstream);
    return invocation.call(invocation.profile({ url: upstream.url }), 'odd', {}, options);
  };

  it.each([
    ['before 2026-07-28', legacyCall],
    ['of 2026-07-28', callOf],
  ])('the error -32002 of a tool stays what it is when the upstream is %s', async (_title, call) => {
    const { answer } = await call((request, res) =>
      json(res, rpcError(request.id, -32002, 'no such branch', { of: 1 })),
    );
    expect(answer).toEqual({ kind: 'error', error: { code: -32002, message: 'no such branch', data: { of: 1 } } });
  });

  it.each<[string, (res: ServerResponse) => unknown]>([
    ...[400, 404, 405, 500].map((status): [string, (res: ServerResponse) => unknown] => [
      `HTTP ${status}`,
      (res) => json(res, rpcError(null, -32600, 'no'), status),
    ]),
    ['silence', () => undefined],
    ['a broken connection', (res) => res.destroy()],
    [
      'a stream that stays open',
      (res) => {
        openStream(res);
        res.write(': here\n\n');
      },
    ],
  ])('a session is used all the same when notifications/initialized is answered with %s', async (_title, accept) => {
    const server = await serve((req, res, body) => {
      const { id, method } = (body ?? {}) as { id?: number; method?: string };
      if (req.method !== 'POST') return json(res, '', 405);
      if (id === undefined) return accept(res);
      const about = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: {} };
      if (method === 'initialize') return json(res, result(id, about), 200, { 'mcp-session-id': 'one' });
      if (method === 'server/discover') return json(res, rpcError(id, -32601, 'no'));
      return json(res, result(id, ok));
    });
    raw.push(server);
    const profile = invocation.profile({ url: server.url, timeoutMs: 8_000 });
    expect(textOf(await invocation.call(profile, 'odd'))).toBe('fine');
  });

  it.each([
    ['before 2026-07-28', startRawLegacy],
    ['of 2026-07-28', startRawModern],
  ] as const)('a notification of its own passes with the call when the upstream is %s', async (_title, start) => {
    const sent = [
      { method: 'notifications/vendor/stage', params: { stage: 'two', _meta: { secret: 'hop' } } },
      { method: 'notifications/tools/list_changed' },
      { method: 'notifications/cancelled', params: { requestId: 1 } },
      { method: 'vendor/no-notification', params: {} },
      { method: 'notifications/large', params: { text: 'x'.repeat(300_000) } },
      { method: 'notifications/bare' },
    ];
    const upstream = await (start as typeof startRawModern)((request, res) => {
      openStream(res);
      for (const message of sent) res.write(event(JSON.stringify({ jsonrpc: '2.0', ...message })));
      res.end(event(result(request.id, ok)));
    });
    raw.push(upstream);
    const own = await givenInvocation();
    try {
      const { frames } = await own.call(own.profile({ url: upstream.url }), 'odd');
      expect(frames).toEqual([
        { kind: 'notification', method: 'notifications/vendor/stage', params: { stage: 'two' } },
        { kind: 'notification', method: 'notifications/bare', params: {} },
      ]);
    } finally {
      await own.close();
    }
  });
});
