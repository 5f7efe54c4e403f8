import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#libs/testing';
import { codeOf, opensAfterItsFailures } from './breaker.js';
import { givenInvocation, type Invocation } from './invocation.js';
import { event, json, openStream, type RawUpstream, result, startRawLegacy, startRawModern } from './raw-upstream.js';
import { serve } from './sdk-servers.js';

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];
const given = async <S extends { close(): Promise<void> }>(starting: Promise<S>): Promise<S> => {
  const server = await starting;
  raw.push(server);
  return server;
};

beforeAll(async () => {
  invocation = await givenInvocation({ UPSTREAM_RESULT_BYTES_MAX: '100000' });
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

/** Time enough that a call has been sent by then. */
const LATE_MS = 6_000;

const ok = { resultType: 'complete', content: [{ type: 'text', text: 'fine' }] };
const text = (body: string | undefined): string => JSON.parse(body as string).content[0].text;

describe('an invalid answer', () => {
  const cases: [string, Parameters<typeof startRawModern>[0], string][] = [
    ['is no JSON', (_request, res) => json(res, 'hello'), 'upstream.invalid_answer'],
    ['is empty', (_request, res) => json(res, ''), 'upstream.invalid_answer'],
    ['is HTML that claims to be JSON', (_request, res) => json(res, '<html>'), 'upstream.invalid_answer'],
    [
      'is a web page',
      (_request, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'upstream.invalid_answer',
    ],
    [
      'is not UTF-8',
      (_request, res) => {
        res.writeHead(200, { 'content-type': 'application/json' });
        res.end(Buffer.from([0x22, 0xff, 0xfe, 0x22]));
      },
      'upstream.invalid_answer',
    ],
    [
      'nests 5,000 deep',
      (request, res) =>
        json(res, `{"jsonrpc":"2.0","id":${request.id},"result":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`),
      'upstream.invalid_answer',
    ],
    ['has the wrong id', (request, res) => json(res, result(request.id + 1, ok)), 'upstream.invalid_answer'],
    [
      'has a result and an error',
      (request, res) =>
        json(res, JSON.stringify({ jsonrpc: '2.0', id: request.id, result: ok, error: { code: 1, message: '' } })),
      'upstream.invalid_answer',
    ],
    [
      'has an unknown resultType',
      (request, res) => json(res, result(request.id, { ...ok, resultType: 'surprise' })),
      'upstream.invalid_answer',
    ],
    [
      'asks what the client did not declare',
      (request, res) =>
        json(
          res,
          result(request.id, {
            resultType: 'input_required',
            inputRequests: { a: { method: 'sampling/createMessage', params: {} } },
          }),
        ),
      'upstream.invalid_answer',
    ],
    [
      'requires input and asks nothing',
      (request, res) => json(res, result(request.id, { resultType: 'input_required' })),
      'upstream.invalid_answer',
    ],
    [
      'has an endless state',
      (request, res) =>
        json(res, result(request.id, { resultType: 'input_required', requestState: 'x'.repeat(70_000) })),
      'upstream.invalid_answer',
    ],
    [
      'is too large by its own account',
      (_request, res) =>
        res.writeHead(200, { 'content-type': 'application/json', 'content-length': '10000000' }).write('{'),
      'upstream.too_large',
    ],
    ['is too large', (_request, res) => json(res, `{"a":"${'x'.repeat(200_000)}"}`), 'upstream.too_large'],
    [
      'is a line of the stream that is too large',
      (_request, res) => {
        openStream(res);
        res.write(`data: ${'x'.repeat(200_000)}`);
      },
      'upstream.too_large',
    ],
    [
      'is a gzip bomb',
      (_request, res) => {
        res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        res.end(gzipSync(Buffer.alloc(1_000_000)));
      },
      'upstream.too_large',
    ],
    [
      'is cut off',
      (_request, res) => {
        res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        res.write('{');
        setTimeout(() => res.destroy(), 20);
      },
      'upstream.closed',
    ],
    [
      'is a stream that ends',
      (_request, res) => {
        openStream(res);
        res.end(': bye\n\n');
      },
      'upstream.closed',
    ],
    [
      'is a redirect',
      (_request, res) => json(res, '', 307, { location: 'http://169.254.169.254/' }),
      'upstream.invalid_answer',
    ],
    [
      'is 401',
      (_request, res) => json(res, '', 401, { 'www-authenticate': `Bearer x="${'a'.repeat(5_000)}"` }),
      'upstream.unauthorised',
    ],
    ['is 500', (_request, res) => json(res, 'Internal Server Error', 500), 'upstream.unreachable'],
    [
      'is 20 KB of headers',
      (_request, res) => json(res, '{}', 200, { 'x-big': 'a'.repeat(20_000) }),
      'upstream.invalid_answer',
    ],
  ];

  it.each(cases)('a call fails with the code of the fault when its answer %s', async (_name, answering, code) => {
    const upstream = await given(startRawModern(answering));

    await expect(
      invocation.call(invocation.profile({ url: upstream.url }), 't', {}, { timeoutMs: 60_000 }),
    ).rejects.toMatchObject({ code });
  });

  it('a failure says that the call has not run when HTTP turned it away, and that it may have when the connection broke', async () => {
    const refused = await given(startRawModern((_request, res) => json(res, '', 401)));
    const broke = await given(startRawModern((_request, res) => res.destroy()));
    const call = (upstream: RawUpstream) => invocation.call(invocation.profile({ url: upstream.url }), 't');

    await expect(call(refused)).rejects.toMatchObject({ executed: 'no' });
    await expect(call(broke)).rejects.toMatchObject({ code: 'upstream.closed', executed: 'unknown' });
    expect(broke.executions).toBe(1);
  });

  it('a failure carries the wait when the upstream asks for one, and the call is not repeated', async () => {
    for (const [status, code] of [
      [429, 'upstream.busy'],
      [503, 'upstream.unreachable'],
    ] as const) {
      const upstream = await given(startRawModern((_request, res) => json(res, '', status, { 'retry-after': '7' })));

      await expect(invocation.call(invocation.profile({ url: upstream.url }), 't')).rejects.toMatchObject({
        code,
        data: { status, retryAfterMs: 7_000 },
      });
      expect(upstream.executions).toBe(1);
    }
  });
});

describe('a hostile stream', () => {
  it('a call takes the first right answer when its stream holds wrong ids, requests and a second answer', async () => {
    const upstream = await given(
      startRawModern((request, res) => {
        openStream(res);
        res.write(
          event('not json at all').replace('not json at all', '{"jsonrpc":"2.0","id":999999,"result":{"content":[]}}'),
        );
        res.write(event(JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage', params: {} })));
        res.write(event(result(request.id, ok)));
        res.write(event(result(request.id, { ...ok, content: [{ type: 'text', text: 'second' }] })));
        res.end(
          event(
            JSON.stringify({
              jsonrpc: '2.0',
              method: 'notifications/progress',
              params: { progressToken: request.id, progress: 1 },
            }),
          ),
        );
      }),
    );

    const { body, frames } = await invocation.call(
      invocation.profile({ url: upstream.url }),
      't',
      {},
      { wantsProgress: true },
    );

    expect(text(body)).toBe('fine');
    expect(frames).toEqual([]);
  });

  it('a stream cannot smuggle an event when a field of its JSON holds line ends', async () => {
    const upstream = await given(
      startRawModern((request, res) => {
        openStream(res);
        const message = '\n\nevent: message\ndata: {"jsonrpc":"2.0"}\n\n\u2028';
        res.write(
          event(
            JSON.stringify({
              jsonrpc: '2.0',
              method: 'notifications/progress',
              params: { progressToken: request.id, progress: 1, message },
            }),
          ),
        );
        res.end(event(result(request.id, ok)));
      }),
    );

    const { frames } = await invocation.call(
      invocation.profile({ url: upstream.url }),
      't',
      {},
      { wantsProgress: true },
    );

    expect(frames).toEqual([
      { kind: 'progress', progress: 1, message: '\n\nevent: message\ndata: {"jsonrpc":"2.0"}\n\n\u2028' },
    ]);
  });

  it('a call ends at its deadline when its stream makes progress for longer', async () => {
    let written = 0;
    const upstream = await given(
      startRawModern((request, res) => {
        openStream(res);
        const timer = setInterval(() => {
          res.write(
            event(
              JSON.stringify({
                jsonrpc: '2.0',
                method: 'notifications/progress',
                params: { progressToken: request.id, progress: ++written },
              }),
            ),
          );
        }, 5);
        res.on('close', () => clearInterval(timer));
      }),
    );
    const profile = invocation.profile({ url: upstream.url, timeoutMs: LATE_MS });

    const calling = invocation.call(profile, 't', {}, { wantsProgress: true });

    await expect(calling).rejects.toMatchObject({ code: 'upstream.timed_out', executed: 'unknown' });
  });

  it('a client gets progress once when the stream repeats it', async () => {
    const upstream = await given(
      startRawModern((request, res) => {
        openStream(res);
        for (const progress of [1, 1, 0, Number.NaN, 2, 2]) {
          res.write(
            event(
              JSON.stringify({
                jsonrpc: '2.0',
                method: 'notifications/progress',
                params: { progressToken: request.id, progress },
              }),
            ),
          );
        }
        setTimeout(() => res.end(event(result(request.id, ok))), 20);
      }),
    );

    const { frames } = await invocation.call(
      invocation.profile({ url: upstream.url }),
      't',
      {},
      { wantsProgress: true },
    );

    expect(frames.at(-1)).toMatchObject({ progress: 2 });
    expect(frames.length).toBeLessThanOrEqual(2);
  });

  it('a connection is given up when its stream stays open after the answer', async () => {
    let closed = () => {};
    const noticed = new Promise<void>((resolve) => (closed = resolve));
    const upstream = await given(
      startRawModern((request, res) => {
        openStream(res);
        res.write(event(result(request.id, ok)));
        res.on('close', closed);
      }),
    );

    expect(text((await invocation.call(invocation.profile({ url: upstream.url }), 't')).body)).toBe('fine');
    await noticed;
  });
});

describe('an upstream that hangs', () => {
  it.each<[string, Parameters<typeof startRawModern>[0]]>([
    ['before its headers', () => {}],
    [
      'in its body',
      (_request, res) => void res.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc"'),
    ],
    [
      'in its stream',
      (_request, res) => {
        openStream(res);
        res.write(': wait\n\n');
      },
    ],
  ])('a call ends at its deadline when the upstream hangs %s', async (_name, answering) => {
    const upstream = await given(startRawModern(answering));

    const calling = invocation.call(invocation.profile({ url: upstream.url, timeoutMs: LATE_MS }), 't');

    await expect(calling).rejects.toMatchObject({ code: 'upstream.timed_out', executed: 'unknown' });
  });
});

describe('a gateway that is held up', () => {
  it.each([
    ['count against no upstream when this process did not run while they waited', 2_000, 'upstream.timed_out'],
    ['count against the upstream when this process ran all the while', 0, 'upstream.breaker_open'],
  ])('calls that time out %s', async (_title, heldUpMs, code) => {
    // Takes every connection and never says a word.
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => sockets.add(socket.on('error', () => {})));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    raw.push({
      close: () => {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => server.close(() => resolve()));
      },
    });
    const { port } = server.address() as AddressInfo;
    const profile = invocation.profile({ url: `http://127.0.0.1:${port}/mcp`, timeoutMs: 500 });

    const afterLateCalls = async (): Promise<string> => {
      const calls = Promise.allSettled(Array.from({ length: 8 }, () => invocation.call(profile, 't')));
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (heldUpMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, heldUpMs);
      expect((await calls).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'));
      return codeOf(invocation.call(profile, 't'));
    };

    if (heldUpMs > 0) expect(await afterLateCalls()).toBe(code);
    // Calls during which the machine stood still do not count either.
    else await expect.poll(afterLateCalls).toBe(code);
  });
});

describe('an upstream that cannot be reached', () => {
  it('a call fails, and not by its deadline, when nobody listens, and the upstream is left alone after five failures', async () => {
    const profile = invocation.profile({ url: `http://127.0.0.1:${await freePort()}/mcp` });

    const failures = await opensAfterItsFailures(5, () => invocation.call(profile, 't'));

    const refusal = failures.pop();
    for (const failure of failures) expect(failure).toMatchObject({ code: 'upstream.unreachable', executed: 'no' });
    expect(refusal).toMatchObject({
      code: 'upstream.breaker_open',
      executed: 'no',
      data: { retryAfterMs: expect.any(Number) },
    });
  });

  it('a call fails as unreachable when the name of the upstream does not resolve', async () => {
    await expect(
      invocation.call(invocation.profile({ url: 'http://does-not-exist.invalid/mcp' }), 't'),
    ).rejects.toMatchObject({ code: 'upstream.unreachable', executed: 'no' });
  });

  it('a call fails when the upstream resets every connection', async () => {
    const server: Server = createServer((socket) => socket.resetAndDestroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    raw.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });

    const calling = invocation.call(
      invocation.profile({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` }),
      't',
    );

    await expect(calling).rejects.toMatchObject({ code: expect.stringMatching(/^upstream\.(closed|unreachable)$/) });
  });

  it('a call fails when the certificate of the upstream is not trusted', async () => {
    const upstream = await given(startRawModern((request, res) => json(res, result(request.id, ok))));

    await expect(
      invocation.call(invocation.profile({ url: upstream.url.replace('http:', 'https:') }), 't'),
    ).rejects.toMatchObject({ code: 'upstream.unreachable', executed: 'no' });
  });

  it('one call probes the upstream when it comes back, then all go through', async () => {
    const own = await givenInvocation({ MCP_SESSION_POOL_CIRCUIT_BREAKER_RESET: '5' });
    try {
      let well = false;
      const upstream = await given(
        startRawModern((request, res) => (well ? json(res, result(request.id, ok)) : res.destroy())),
      );
      const profile = own.profile({ url: upstream.url });
      await opensAfterItsFailures(5, () => own.call(profile, 't'));
      well = true;
      await new Promise((resolve) => setTimeout(resolve, 5_050));

      const answers = await Promise.allSettled([1, 2, 3].map(() => own.call(profile, 't')));

      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
      await expect(own.call(profile, 't')).resolves.toBeDefined();
    } finally {
      await own.close();
    }
  });

  it.each<[string, Parameters<typeof startRawModern>[0]]>([
    ['answers 503', (_request, res) => json(res, '', 503)],
    ['closes the connection', (_request, res) => res.destroy()],
    [
      'breaks its answer off',
      (_request, res) => {
        openStream(res);
        res.write(': begun\n\n');
        setTimeout(() => res.destroy(), 20);
      },
    ],
  ])(
    'a call is not repeated when the upstream %s after it got the call, though the budget would allow it',
    async (_name, breaking) => {
      const own = await givenInvocation({ RETRY_BASE_DELAY: '0.01' });
      try {
        let well = true;
        const upstream = await given(
          startRawModern((request, res, req) =>
            well ? json(res, result(request.id, ok)) : breaking(request, res, req),
          ),
        );
        const profile = own.profile({ url: upstream.url });
        for (let call = 0; call < 20; call++) await own.call(profile, 't');
        well = false;

        await expect(own.call(profile, 't')).rejects.toMatchObject({ executed: 'unknown' });

        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(upstream.executions).toBe(21);
      } finally {
        await own.close();
      }
    },
  );

  it('a call is tried again when the upstream restarts and nothing of the call was sent', async () => {
    const own = await givenInvocation({ RETRY_BASE_DELAY: '0.2' });
    try {
      const first = await startRawModern((request, res) => json(res, result(request.id, ok)));
      const profile = own.profile({ url: first.url });
      for (let call = 0; call < 20; call++) await own.call(profile, 't');
      await first.close();
      const calling = own.call(profile, 't');
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { createServer: createHttp } = await import('node:http');
      const again = createHttp((req, res) => {
        let body = '';
        req.on('data', (chunk) => (body += chunk));
        req.on('end', () => json(res, result(JSON.parse(body).id, ok)));
      });
      await new Promise<void>((resolve) => again.listen(first.port, '127.0.0.1', resolve));
      raw.push({
        close: () =>
          new Promise((resolve) => {
            again.closeAllConnections();
            again.close(() => resolve());
          }),
      });

      expect(text((await calling).body)).toBe('fine');
    } finally {
      await own.close();
    }
  });
});

describe('a hostile list', () => {
  const listing = (page: (cursor: string | undefined, count: number) => object) => {
    let count = 0;
    return given(
      startRawModern((request, res) =>
        json(
          res,
          result(request.id, {
            resultType: 'complete',
            ttlMs: 0,
            cacheScope: 'private',
            ...page(request.params.cursor as string | undefined, ++count),
          }),
        ),
      ),
    );
  };
  const tool = (name: string, properties: object = {}) => ({ name, inputSchema: { type: 'object', properties } });

  it('discovery reads a list to its end when a cursor is empty', async () => {
    const pages: Record<string, object> = {
      none: { tools: [tool('a')], nextCursor: '' },
      '': { tools: [tool('b')], nextCursor: 'z' },
      z: { tools: [tool('c')] },
    };
    const upstream = await listing((cursor) => pages[cursor ?? 'none'] as object);

    const found = await invocation.discover(invocation.profile({ url: upstream.url }));

    expect(found.tools.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('discovery keeps what was read when a list repeats itself', async () => {
    const circle = await listing((cursor) => ({ tools: [tool(cursor ?? 'first')], nextCursor: 'again' }));
    const forgetful = await listing(() => ({ tools: [tool('a')], nextCursor: '' }));
    const numbered = await listing(() => ({ tools: [tool('a')], nextCursor: 2 }));

    const found = await invocation.discover(invocation.profile({ url: circle.url }));
    expect(found.tools.map(({ name }) => name)).toEqual(['first', 'again']);
    expect(found.refused).toEqual([{ list: 'tools', name: '', reason: expect.stringContaining('repeats itself') }]);
    for (const { url } of [forgetful, numbered]) {
      const { tools, refused } = await invocation.discover(invocation.profile({ url }));
      expect(tools.map(({ name }) => name)).toEqual(['a']);
      expect(refused).toMatchObject([{ list: 'tools', reason: expect.stringContaining('ursor') }]);
    }
  });

  it('discovery keeps what was read when a list never ends', async () => {
    const endless = await listing((_cursor, count) => ({ tools: [tool(`t${count}`)], nextCursor: `page-${count}` }));

    const { tools, refused } = await invocation.discover(invocation.profile({ url: endless.url }));
    expect(tools).toHaveLength(100);
    expect(refused).toEqual([{ list: 'tools', name: '', reason: expect.stringContaining('the first 100 pages') }]);
  });

  it('discovery keeps what was read and tells that it is incomplete when a list breaks off', async () => {
    const broken = await listing((cursor) => (cursor === undefined ? { tools: [tool('a')], nextCursor: 'b' } : {}));

    const { tools, refused, incomplete } = await invocation.discover(invocation.profile({ url: broken.url }));
    expect(tools.map(({ name }) => name)).toEqual(['a']);
    expect(incomplete).toEqual(['tools']);
    expect(refused).toEqual([{ list: 'tools', name: '', reason: expect.stringContaining('page 2 was not to be had') }]);
  });

  it('discovery drops entries with the reason when they are illegal, and keeps the others byte for byte', async () => {
    const definition =
      '{"name":"good","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"Region"}}},"x-order":[3,2,1.0]}';
    const upstream = await given(
      startRawModern((request, res) =>
        json(
          res,
          `{"jsonrpc":"2.0","id":${request.id},"result":{"resultType":"complete","tools":[${definition},${[
            tool('number', { a: { type: 'number', 'x-mcp-header': 'A' } }),
            tool('good'),
            { inputSchema: { type: 'object' } },
            { name: 'schemaless' },
            null,
          ]
            .map((entry) => JSON.stringify(entry))
            .join(',')}],"ttlMs":0,"cacheScope":"private"}}`,
        ),
      ),
    );

    const found = await invocation.discover(invocation.profile({ url: upstream.url }));

    expect(found.tools).toEqual([
      { name: 'good', definition, headerParams: [{ header: 'Region', path: ['r'], type: 'string' }] },
      { name: 'schemaless', definition: '{"name":"schemaless","inputSchema":{"type":"object"}}', headerParams: [] },
    ]);
    expect(found.refused.map(({ name, reason }) => [name, reason])).toEqual([
      ['good', 'another has the same name'],
      ['', 'it has no name'],
      ['schemaless', 'offered, but it has no inputSchema: any arguments are taken'],
      ['', 'it has no name'],
      ['number', expect.stringContaining('not a string, integer or boolean')],
    ]);
  });
});

describe('what speaks no MCP', () => {
  it.each<[string, (status: number) => { status: number; body: string; type: string }, string]>([
    ['a web site', () => ({ status: 200, body: '<html>', type: 'text/html' }), 'upstream.not_mcp'],
    ['a missing page', () => ({ status: 404, body: 'Not Found', type: 'text/plain' }), 'upstream.not_mcp'],
    ['a JSON API', () => ({ status: 200, body: '{"hello":"world"}', type: 'application/json' }), 'upstream.not_mcp'],
    ['a locked door', () => ({ status: 401, body: '', type: 'text/plain' }), 'upstream.unauthorised'],
    ['a broken server', () => ({ status: 502, body: 'Bad Gateway', type: 'text/plain' }), 'upstream.unreachable'],
  ])('discovery fails with the code of the fault when the URL leads to %s', async (_name, answer, code) => {
    const { status, body, type } = answer(0);
    const site = await given(serve((_req, res) => res.writeHead(status, { 'content-type': type }).end(body)));
    const profile = invocation.profile({ url: site.url });

    await expect(invocation.discover(profile)).rejects.toMatchObject({ code });
    await expect(invocation.discover(profile, 'AUTO')).rejects.toMatchObject({ code });
  });

  it('a call succeeds when the upstream has changed its era', async () => {
    let era: 'modern' | 'legacy' = 'modern';
    const legacy = await given(
      startRawLegacy((request, res) => json(res, result(request.id, { content: [{ type: 'text', text: 'old' }] }))),
    );
    const front = await given(
      serve(async (req, res, body) => {
        const { id, method } = (body ?? {}) as { id: number; method: string };
        if (era === 'modern') {
          return json(
            res,
            result(
              id,
              method === 'server/discover'
                ? { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } }
                : ok,
            ),
          );
        }
        const answer = await fetch(legacy.url, {
          method: req.method ?? 'GET',
          headers: req.headers as Record<string, string>,
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const session = answer.headers.get('mcp-session-id');
        json(res, await answer.text(), answer.status, session === null ? {} : { 'mcp-session-id': session });
      }),
    );
    const profile = invocation.profile({ url: front.url });

    expect(text((await invocation.call(profile, 't')).body)).toBe('fine');
    era = 'legacy';
    expect(text((await invocation.call(profile, 't')).body)).toBe('old');
  });
});
