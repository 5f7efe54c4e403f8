import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WithBody } from '#libs/bus';
import { type CallAnswer } from '#libs/contracts';
import { flipped } from '#libs/testing';
import { JSON_HEADERS, Rig, eventsOf, modern, modernHeaders, nextMessage, openSession, post, user } from './rig.js';

let rig: Rig;
let first: string;
let second: string;

beforeEach(async () => {
  rig = new Rig();
  rig.tokens.set('ann', user('ann@x'));
  first = `${await rig.start()}/mcp`;
  second = `${await rig.start()}/mcp`;
});
afterEach(() => rig.stop());

const FORM = {
  method: 'elicitation/create',
  params: { message: 'Who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } },
};
const SAMPLE = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };

const asking = (inputRequests: object, more: object = {}, parked?: number): WithBody<CallAnswer> =>
  new WithBody(
    { kind: 'input-required', ...(parked !== undefined && { parked: { round: parked } }) },
    JSON.stringify({ inputRequests, ...more }),
  );
const done = (text: string): WithBody<CallAnswer> =>
  new WithBody({ kind: 'result' }, JSON.stringify({ content: [{ type: 'text', text }] }));

const toolCall = (id: number) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'echo', arguments: { a: 1 } },
});
const openCall = async (url: string, session: Record<string, string>) =>
  eventsOf(
    await fetch(url, { method: 'POST', headers: { ...JSON_HEADERS, ...session }, body: JSON.stringify(toolCall(1)) }),
  );

