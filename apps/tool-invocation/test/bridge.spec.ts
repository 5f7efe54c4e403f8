import { createRequire } from 'node:module';
import type { ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { givenInvocation, type Invocation } from './invocation.js';
import { event, json, openStream, result, rpcError, startRawLegacy } from './raw-upstream.js';
import { startModernServer } from './sdk-servers.js';

const everything = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');
const ALL = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };
const client = (capabilities: Record<string, unknown> = ALL) => ({ info: null, capabilities, revision: '2026-07-28' });

/** Before 2026-07-28, asked by requests while the call waits. */
const session = () => ({ ...client(), revision: '2025-11-25' });

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  invocation = await givenInvocation({ PARKED_CALLS_PER_PRINCIPAL: '3' });
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const ask = (id: unknown, method: string, params: object = {}) =>
  event(JSON.stringify({ jsonrpc: '2.0', id, method, params }));

/** An upstream that asks on the stream of the call and answers with what it was told. */
const startAsking = async (
  questions: readonly (readonly [string, object])[][],
  onGet?: (req: unknown, res: ServerResponse) => unknown,
) => {
  const streams = new Map<string, { res: ServerResponse; id: number; told: unknown[]; round: number; due: number }>();
  const put = (key: string) => {
    const open = streams.get(key);
    if (open === undefined) return;
    const round = questions[open.round];
    if (round === undefined) {
      open.res.end(event(result(open.id, { content: [{ type: 'text', text: JSON.stringify(open.told) }] })));
      return;
    }
    open.round++;
    open.due = round.length;
    round.forEach(([method, params], index) => open.res.write(ask(`${key}/${index}`, method, params)));
  };
  const upstream = await startRawLegacy(
    (request, res, req) => {
      const key = String(req.headers['mcp-session-id']) + request.id;
      if (request.method === 'tools/call') {
        openStream(res);
        streams.set(key, { res, id: request.id, told: [], round: 0, due: 0 });
        put(key);
        return;
      }
      const message = request as unknown as { id: string; result?: unknown; error?: unknown };
      const open = streams.get(message.id?.split('/')[0] ?? '');
      open?.told.push(message.result ?? message.error);
      if (open && --open.due === 0) put(message.id.split('/')[0] as string);
    },
    onGet && { onGet: onGet as never },
  );
  raw.push(upstream);
  return upstream;
};

const text = (body: string | undefined): string => JSON.parse(body as string).content[0].text;
const requests = (body: string | undefined): Record<string, { method: string; params: Record<string, unknown> }> =>
  JSON.parse(body as string).inputRequests;

