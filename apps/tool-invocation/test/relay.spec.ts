import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { givenInvocation, type Invocation } from './invocation.js';
import {
  event,
  json,
  openStream,
  type RawUpstream,
  result,
  rpcError,
  startRawLegacy,
  startRawModern,
} from './raw-upstream.js';
import { startLegacyServer, startModernServer, type TestServer } from './sdk-servers.js';

let invocation: Invocation;
let modern: TestServer;
let legacy: Awaited<ReturnType<typeof startLegacyServer>>;
const raw: { close(): Promise<void> }[] = [];
const given = async <S extends RawUpstream>(starting: Promise<S>): Promise<S> => {
  const server = await starting;
  raw.push(server);
  return server;
};

beforeAll(async () => {
  [invocation, modern, legacy] = await Promise.all([givenInvocation(), startModernServer(), startLegacyServer()]);
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(async () => {
  await invocation.close();
  await Promise.all([modern.close(), legacy.close()]);
});

const bothEras = () =>
  [
    ['2026-07-28', modern],
    ['2025-11-25', legacy],
  ] as const;
const text = (body: string | undefined): string => JSON.parse(body as string).content[0].text;

describe('what is relayed', () => {
  it('progress and log messages arrive in order when they come before the result', async () => {
    for (const [, server] of bothEras()) {
      const { frames, body } = await invocation.call(
        invocation.profile({ url: server.url }),
        'slow',
        {},
        { wantsProgress: true, logLevel: 'info' },
      );

      expect(text(body)).toBe('done');
      expect(
        frames
          .filter(({ kind }) => kind === 'progress')
          .map((frame) => 'progress' in frame && frame.progress)
          .at(-1),
      ).toBe(3);
      expect(frames.filter(({ kind }) => kind === 'log')).toHaveLength(3);
    }
  });

  it('an upstream is asked for neither progress nor log messages when the client wants none', async () => {
    for (const [, server] of bothEras()) {
      const { frames } = await invocation.call(invocation.profile({ url: server.url }), 'slow');

      expect(frames).toEqual([]);
    }
  });

  it('a failed tool is no failed call when the upstream answers with either', async () => {
    const upstream = invocation.profile({ url: modern.url });
    const failed = invocation.routed(upstream, 'fails');
    const unknown = invocation.routed(upstream, 'no-such-tool');

    const first = await invocation.call(upstream, 'fails', {}, failed);
    const second = await invocation.call(upstream, 'no-such-tool', {}, unknown);

    expect(JSON.parse(first.body as string)).toMatchObject({ isError: true });
    expect(second.answer).toMatchObject({ kind: 'error', error: { code: -32602 } });
    expect(await invocation.record(failed.callId)).toMatchObject({ outcome: 'tool_error' });
    expect(await invocation.record(unknown.callId)).toMatchObject({ outcome: 'error', errorCode: '-32602' });
  });

  it('resources are read and prompts got when a client asks for them', async () => {
    for (const [, server] of bothEras()) {
      const upstream = invocation.profile({ url: server.url });

      const resource = await invocation.call(
        upstream,
        'test://note',
        {},
        { method: 'resources/read', body: '{"uri":"test://note"}' },
      );
      const prompt = await invocation.call(
        upstream,
        'greet',
        {},
        { method: 'prompts/get', body: '{"name":"greet","arguments":{"name":"Ada"}}' },
      );

      expect(JSON.parse(resource.body as string).contents[0].text).toBe('a note');
      expect(JSON.parse(prompt.body as string).messages[0].content.text).toBe('Hello Ada');
    }
  });

  it('a missing resource has the error of 2026-07-28 when the upstream is of either era', async () => {
    for (const [, server] of bothEras()) {
      const { answer } = await invocation.call(
        invocation.profile({ url: server.url }),
        'test://none',
        {},
        { method: 'resources/read', body: '{"uri":"test://none"}' },
      );

      expect(answer).toMatchObject({ kind: 'error', error: { code: -32602, data: { uri: 'test://none' } } });
    }
  });

  it('numbers, key order and unknown members are kept when they pass in either direction', async () => {
    const upstream = await given(
      startRawModern((request, res) =>
        json(
          res,
          `{"jsonrpc":"2.0","id":${request.id},"result":{"resultType":"complete","z":9007199254740993,"content":[],"a":1.10}}`,
        ),
      ),
    );
    const body = '{"name":"t","arguments":{"z":9007199254740993,"a":1.10}}';

    const { body: answer } = await invocation.call(invocation.profile({ url: upstream.url }), 't', {}, { body });

    expect(upstream.requests.at(-1)?.body).toContain('"arguments":{"z":9007199254740993,"a":1.10}');
    expect(answer).toBe('{"z":9007199254740993,"content":[],"a":1.10}');
  });

  it('a long result keeps its bytes, without a secret that it repeats, when it comes as JSON, as an event or as a line', async () => {
    const secret = 'Bearer 0123456789';
    const inside = `"content":[{"type":"text","text":"${'☃'.repeat(30_000)}"}] ,"n":[9007199254740993, 1.10]`;
    const message = (id: number, more: string): string =>
      `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete",${inside}${more},"_meta":{"a/b":"é"}}}`;
    const overHttp = await given(
      startRawModern((request, res) => {
        if (request.params['name'] === 'json') return json(res, message(request.id, ''));
        openStream(res);
        const more = request.params['name'] === 'repeats' ? ',"said":"0123456789"' : '';
        return res.end(event(message(request.id, more)));
      }),
    );
    const piped = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line);
      const sent = ${message.toString()};
      const said = (result) => JSON.stringify({ jsonrpc: '2.0', id, result });
      if (method === 'server/discover')
        console.log(said({ resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private' }));
      else console.log(sent(id, ''));
    });
    const inside = ${JSON.stringify(inside)};`;
    const http = invocation.profile({ url: overHttp.url });
    invocation.credentials.set(http.id, { headers: { authorization: secret } });
    const upstreams = [
      [http, 'json', ''],
      [http, 'event', ''],
      [http, 'repeats', ',"said":"[redacted]"'],
      [invocation.profile({ transport: 'STDIO', command: process.execPath, args: ['-e', piped] }), 'line', ''],
    ] as const;
    for (const [upstream, name, more] of upstreams) {
      const { answer, body } = await invocation.call(upstream, name);

      expect(answer).toEqual({ kind: 'result', meta: { 'a/b': 'é' } });
      expect([name, body === `{${inside}${more}}`]).toEqual([name, true]);
    }
  });

  it('a request gets a fresh envelope when it goes to the upstream, and vendor metadata passes', async () => {
    const upstream = await given(
      startRawModern((request, res) =>
        json(
          res,
          result(request.id, {
            resultType: 'complete',
            content: [],
            ttlMs: 10,
            cacheScope: 'private',
            _meta: { 'acme/x': 1, 'io.modelcontextprotocol/serverInfo': { name: 'raw' } },
          }),
        ),
      ),
    );
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;

    const { answer } = await invocation.call(
      invocation.profile({ url: upstream.url }),
      't',
      {},
      {
        client: { info: { name: 'them' }, capabilities: { elicitation: {} }, revision: '2026-07-28' },
        logLevel: 'notice',
        meta: { 'acme/y': 2 },
      },
    );
    const { params } = JSON.parse(upstream.requests.at(-1)?.body as string);

    expect(params._meta).toMatchObject({
      'acme/y': 2,
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
      'io.modelcontextprotocol/clientInfo': { name: 'switchyard' },
      'io.modelcontextprotocol/logLevel': 'notice',
    });
    expect(params._meta.traceparent).toMatch(/^00-/);
    expect(params._meta.traceparent).not.toBe(traceparent);
    expect(upstream.requests.at(-1)?.headers.traceparent).toBe(params._meta.traceparent);
    expect(answer).toEqual({ kind: 'result', meta: { 'acme/x': 1 }, ttlMs: 10, cacheScope: 'private' });
  });

  it('parameters are mirrored into headers when the schema says so, and the schema is fetched anew when the upstream misses one', async () => {
    const upstream = await given(
      startRawModern((request, res, req) => {
        if (request.method === 'tools/list') {
          return json(
            res,
            result(request.id, {
              resultType: 'complete',
              tools: [
                {
                  name: 't',
                  inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
                },
              ],
            }),
          );
        }
        if (req.headers['mcp-param-region'] === undefined)
          return json(res, rpcError(request.id, -32020, 'Mcp-Param-Region is missing'), 400);
        return json(
          res,
          result(request.id, {
            resultType: 'complete',
            content: [{ type: 'text', text: String(req.headers['mcp-param-region']) }],
          }),
        );
      }),
    );
    const profile = invocation.profile({ url: upstream.url });

    const known = await invocation.call(
      profile,
      't',
      { region: 'ü' },
      { headerParams: [{ header: 'Region', path: ['region'], type: 'string' }] },
    );
    const learnt = await invocation.call(profile, 't', { region: 'eu' });

    expect(text(known.body)).toBe('=?base64?w7w=?=');
    expect(text(learnt.body)).toBe('eu');
    expect(invocation.listChanges).toContainEqual(expect.objectContaining({ upstreamId: profile.id, list: 'tools' }));
  });

  it('a client is told of a missing capability, and of no header error when that is about our own request', async () => {
    const missing = await given(
      startRawModern((request, res) =>
        json(res, rpcError(request.id, -32021, 'needs sampling', { requiredCapabilities: { sampling: {} } }), 400),
      ),
    );
    const mismatch = await given(
      startRawModern((request, res) =>
        json(
          res,
          request.method === 'tools/list'
            ? result(request.id, { tools: [] })
            : rpcError(request.id, -32020, 'mismatch'),
          request.method === 'tools/list' ? 200 : 400,
        ),
      ),
    );

    const { answer } = await invocation.call(invocation.profile({ url: missing.url }), 't');

    expect(answer).toEqual({
      kind: 'error',
      error: { code: -32021, message: 'needs sampling', data: { requiredCapabilities: { sampling: {} } } },
    });
    await expect(invocation.call(invocation.profile({ url: mismatch.url }), 't')).rejects.toMatchObject({
      code: 'upstream.invalid_answer',
      executed: 'no',
    });
  });

  it('a credential is shown to the upstream alone when the upstream sends it back', async () => {
    const upstream = await given(
      startRawModern((request, res, req) =>
        json(
          res,
          result(request.id, {
            resultType: 'complete',
            content: [{ type: 'text', text: `you sent ${req.headers.authorization}` }],
          }),
        ),
      ),
    );
    const profile = invocation.profile({ url: upstream.url });
    invocation.credentials.set(profile.id, { headers: { Authorization: 'Bearer sekrit-token-value' } });

    const { body } = await invocation.call(profile, 't');

    expect(upstream.requests.at(-1)?.headers.authorization).toBe('Bearer sekrit-token-value');
    expect(body).not.toContain('sekrit');
  });
});

describe('sessions at upstreams', () => {
  it('a call is repeated in a new session when the upstream has forgotten the old one', async () => {
    const upstream = invocation.profile({ url: legacy.url, id: 'forgetful' });
    await invocation.call(upstream, 'echo', { text: 'before' });
    const before = legacy.sessions.size;

    legacy.forget();
    const { body } = await invocation.call(upstream, 'echo', { text: 'after' });

    expect(text(body)).toBe('after');
    expect(legacy.sessions.size).toBe(before + 1);
  });

  it('a call is repeated in a new session when the upstream answers 400 to the old one', async () => {
    let refuse = true;
    const upstream = await given(
      startRawLegacy((request, res) => {
        if (!refuse) return json(res, result(request.id, { content: [{ type: 'text', text: 'fine' }] }));
        refuse = false;
        return json(res, rpcError(null, -32000, 'Bad Request: No valid session ID provided'), 400);
      }),
    );

    const { body } = await invocation.call(invocation.profile({ url: upstream.url }), 't');

    expect(text(body)).toBe('fine');
    expect(upstream.known.size).toBe(2);
  });

  it('a call fails when the upstream forgets the new session as well', async () => {
    const upstream = await given(
      startRawLegacy((_request, res) => json(res, rpcError(null, -32001, 'Session not found'), 404)),
    );

    await expect(invocation.call(invocation.profile({ url: upstream.url }), 't')).rejects.toMatchObject({
      code: 'upstream.session_lost',
      executed: 'no',
    });
    expect(upstream.known.size).toBe(2);
  });

  it('a legacy upstream is called when it keeps no sessions', async () => {
    const upstream = await given(
      startRawLegacy(
        (request, res) => json(res, result(request.id, { content: [{ type: 'text', text: 'stateless' }] })),
        { sessions: false },
      ),
    );

    expect(text((await invocation.call(invocation.profile({ url: upstream.url }), 't')).body)).toBe('stateless');
    expect(upstream.requests.at(-1)?.headers['mcp-protocol-version']).toBe('2025-11-25');
  });

  it('a session is shared between principals when they cannot be asked, and never when they can', async () => {
    const upstream = await given(startRawLegacy((request, res) => json(res, result(request.id, { content: [] }))));
    const profile = invocation.profile({ url: upstream.url });
    const call = (id: string, capabilities: object) =>
      invocation.call(
        profile,
        't',
        {},
        {
          principal: { id, tokenId: null },
          client: { info: null, capabilities: capabilities as Record<string, unknown>, revision: '2026-07-28' },
        },
      );

    await Promise.all([call('ada', {}), call('bob', {})]);
    expect(upstream.known.size).toBe(1);
    await Promise.all([call('ada', { elicitation: {} }), call('bob', { elicitation: {} })]);
    await call('ada', { elicitation: { form: {} } });

    expect(upstream.known.size).toBe(3);
    const declared = upstream.requests
      .filter(({ body }) => body.includes('"initialize"'))
      .map(({ body }) => JSON.parse(body).params.capabilities);
    expect(declared).toEqual([{}, { elicitation: { form: {} } }, { elicitation: { form: {} } }]);
  });

  it('an answer is fetched with Last-Event-ID when the upstream closes the stream and says so', async () => {
    let pending: number | undefined;
    const upstream = await given(
      startRawLegacy(
        (request, res) => {
          pending = request.id;
          openStream(res);
          res.write(event('', 'e1'));
          res.end('retry: 20\n\n');
        },
        {
          onGet: (req, res) => {
            if (req.headers['last-event-id'] !== 'e1') return json(res, '', 405);
            openStream(res);
            res.end(event(result(pending, { content: [{ type: 'text', text: 'resumed' }] }), 'e2'));
          },
        },
      ),
    );

    const { body, frames } = await invocation.call(invocation.profile({ url: upstream.url }), 't');
    expect(text(body)).toBe('resumed');
    expect(upstream.executions).toBe(1);
    expect(frames).toEqual([{ kind: 'later', afterMs: 20 }]);
  });

  it('an answer is fetched for as long as the upstream says when, and only a few times when it does not', async () => {
    const polls = (said: string) => {
      let [pending, gets] = [0, 0];
      const answering = (request: { id: number }, res: ServerResponse) => {
        pending = request.id;
        openStream(res);
        res.end(`retry: 1\n${event('', 'e1')}`);
      };
      const onGet = (req: IncomingMessage, res: ServerResponse) => {
        if (req.headers['last-event-id'] !== 'e1') return json(res, '', 405);
        openStream(res);
        const answer = event(result(pending, { content: [{ type: 'text', text: 'after all' }] }), 'e2');
        res.end(++gets > 7 ? answer : said);
      };
      return given(startRawLegacy(answering, { onGet }));
    };
    const [polled, broken] = await Promise.all([polls(`retry: 1\n${event('', 'e1')}`), polls('')]);

    expect(text((await invocation.call(invocation.profile({ url: polled.url }), 't')).body)).toBe('after all');
    await expect(invocation.call(invocation.profile({ url: broken.url }), 't')).rejects.toMatchObject({
      code: 'upstream.closed',
      executed: 'unknown',
    });
  });

  it('the log level is set once when several callers want log messages: to the lowest, and filtered for the others', async () => {
    const upstream = await given(
      startRawLegacy(
        (request, res) => {
          if (request.method === 'logging/setLevel') return json(res, result(request.id, {}));
          openStream(res);
          for (const level of ['debug', 'error'])
            res.write(
              event(
                JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level, data: level } }),
              ),
            );
          res.end(event(result(request.id, { content: [] })));
        },
        { capabilities: { tools: {}, logging: {} } },
      ),
    );
    const profile = invocation.profile({ url: upstream.url });

    const all = await invocation.call(profile, 't', {}, { logLevel: 'debug' });
    const some = await invocation.call(profile, 't', {}, { logLevel: 'warning' });
    const none = await invocation.call(profile, 't');

    expect([all, some, none].map(({ frames }) => frames.length)).toEqual([2, 1, 0]);
    expect(upstream.requests.filter(({ body }) => body.includes('logging/setLevel'))).toHaveLength(1);
  });

  it('an error code becomes an internal error when it was reserved after the revision of the upstream', async () => {
    const upstream = await given(
      startRawLegacy((request, res) => json(res, rpcError(request.id, -32020, 'my own meaning'))),
    );

    const { answer } = await invocation.call(invocation.profile({ url: upstream.url }), 't');

    expect(answer).toEqual({ kind: 'error', error: { code: -32603, message: 'my own meaning' } });
  });

  it('sessions are deleted at the upstream when the service stops', async () => {
    const own = await givenInvocation();
    const upstream = await given(startRawLegacy((request, res) => json(res, result(request.id, { content: [] }))));
    await own.call(own.profile({ url: upstream.url }), 't');

    await own.close();

    expect(upstream.ended).toEqual(['session-1']);
  });
});

describe('cancellation at the upstream', () => {
  const cancelled = async (start: (until: Promise<void>, seen: () => void) => Promise<RawUpstream>) => {
    let release = () => {};
    let seen = () => {};
    const arrived = new Promise<void>((resolve) => (seen = resolve));
    const upstream = await given(start(new Promise((resolve) => (release = resolve)), () => seen()));
    const abort = new AbortController();
    const calling = invocation.call(invocation.profile({ url: upstream.url }), 't', {}, { signal: abort.signal });
    await arrived;
    abort.abort();
    await expect(calling).rejects.toMatchObject({ code: 'bus.cancelled' });
    release();
    return upstream;
  };

  it('the stream is closed when a call to a 2026-07-28 upstream is cancelled', async () => {
    let closed = () => {};
    const noticed = new Promise<void>((resolve) => (closed = resolve));

    await cancelled((_until, seen) =>
      startRawModern((_request, res) => {
        openStream(res);
        res.write(': working\n\n');
        res.on('close', closed);
        seen();
      }),
    );

    await expect(noticed).resolves.toBeUndefined();
  });

  it('a notification names the request when a call to a session upstream is cancelled', async () => {
    let id: number | undefined;
    const upstream = await cancelled((_until, seen) =>
      startRawLegacy((request) => {
        id = request.id;
        seen();
      }),
    );

    await expect
      .poll(() => upstream.requests.map(({ body }) => body).find((body) => body.includes('notifications/cancelled')))
      .toBeDefined();
    const told = JSON.parse(
      upstream.requests.find(({ body }) => body.includes('notifications/cancelled'))?.body as string,
    );
    expect(told.params.requestId).toBe(id);
  });
});

describe('changes of lists', () => {
  it('changes of one list are published at most once a second when the upstream announces many', async () => {
    const upstream = invocation.profile({ url: legacy.url });
    await invocation.discover(upstream);
    // The sessions of tests before may end and begin meanwhile.
    const announce = () => {
      for (const server of legacy.sessions.values()) server.sendToolListChanged();
    };
    const told = () => invocation.listChanges.filter(({ upstreamId }) => upstreamId === upstream.id).length;
    // What is announced before the stream stands is heard by nobody.
    const whenItStands = () => {
      announce();
      return told();
    };
    await expect.poll(whenItStands).toBeGreaterThanOrEqual(1);
    for (let change = 0; change < 50; change++) announce();
    await expect.poll(told).toBeGreaterThanOrEqual(2);

    const times = invocation.listChanges.filter(({ upstreamId }) => upstreamId === upstream.id).map(({ atMs }) => atMs);
    const pausesMs = times.slice(1).map((ms, at) => ms - (times[at] ?? 0));
    expect(Math.min(...pausesMs)).toBeGreaterThan(900);
  });
});