describe('a session client, asked by requests', () => {
  it('a call of a session is repeated upstream with the exact state when its client answers on another replica', async () => {
    rig.execute = async (_, { body }) => {
      const params = JSON.parse(body ?? '');
      if (params.inputResponses === undefined)
        return asking({ who: FORM, what: SAMPLE }, { requestState: 'st\u00e4te "1"' });
      return done(JSON.stringify(params));
    };
    const session = await openSession(first, { elicitation: {}, sampling: {} });
    const events = await openCall(first, session);
    const asks = [await nextMessage(events), await nextMessage(events)];
    expect(asks.map(({ method, params }) => ({ method, params }))).toEqual([FORM, SAMPLE]);

    for (const { id, method } of asks) {
      const result =
        method === FORM.method
          ? { action: 'accept', content: { name: 'Ann' } }
          : { role: 'assistant', model: 'm', content: { type: 'text', text: 'hi' } };
      expect((await post(second, { jsonrpc: '2.0', id, result }, session)).status).toBe(202);
    }

    const answer = await nextMessage(events);
    expect(JSON.parse(answer.result.content[0].text)).toEqual({
      name: 'up_echo',
      arguments: { a: 1 },
      inputResponses: {
        who: { action: 'accept', content: { name: 'Ann' } },
        what: { role: 'assistant', model: 'm', content: { type: 'text', text: 'hi' } },
      },
      requestState: 'st\u00e4te "1"',
    });
    expect(new Set(rig.calls.map(({ call }) => call.callId)).size).toBe(2);
  });

  it("a parked call goes on round by round when its session's client answers", async () => {
    rig.execute = async () => asking({ a: FORM }, {}, 1);
    const continued: unknown[] = [];
    rig.continue = async (request) => {
      continued.push(request);
      return request.round === 1 ? asking({ b: FORM }, {}, 2) : done('there');
    };
    const session = await openSession(first, { elicitation: {} });
    const events = await openCall(first, session);
    for (const name of ['one', 'two']) {
      const { id } = await nextMessage(events);
      await post(first, { jsonrpc: '2.0', id, result: { action: 'accept', content: { name } } }, session);
    }
    expect((await nextMessage(events)).result.content[0].text).toBe('there');
    const { callId } = rig.calls[0]?.call ?? { callId: '' };
    expect(continued).toEqual([
      {
        callId,
        round: 1,
        principalId: 'anonymous',
        inputResponses: { a: { action: 'accept', content: { name: 'one' } } },
        logLevel: 'info',
        wantsProgress: false,
      },
      {
        callId,
        round: 2,
        principalId: 'anonymous',
        inputResponses: { b: { action: 'accept', content: { name: 'two' } } },
        logLevel: 'info',
        wantsProgress: false,
      },
    ]);
  });

  it('a session gets an error instead of a question when its client cannot answer it', async () => {
    rig.execute = async () => asking({ a: SAMPLE });
    const session = await openSession(first, { elicitation: {} });
    const { json } = await post(first, toolCall(1), session);
    expect(json.error).toMatchObject({
      code: -32603,
      message: 'The tool needs sampling/createMessage, which this client cannot do',
    });
    const rpc = await post(first.replace('/mcp', '/rpc'), toolCall(1));
    expect(rpc.json.error.message).toContain('sampling/createMessage');
  });

  it('a session is not asked for a URL when its revision is 2025-06-18', async () => {
    rig.execute = async () =>
      asking({ a: { method: 'elicitation/create', params: { mode: 'url', url: 'https://x', message: 'm' } } });
    const old = await openSession(first, { elicitation: { form: {}, url: {} } }, '2025-06-18');
    expect((await post(first, toolCall(1), old)).json.error.message).toContain('elicitation/create');

    const session = await openSession(first, { elicitation: { form: {}, url: {} } });
    const ask = await nextMessage(await openCall(first, session));
    expect(ask.params).toMatchObject({ mode: 'url', elicitationId: ask.id });
  });

  it.each([
    ['accept', 3, 'call again when all is done there'],
    ['decline', 2, 'the client refused'],
  ])(
    'a session is sent to a URL once, and gets the link, when it says %s and is to be sent there again',
    async (action, calls, why) => {
      const params = { mode: 'url', url: 'https://x/y', message: 'm' };
      rig.execute = async () => asking({ a: { method: 'elicitation/create', params } });
      const session = await openSession(first, { elicitation: { url: {} } });
      const events = await openCall(first, session);
      const { id } = await nextMessage(events);
      await post(first, { jsonrpc: '2.0', id, result: { action } }, session);
      const { error } = await nextMessage(events);
      expect(error).toMatchObject({ code: -32603, message: `https://x/y has to be visited first: ${why}` });
      expect(error.data).toEqual({ elicitations: [params] });
      expect(rig.calls).toHaveLength(calls);
    },
  );

  it("a client's refusal cancels the elicitation when it was asked for one, and ends the call otherwise", async () => {
    rig.execute = async (_, { body }) =>
      body?.includes('inputResponses') ? done(body) : asking(body?.includes('"s"') ? { a: SAMPLE } : { a: FORM });
    const session = await openSession(first, { elicitation: {}, sampling: {} });
    const events = await openCall(first, session);
    const { id } = await nextMessage(events);
    await post(first, { jsonrpc: '2.0', id, error: { code: -1, message: 'no' } }, session);
    expect((await nextMessage(events)).result.content[0].text).toContain('{"a":{"action":"cancel"}}');
  });

  it("a client's refusal is passed on when the upstream waits for it", async () => {
    rig.execute = async () => asking({ a: SAMPLE, b: FORM }, {}, 1);
    let continued: unknown;
    rig.continue = async ({ inputResponses, refusals }) => {
      continued = { inputResponses, refusals };
      return done('without it');
    };
    const session = await openSession(first, { elicitation: {}, sampling: {} });
    const events = await openCall(first, session);
    const asks = [await nextMessage(events), await nextMessage(events)];
    for (const { id } of asks)
      await post(
        second,
        { jsonrpc: '2.0', id, error: { code: -1, message: 'User rejected sampling request' } },
        session,
      );
    expect((await nextMessage(events)).result.content[0].text).toBe('without it');
    expect(continued).toEqual({
      inputResponses: { b: { action: 'cancel' } },
      refusals: { a: { code: -1, message: 'User rejected sampling request' } },
    });
    expect(rig.leaseHolders).toMatchObject([{ round: 1, gone: false }]);
  });

  it('a call is not left waiting when its client cancels, ends its session or never answers', async () => {
    rig.execute = async () => asking({ a: FORM }, {}, 1);
    const session = await openSession(first, { elicitation: {} });
    const open = await openCall(first, session);
    await nextMessage(open);
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
    await post(second, cancelled, session);
    await expect.poll(() => rig.leaseHolders.map(({ gone }) => gone)).toEqual([true]);

    await nextMessage(await openCall(first, session));
    await fetch(second, { method: 'DELETE', headers: session });
    await expect.poll(() => rig.leaseHolders.map(({ gone }) => gone)).toEqual([true, true]);

    const impatient = new Rig({ INPUT_TIMEOUT: '1' });
    const url = `${await impatient.start()}/mcp`;
    impatient.execute = async () => asking({ a: FORM }, {}, 1);
    const events = await openCall(url, await openSession(url, { elicitation: {} }));
    await nextMessage(events);
    expect((await nextMessage(events)).error.message).toBe('The client did not answer in time');
    await expect.poll(() => impatient.leaseHolders.map(({ gone }) => gone)).toEqual([true]);
    await impatient.stop();
  });

  it('a client is not kept waiting when the call that asked it has ended', async () => {
    rig.execute = async () => asking({ a: FORM }, {}, 1);
    const session = await openSession(first, { elicitation: {} });
    const events = await openCall(first, session);
    const { id } = await nextMessage(events);
    await expect.poll(() => rig.leaseHolders.length).toBe(1);
    rig.leaseHolders[0]?.over();
    expect((await nextMessage(events)).error).toMatchObject({ message: 'The call has ended meanwhile' });
    expect((await post(first, { jsonrpc: '2.0', id, result: { action: 'accept' } }, session)).status).toBe(202);
  });

  it("a client's answer is dropped when another session was asked", async () => {
    rig.execute = async (_, { body }) => (body?.includes('inputResponses') ? done(body) : asking({ a: FORM }));
    const session = await openSession(first, { elicitation: {} });
    const other = await openSession(second, { elicitation: {} });
    const events = await openCall(first, session);
    const { id } = await nextMessage(events);
    for (const url of [first, second])
      await post(url, { jsonrpc: '2.0', id, result: { action: 'accept', content: { name: 'Mallory' } } }, other);
    await post(second, { jsonrpc: '2.0', id, result: { action: 'accept', content: { name: 'Ann' } } }, session);
    expect((await nextMessage(events)).result.content[0].text).toContain('Ann');
  });

  it('a call ends when its upstream asks again and again', async () => {
    rig.execute = async () => new WithBody({ kind: 'input-required' }, '{"requestState":"again"}');
    const session = await openSession(first, {});
    const { json } = await post(first, toolCall(1), session).then(async (answer) =>
      answer.json === null ? { json: JSON.parse(/data: (\{.*)/.exec(answer.text)?.[1] ?? '') } : answer,
    );
    expect(json.error.message).toBe('The upstream asks again and again');
    expect(rig.calls).toHaveLength(11);
  });

  it('a call ends when its session ends', async () => {
    rig.execute = async () => asking({ a: FORM });
    const session = await openSession(first, { elicitation: {} });
    const events = await openCall(first, session);
    await nextMessage(events);
    await fetch(second, { method: 'DELETE', headers: session });
    expect(await nextMessage(events)).toBeNull();
  });
});

describe('a modern client, asked by answers', () => {
  const capabilities = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, sampling: {} } };
  const request = (more: object = {}, name = 'echo', _meta: object = capabilities) =>
    modern('tools/call', { name, arguments: {}, ...more, _meta });
  const headers = (name = 'echo') => modernHeaders('tools/call', name);
  const responses = { a: { action: 'accept', content: { name: 'Ann' } } };

  it('a modern client gets the upstream\u2019s own state sealed, and gives it back on any replica', async () => {
    rig.execute = async (_, { body }) =>
      body?.includes('inputResponses') ? done(body) : asking({ a: FORM }, { requestState: 'mine' });
    const asked = await post(first, request(), headers());
    expect(asked.json.result).toMatchObject({ resultType: 'input_required', inputRequests: { a: FORM } });
    const { requestState } = asked.json.result;
    expect(requestState).not.toContain('mine');

    const { json } = await post(second, request({ inputResponses: responses, requestState }), headers());

    expect(JSON.parse(json.result.content[0].text)).toMatchObject({ inputResponses: responses, requestState: 'mine' });
  });

  it('a parked call goes on when its modern client retries it', async () => {
    rig.execute = async () => asking({ a: FORM }, {}, 1);
    rig.continue = async ({ round, inputResponses }) =>
      round === 1 ? asking({ b: FORM }, {}, 2) : done(JSON.stringify(inputResponses));
    const one = (await post(first, request(), headers())).json.result.requestState;
    const two = (await post(second, request({ inputResponses: responses, requestState: one }), headers())).json.result
      .requestState;
    const { json } = await post(first, request({ inputResponses: { b: 1 }, requestState: two }), headers());
    expect(json.result).toMatchObject({ resultType: 'complete', content: [{ text: '{"b":1}' }] });
    expect(rig.calls).toHaveLength(1);
  });

  it('a requestState is refused when it was changed, is somebody else\u2019s, or belongs to another request', async () => {
    rig.execute = async () => asking({ a: FORM }, { requestState: 'mine' });
    const { requestState } = (await post(first, request(), headers())).json.result;
    const tries = [
      post(first, request({ requestState: flipped(requestState) }), headers()),
      post(first, request({ requestState }), { ...headers(), authorization: 'Bearer ann' }),
      post(first, request({ requestState }, 'slow'), headers('slow')),
      post(first, request({ requestState: `${requestState}=` }), headers()),
      post(first, request({ requestState: 7 }), headers()),
      post(first, request({ requestState, arguments: { all: true } }), headers()),
    ];
    for (const { status, json } of await Promise.all(tries)) expect([status, json.error.code]).toEqual([200, -32602]);
    expect(rig.calls).toHaveLength(1);
  });

  it('a requestState is good for the arguments that it was given for, in whatever order they are written', async () => {
    rig.execute = async (_, { body }) =>
      body?.includes('inputResponses') ? done(body) : asking({ a: FORM }, { requestState: 'mine' });
    const args = { path: '/a', options: { deep: true, keep: [1, { x: 1, y: 2 }] } };
    const reordered = { options: { keep: [1, { y: 2, x: 1 }], deep: true }, path: '/a' };
    const { requestState } = (await post(first, request({ arguments: args }), headers())).json.result;
    const retry = { inputResponses: responses, requestState };

    const other = { ...args, options: { ...args.options, keep: [1, { x: 2, y: 1 }] } };
    expect((await post(first, request({ ...retry, arguments: other }), headers())).json.error.code).toBe(-32602);
    expect((await post(second, request({ ...retry, arguments: reordered }), headers())).json.result).toMatchObject({
      resultType: 'complete',
    });
  });

  it('a modern client is told which capability is missing when it has not declared it', async () => {
    rig.execute = async () => asking({ a: SAMPLE });
    const { status, json } = await post(first, request({}, 'echo', {}), headers());
    expect([status, json.error.code, json.error.data]).toEqual([
      400,
      -32021,
      { requiredCapabilities: { sampling: {} } },
    ]);
  });

  it('a modern client is told so when the instance that held its call is gone', async () => {
    rig.execute = async () => asking({ a: FORM }, {}, 1);
    const { requestState } = (await post(first, request(), headers())).json.result;
    await rig.invocation.drain();
    const { json } = await post(first, request({ requestState, inputResponses: responses }), headers());
    expect(json.error).toMatchObject({ code: -32602, message: 'The call has ended meanwhile' });
  });
});