describe('a session upstream that requests input', () => {
  it('a call is parked when the upstream requests input, and goes on with the answer', async () => {
    const upstream = await startAsking([
      [
        [
          'elicitation/create',
          { message: 'Who?', requestedSchema: { type: 'object', properties: {} }, _meta: { progressToken: 3 } },
        ],
      ],
    ]);
    const call = invocation.routed(invocation.profile({ url: upstream.url }), 't', { client: client() });

    const parked = await invocation.call(invocation.profile({ url: upstream.url, id: call.upstreamId }), 't', {}, call);
    expect(parked.answer).toEqual({ kind: 'input-required', parked: { round: 1 } });
    expect(requests(parked.body)).toEqual({
      input_1: {
        method: 'elicitation/create',
        params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
      },
    });
    const done = await invocation.proceed(call.callId, 1, { input_1: { action: 'accept', content: { name: 'Ada' } } });

    expect(done.answer).toEqual({ kind: 'result' });
    expect(JSON.parse(text(done.body))).toEqual([{ action: 'accept', content: { name: 'Ada' } }]);
    expect(upstream.executions).toBe(1);
    expect(await invocation.record(call.callId)).toMatchObject({ outcome: 'ok' });
  });

  it('a call collects the requests of a round when the upstream sends several, over several rounds', async () => {
    const upstream = await startAsking([
      [
        ['elicitation/create', { message: 'a' }],
        ['sampling/createMessage', { messages: [], maxTokens: 1 }],
        ['roots/list', {}],
      ],
      [['elicitation/create', { message: 'b' }]],
    ]);
    const profile = invocation.profile({ url: upstream.url });
    const call = invocation.routed(profile, 't', { client: client() });

    const first = await invocation.call(profile, 't', {}, call);
    expect(Object.values(requests(first.body)).map(({ method }) => method)).toEqual([
      'elicitation/create',
      'sampling/createMessage',
      'roots/list',
    ]);
    const second = await invocation.proceed(call.callId, 1, {
      input_1: { action: 'decline' },
      input_2: { role: 'assistant' },
      input_3: { roots: [] },
    });
    expect(second.answer).toEqual({ kind: 'input-required', parked: { round: 2 } });
    const done = await invocation.proceed(call.callId, 2, { input_4: { action: 'cancel' } });

    expect(JSON.parse(text(done.body))).toEqual([
      { action: 'decline' },
      { role: 'assistant' },
      { roots: [] },
      { action: 'cancel' },
    ]);
  });

  it('a parked call asks again when a request was left unanswered, and ignores answers to none', async () => {
    const upstream = await startAsking([
      [
        ['elicitation/create', { message: 'a' }],
        ['elicitation/create', { message: 'b' }],
      ],
    ]);
    const profile = invocation.profile({ url: upstream.url });
    const call = invocation.routed(profile, 't', { client: client() });
    await invocation.call(profile, 't', {}, call);

    const again = await invocation.proceed(call.callId, 1, { input_2: { action: 'decline' }, other: {} });
    expect(again.answer).toEqual({ kind: 'input-required', parked: { round: 2 } });
    expect(Object.keys(requests(again.body))).toEqual(['input_1']);
    const done = await invocation.proceed(call.callId, 2, { input_1: { action: 'accept' } });

    expect(JSON.parse(text(done.body))).toEqual([{ action: 'decline' }, { action: 'accept' }]);
  });

  it('a parked call refuses to go on when another principal asks for it, or its own a second time', async () => {
    const upstream = await startAsking([[['elicitation/create', { message: 'a' }]]]);
    const profile = invocation.profile({ url: upstream.url });
    const call = invocation.routed(profile, 't', { client: client() });
    await invocation.call(profile, 't', {}, call);
    const answers = { input_1: { action: 'accept' } };

    const refused = { code: 'mcp.state_invalid' };
    await expect(invocation.proceed(call.callId, 1, answers, { principalId: 'eve@example.com' })).rejects.toMatchObject(
      refused,
    );
    await expect(invocation.proceed(call.callId, 2, answers)).rejects.toMatchObject(refused);
    await expect(invocation.proceed(randomUUID(), 1, answers)).rejects.toMatchObject(refused);
    await expect(invocation.proceed(call.callId, 1, { input_1: 'yes' })).rejects.toMatchObject({
      code: 'mcp.params_invalid',
    });
    expect((await invocation.proceed(call.callId, 1, answers)).answer.kind).toBe('result');
    await expect(invocation.proceed(call.callId, 1, answers)).rejects.toMatchObject(refused);
  });

  it('the gateway refuses a request when the client did not declare it, or when its URL is unsafe', async () => {
    const upstream = await startAsking([
      [
        ['elicitation/create', { message: 'x', mode: 'url', url: 'javascript:alert(1)' }],
        ['sampling/createMessage', { tools: [] }],
        ['evil/method', {}],
      ],
    ]);
    const profile = invocation.profile({ url: upstream.url });

    const { answer, body } = await invocation.call(
      profile,
      't',
      {},
      { client: client({ elicitation: { url: {} }, sampling: {} }) },
    );

    expect(answer.kind).toBe('result');
    expect(JSON.parse(text(body)).map(({ code }: { code: number }) => code)).toEqual([-32602, -32602, -32601]);
  });

  it('the gateway answers a ping itself when an upstream sends one', async () => {
    const upstream = await startAsking([[['ping', {}]]]);

    const { body } = await invocation.call(invocation.profile({ url: upstream.url }), 't');

    expect(JSON.parse(text(body))).toEqual([{}]);
  });

  it('a request on the stream of a session goes to the call that has the session when others run', async () => {
    let stream: ServerResponse | undefined;
    const open: { id: number; res: ServerResponse; session: string }[] = [];
    const sessionStreams = new Map<string, ServerResponse>();
    const upstream = await startRawLegacy(
      (request, res, req) => {
        const message = request as unknown as { id: unknown; result?: unknown };
        if (request.method === undefined) {
          const asked = open.find(({ id }) => id === Number(String(message.id).slice(1)));
          asked?.res.end(
            event(result(asked.id, { content: [{ type: 'text', text: JSON.stringify(message.result) }] })),
          );
          return;
        }
        openStream(res);
        res.write(': working\n\n');
        open.push({ id: request.id, res, session: String(req.headers['mcp-session-id']) });
      },
      {
        onGet: (req, res) => {
          openStream(res);
          res.write(': open\n\n');
          stream = res;
          sessionStreams.set(String(req.headers['mcp-session-id']), res);
        },
      },
    );
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    const start = (id: string) => {
      const call = invocation.routed(profile, 't', { client: client(), principal: { id, tokenId: null } });
      return { call, answer: invocation.call(profile, 't', {}, call) };
    };
    const ada = start('ada@example.com');
    await expect.poll(() => open.length).toBe(1);
    const bob = start('bob@example.com');
    await expect.poll(() => open.length + sessionStreams.size).toBe(4);

    const adas = open[0] as (typeof open)[number];
    sessionStreams.get(adas.session)?.write(ask(`q${adas.id}`, 'elicitation/create', { message: 'Ada?' }));
    const parked = await ada.answer;

    expect(requests(parked.body).input_1?.params.message).toBe('Ada?');
    const done = await invocation.proceed(ada.call.callId, 1, { input_1: { action: 'accept' } });
    expect(JSON.parse(text(done.body))).toEqual({ action: 'accept' });
    const bobs = open[1] as (typeof open)[number];
    bobs.res.end(event(result(bobs.id, { content: [{ type: 'text', text: 'bob' }] })));
    expect(text((await bob.answer).body)).toBe('bob');
    expect(stream).toBeDefined();
  });

  it('a call is sent once the session stream is open when the upstream requests input on that stream alone', async () => {
    let stream: ServerResponse | undefined;
    let running: { id: number; res: ServerResponse } | undefined;
    const upstream = await startRawLegacy(
      (request, res) => {
        if (request.method === 'tools/call') {
          running = { id: request.id, res };
          openStream(res);
          // What is said to nobody is lost.
          stream?.write(ask('q', 'elicitation/create', { message: 'Who?' }));
          return;
        }
        const answer = JSON.stringify((request as unknown as { result: unknown }).result);
        running?.res.end(event(result(running.id, { content: [{ type: 'text', text: answer }] })));
      },
      {
        onGet: (_req, res) => {
          setTimeout(() => {
            openStream(res);
            res.write(': open\n\n');
            stream = res;
          }, 100);
        },
      },
    );
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    const call = invocation.routed(profile, 't', { client: client() });

    const parked = await invocation.call(profile, 't', {}, { ...call, timeoutMs: 60_000 });

    expect(requests(parked.body).input_1?.params.message).toBe('Who?');
    const done = await invocation.proceed(call.callId, 1, { input_1: { action: 'decline' } });
    expect(JSON.parse(text(done.body))).toEqual({ action: 'decline' });
  });

  it('a call is sent all the same when the session stream does not open', async () => {
    const upstream = await startRawLegacy((request, res) => json(res, result(request.id, { content: [] })), {
      onGet: () => {},
    });
    raw.push(upstream);
    const called = await invocation.call(invocation.profile({ url: upstream.url }), 't', {}, { timeoutMs: 60_000 });
    expect(called.answer).toEqual({ kind: 'result' });
  });

  it('a parked call keeps a bounded number of messages when the upstream sends them before the client answers', async () => {
    const upstream = await startRawLegacy((request, res) => {
      if (request.method !== 'tools/call') {
        stream?.end(event(result(callId, { content: [] })));
        return;
      }
      callId = request.id;
      const { progressToken } = request.params._meta as { progressToken: number };
      openStream(res);
      stream = res;
      res.write(ask('q', 'elicitation/create', { message: '?' }));
      setTimeout(() => {
        for (let progress = 1; progress <= 1_000; progress++) {
          res.write(
            event(
              JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress } }),
            ),
          );
        }
      }, 60);
    });
    let stream: ServerResponse | undefined;
    let callId = 0;
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    const call = invocation.routed(profile, 't', { client: client(), wantsProgress: true });
    await invocation.call(profile, 't', {}, call);
    await new Promise((resolve) => setTimeout(resolve, 200));

    const done = await invocation.proceed(call.callId, 1, { input_1: { action: 'accept' } });

    expect(done.frames.at(-1)).toEqual({ kind: 'progress', progress: 1_000 });
    expect(done.frames.length).toBeLessThan(300);
  });

  it('a call is refused input when its caller has as many parked calls as it may', async () => {
    const upstream = await startAsking([[['elicitation/create', { message: 'a' }]]]);
    const profile = invocation.profile({ url: upstream.url });
    const capped = { client: client(), principal: { id: 'greedy@example.com', tokenId: null } };
    await Promise.all([1, 2, 3].map(() => invocation.call(profile, 't', {}, capped)));

    await expect(invocation.call(profile, 't', {}, capped)).rejects.toMatchObject({ code: 'mcp.input_unavailable' });
    await expect
      .poll(() => upstream.requests.filter(({ body }) => body.includes('notifications/cancelled')).length)
      .toBe(1);
  });

  it('a parked call is cancelled at the upstream when its client never returns', async () => {
    const own = await givenInvocation({ PARKED_CALL_TTL: '1' });
    try {
      const upstream = await startAsking([[['elicitation/create', { message: 'a' }]]]);
      const profile = own.profile({ url: upstream.url });
      const call = own.routed(profile, 't', { client: client() });
      await own.call(profile, 't', {}, call);

      await expect
        .poll(() => upstream.requests.filter(({ body }) => body.includes('notifications/cancelled')).length)
        .toBe(1);

      expect(upstream.requests.some(({ body }) => body.includes('"error"'))).toBe(true);
      expect(await own.record(call.callId)).toMatchObject({ outcome: 'cancelled' });
      await expect(own.proceed(call.callId, 1, {})).rejects.toMatchObject({ code: 'mcp.state_invalid' });
    } finally {
      await own.close();
    }
  });

  it('a session upstream gets the error when its client refuses a request, and goes on', async () => {
    const upstream = await startAsking([
      [
        ['sampling/createMessage', { messages: [], maxTokens: 1 }],
        ['elicitation/create', { message: 'a' }],
      ],
    ]);
    const profile = invocation.profile({ url: upstream.url });
    const call = invocation.routed(profile, 't', { client: session() });
    await invocation.call(profile, 't', {}, call);

    const refusals = { input_1: { code: -1, message: 'User rejected sampling request' } };
    const done = await invocation.proceed(call.callId, 1, { input_2: { action: 'accept' } }, { refusals });

    expect(JSON.parse(text(done.body))).toEqual([refusals.input_1, { action: 'accept' }]);
    expect(upstream.executions).toBe(1);
  });

  it('a parked call of a session client is given up when its lease is', async () => {
    const upstream = await startAsking([[['elicitation/create', { message: 'a' }]]]);
    const profile = invocation.profile({ url: upstream.url });
    const isTold = (): boolean => upstream.requests.some(({ body }) => body.includes('notifications/cancelled'));
    const call = invocation.routed(profile, 't', { client: session() });
    await invocation.call(profile, 't', {}, call);
    const company = new AbortController();
    const leased = invocation.lease(call.callId, 1, company.signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isTold()).toBe(false);
    company.abort();

    expect(await leased).toBe('bus.cancelled');
    await expect.poll(isTold).toBe(true);
    expect(upstream.requests.some(({ body }) => body.includes('"error"'))).toBe(true);
    expect(await invocation.record(call.callId)).toMatchObject({ outcome: 'cancelled' });
    expect(await invocation.lease(call.callId, 1)).toBe('mcp.state_invalid');
  });

  it('a parked call of a session client is kept when it is leased, and only a moment when it is not', async () => {
    const upstream = await startAsking([[['elicitation/create', { message: 'a' }]]]);
    const profile = invocation.profile({ url: upstream.url });
    const [alone, leased] = [1, 2].map(() => invocation.routed(profile, 't', { client: session() }));
    if (alone === undefined || leased === undefined) return;
    await Promise.all([alone, leased].map((call) => invocation.call(profile, 't', {}, call)));
    const company = invocation.lease(leased.callId, 1);

    const outcome = () => invocation.records.get(alone.callId)?.outcome;
    await expect.poll(outcome).toBe('cancelled');
    await invocation.proceed(leased.callId, 1, { input_1: { action: 'accept' } });
    expect(await company).toEqual({ over: true });
  });

  /** Wants a URL visited first by whoever calls it less than `runs` times. */
  const startVisited = async (runs: number, url = 'https://example.com/x') => {
    const elicitations = [{ mode: 'url', elicitationId: 'e', url, message: 'Sign in' }];
    const upstream = await startRawLegacy((request, res) =>
      upstream.executions < runs
        ? json(res, rpcError(request.id, -32042, 'URL required', { elicitations }))
        : json(res, result(request.id, { content: [{ type: 'text', text: 'in' }] })),
    );
    raw.push(upstream);
    return { upstream, profile: invocation.profile({ url: upstream.url }), elicitations };
  };
  const MAY_BE_SENT = { elicitation: { url: {} } };

  it('a call is parked when the upstream answers "visit this URL first", and is repeated once when its client accepts', async () => {
    const { upstream, profile } = await startVisited(2);
    const call = invocation.routed(profile, 't', { client: client(MAY_BE_SENT) });
    const asked = await invocation.call(profile, 't', {}, call);
    expect(asked.answer).toEqual({ kind: 'input-required', parked: { round: 1 } });
    expect(Object.values(requests(asked.body))).toEqual([
      { method: 'elicitation/create', params: { mode: 'url', url: 'https://example.com/x', message: 'Sign in' } },
    ]);

    const startedAtMs = performance.now();
    expect(text((await invocation.proceed(call.callId, 1, { input_1: { action: 'accept' } })).body)).toBe('in');
    expect(performance.now()).toBeGreaterThan(startedAtMs + 3_000);
    expect(upstream.executions).toBe(2);
  });

  it('a call ends with the link when its client declines to visit the URL, or has visited it to no avail', async () => {
    const { upstream, profile, elicitations } = await startVisited(9);
    for (const [action, message, executions] of [
      ['decline', 'https://example.com/x has to be visited first, and was declined', 1],
      ['accept', 'https://example.com/x is still to be visited: call again when all is done there', 3],
    ] as const) {
      const call = invocation.routed(profile, 't', { client: client(MAY_BE_SENT) });
      await invocation.call(profile, 't', {}, call);
      const { answer } = await invocation.proceed(call.callId, 1, { input_1: { action } });
      expect(answer).toEqual({ kind: 'error', error: { code: -32042, message, data: { elicitations } } });
      expect(upstream.executions).toBe(executions);
    }
  });

  it('a client with a session gets "visit this URL first" as the upstream says it, unless the URL is one that nobody should open', async () => {
    const { profile, elicitations } = await startVisited(9);
    const error = { code: -32042, message: 'URL required', data: { elicitations } };
    expect((await invocation.call(profile, 't', {}, { client: session() })).answer).toEqual({ kind: 'error', error });

    const { profile: foul } = await startVisited(9, 'javascript:alert(1)');
    for (const its of [session(), client(MAY_BE_SENT)]) {
      const { answer } = await invocation.call(foul, 't', {}, { client: its });
      expect(answer).toEqual({ kind: 'error', error: { code: -32603, message: 'URL required' } });
    }
  });

  it('a call is parked over the pipes of a child process when the process requests input', async () => {
    const profile = invocation.profile({ transport: 'STDIO', command: process.execPath, args: [everything, 'stdio'] });
    const call = invocation.routed(profile, 'trigger-elicitation-request', { client: client() });

    let step = await invocation.call(profile, 'trigger-elicitation-request', {}, call);
    for (let round = 1; step.answer.kind === 'input-required'; round++) {
      const answers = Object.entries(requests(step.body)).map(([key, { method }]) => [
        key,
        method === 'roots/list'
          ? { roots: [] }
          : {
              action: 'accept',
              content: { name: 'Ada', check: true, email: 'a@b.c', firstLine: 'x', untitledSingleSelectEnum: 'Ross' },
            },
      ]);
      step = await invocation.proceed(call.callId, round, Object.fromEntries(answers));
    }

    expect(step.answer).toMatchObject({ kind: 'result' });
    expect(step.body).toContain('Ada');
  });
});

describe('a 2026-07-28 upstream that requires input', () => {
  it('the gateway passes requests and state on as they are when the upstream requires input, and brings both back in a new call', async () => {
    const modern = await startModernServer();
    raw.push(modern);
    const profile = invocation.profile({ url: modern.url });

    const first = await invocation.call(profile, 'asks', {}, { client: client() });
    const second = await invocation.call(
      profile,
      'asks',
      {},
      {
        client: client(),
        body: '{"name":"asks","arguments":{},"inputResponses":{"who":{"action":"accept","content":{"name":"Ada"}}}}',
      },
    );

    expect(first.answer).toEqual({ kind: 'input-required' });
    expect(requests(first.body).who?.method).toBe('elicitation/create');
    expect(text(second.body)).toBe('Hello Ada');
  });
});
