import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WithBody } from '#libs/bus';
import { type CallFrame, CatalogChanged, CredentialRevoked, GrantsChanged, type Principal } from '#libs/contracts';
import { fail } from '#libs/errors';
import { CONFIRM_MS } from '../src/sessions/feeds/resource-watch.js';
import {
  JSON_HEADERS,
  Rig,
  catalogOf,
  eventsOf,
  modern,
  modernHeaders,
  nextMessage,
  openSession,
  post,
  tool,
  user,
  upstream,
  resource,
  listingOf,
} from './rig.js';

let rig: Rig;
let first: string;
let second: string;

beforeEach(async () => {
  rig = new Rig({ AUTH_REQUIRED: 'true', STREAMS_PER_PRINCIPAL_MAX: '2' });
  rig.tokens.set('ann', user('ann@x'));
  rig.tokens.set('bob', user('bob@x'));
  first = `${await rig.start()}/mcp`;
  second = `${await rig.start()}/mcp`;
});
afterEach(() => rig.stop());

const ANN = { authorization: 'Bearer ann' };
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

const open = (url: string, body: unknown, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...headers },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });

const listen = async (
  notifications: object,
  id: unknown = 7,
  headers: Record<string, string> = ANN,
  signal?: AbortSignal,
) => {
  const response = await open(
    first,
    modern('subscriptions/listen', { notifications }, id),
    { ...modernHeaders('subscriptions/listen'), ...headers },
    signal,
  );
  return { response, events: eventsOf(response) };
};

const changeTools = (...names: string[]): void => {
  rig.catalogs.set(null, catalogOf({ revision: 2, tools: names.map((name) => tool(name)) }));
  rig.registry.publish(CatalogChanged, { revision: 2, lists: ['tools'], serverIds: [], upstreamIds: ['u1'] });
};

describe('a modern call that streams', () => {
  const progress = async (steps: readonly number[]): Promise<CallFrame[]> =>
    steps.map((step) => ({ kind: 'progress', progress: step, total: 3 }));

  it('a modern call sends progress with the token as it was given, upwards only, then the result', async () => {
    rig.execute = async (call, context) => {
      expect(call.wantsProgress).toBe(true);
      for (const frame of await progress([1, 1, 0.5, 2])) await context.send(frame);
      await context.send({ kind: 'log', level: 'error', data: 'nobody asked' });
      return new WithBody({ kind: 'result', meta: { 'x/y': 1 } }, '{"content":[]}');
    };
    const response = await open(first, modern('tools/call', { name: 'echo', _meta: { progressToken: 17 } }), {
      ...modernHeaders('tools/call', 'echo'),
      ...ANN,
    });

    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const events = eventsOf(response);
    const messages = [];
    for (let message = await nextMessage(events); message !== null; message = await nextMessage(events))
      messages.push(message);
    expect(messages).toEqual([
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 17, progress: 1, total: 3 } },
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 17, progress: 2, total: 3 } },
      expect.objectContaining({
        id: 1,
        result: expect.objectContaining({ resultType: 'complete', _meta: expect.objectContaining({ 'x/y': 1 }) }),
      }),
    ]);
  });

  it('a modern call sends log messages from the level it asked for', async () => {
    rig.execute = async (_, context) => {
      await context.send({ kind: 'log', level: 'info', data: 'low' });
      await context.send({ kind: 'log', level: 'error', logger: 'l', data: { a: 1 } });
      return new WithBody({ kind: 'result' }, '{"content":[]}');
    };
    const body = modern('tools/call', { name: 'echo', _meta: { 'io.modelcontextprotocol/logLevel': 'warning' } });
    const events = eventsOf(await open(first, body, { ...modernHeaders('tools/call', 'echo'), ...ANN }));

    expect(await nextMessage(events)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { level: 'error', logger: 'l', data: { a: 1 } },
    });
    expect(await nextMessage(events)).toHaveProperty('result');
  });

  it('a modern call is cancelled when its client leaves', async () => {
    let signal: AbortSignal | undefined;
    rig.execute = (_, context) =>
      new Promise((_resolve, reject) => {
        signal = context.signal;
        context.signal.addEventListener('abort', () => reject(fail('bus.cancelled')));
      });
    const control = new AbortController();
    const calling = open(
      first,
      modern('tools/call', { name: 'echo' }),
      { ...modernHeaders('tools/call', 'echo'), ...ANN },
      control.signal,
    );
    await vi.waitFor(() => expect(signal).toBeDefined());

    control.abort();

    await expect(calling).rejects.toThrow(/abort/);
    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
  });

  it('a call answers in-band, with what is known of the execution, when it fails behind the gateway', async () => {
    rig.execute = async () => {
      throw fail('upstream.timed_out', { executed: 'unknown' });
    };
    const { status, json } = await post(first, modern('tools/call', { name: 'echo' }), {
      ...modernHeaders('tools/call', 'echo'),
      ...ANN,
    });
    expect([status, json.error]).toEqual([
      200,
      {
        code: -32603,
        message: 'The upstream did not answer in time',
        data: { reason: 'upstream.timed_out', executed: 'unknown' },
      },
    ]);
  });

  it('a call is answered with 503 and recorded when nobody can run calls', async () => {
    await rig.invocation.drain();
    const { status, headers, json } = await post(first, modern('tools/call', { name: 'echo' }), {
      ...modernHeaders('tools/call', 'echo'),
      ...ANN,
    });
    expect([status, headers.get('retry-after'), json.error.data]).toEqual([
      503,
      '1',
      { reason: 'bus.no_responders', executed: 'no' },
    ]);
    expect(rig.records).toMatchObject([{ outcome: 'refused', errorCode: 'bus.no_responders', name: 'echo' }]);
  });
});

describe('subscriptions/listen', () => {
  it('subscriptions/listen acknowledges what it will notify of, with the id as the client wrote it', async () => {
    const { response, events } = await listen(
      { toolsListChanged: true, promptsListChanged: false, resourceSubscriptions: ['file:///a', 'file:///nowhere'] },
      'seven',
    );

    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await nextMessage(events)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: {
        _meta: { [SUBSCRIPTION]: 'seven' },
        notifications: { toolsListChanged: true, resourceSubscriptions: ['file:///a'] },
      },
    });
  });

  it('subscriptions/listen notifies of a list when it has changed for this caller, and of no other', async () => {
    const { events } = await listen({ toolsListChanged: true, promptsListChanged: true });
    await nextMessage(events);

    const hidden = tool('secret', {}, { visibility: 'private', teamId: null, ownerEmail: 'bob@x' });
    rig.catalogs.set(null, catalogOf({ revision: 2, tools: [...catalogOf().tools, hidden] }));
    rig.registry.publish(CatalogChanged, { revision: 2, lists: ['tools'], serverIds: [], upstreamIds: ['u1'] });
    await new Promise((resolve) => setTimeout(resolve, 400));
    changeTools('other');

    expect(await nextMessage(events)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/tools/list_changed',
      params: { _meta: { [SUBSCRIPTION]: 7 } },
    });
    const { json } = await post(first, modern('tools/list'), { ...modernHeaders('tools/list'), ...ANN });
    expect(json.result.tools.map(({ name }: { name: string }) => name)).toEqual(['other']);
    await rig.stopStreams();
    expect(await nextMessage(events)).toHaveProperty('result');
  });

  it("subscriptions/listen notifies of a resource, and ends the upstream's subscription when the client leaves", async () => {
    const control = new AbortController();
    const { events } = await listen({ resourceSubscriptions: ['file:///a'] }, 7, ANN, control.signal);
    await nextMessage(events);
    await vi.waitFor(() => expect(rig.watches).toHaveLength(1));

    await rig.watches[0]?.send('file:///a');

    expect(await nextMessage(events)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/resources/updated',
      params: { _meta: { [SUBSCRIPTION]: 7 }, uri: 'file:///a' },
    });
    control.abort();
    await vi.waitFor(() => expect(rig.watches[0]?.signal.aborted).toBe(true));
  });

  it('subscriptions/listen subscribes again at one upstream, and leaves the others alone, when that has ended', async () => {
    rig.catalogs.set(
      null,
      catalogOf({
        upstreams: [upstream('u1', listingOf()), upstream('u2', listingOf())],
        resources: [resource(), resource({ uri: 'file:///b', upstreamId: 'u2' })],
      }),
    );
    const watchesOf = (uri: string) => rig.watches.filter(({ uris }) => uris.includes(uri));
    const { events } = await listen({ resourceSubscriptions: ['file:///a', 'file:///b'] });
    await nextMessage(events);
    await vi.waitFor(() => expect(rig.watches).toHaveLength(2));
    watchesOf('file:///b')[0]?.end(fail('upstream.unreachable'));
    await vi.waitFor(() => expect(watchesOf('file:///b')).toHaveLength(2));
    expect(watchesOf('file:///a')).toHaveLength(1);
  });

  it.each([
    ['shared', undefined],
    ['principal', { key: 'principal ann@x', renewable: true }],
    ['client', { key: 'principal ann@x', renewable: false }],
  ] as const)(
    'subscriptions/listen follows a resource over the session that its calls go over, when that is: %s',
    async (sessionScope, own) => {
      // This client sends it with each request.
      const passedHeaders = ['accept-language'];
      rig.catalogs.set(null, catalogOf({ upstreams: [upstream('u1', listingOf(), { sessionScope, passedHeaders })] }));
      const { events } = await listen({ resourceSubscriptions: ['file:///a'] });
      await nextMessage(events);
      await vi.waitFor(() => expect(rig.watches).toHaveLength(1));
      expect(rig.watches[0]?.request.dedicatedSession).toEqual(own);
      expect(rig.watches[0]?.request.passedHeaders).toEqual(own && { 'accept-language': '*' });
      expect(rig.held).toEqual(own === undefined ? [] : [own.key]);

      await post(first, modern('tools/call', { name: 'echo', arguments: {} }), {
        ...modernHeaders('tools/call', 'echo'),
        ...ANN,
      });
      expect(rig.calls[0]?.call.passedHeaders).toEqual({ 'accept-language': '*' });
      expect(rig.calls[0]?.call.dedicatedSession).toEqual(own);
      expect(rig.held).toHaveLength(own === undefined ? 0 : 1);
    },
  );

  it('subscriptions/listen leaves it to a call to report when a session of its own is lost', async () => {
    rig.catalogs.set(null, catalogOf({ upstreams: [upstream('u1', listingOf(), { sessionScope: 'client' })] }));
    const { events } = await listen({ resourceSubscriptions: ['file:///a'] });
    await nextMessage(events);
    await vi.waitFor(() => expect(rig.watches).toHaveLength(1));
    rig.watches[0]?.end(fail('upstream.session_lost', { executed: 'no' }));
    await vi.waitFor(() => expect(rig.watches).toHaveLength(2));
    expect(rig.held).toHaveLength(1);

    const call = () =>
      post(first, modern('tools/call', { name: 'echo', arguments: {} }), {
        ...modernHeaders('tools/call', 'echo'),
        ...ANN,
      });
    rig.execute = async () => {
      throw fail('upstream.session_lost', { executed: 'no' });
    };
    expect((await call()).json.error.data).toMatchObject({ reason: 'upstream.session_lost' });
    rig.watches[1]?.end(fail('upstream.session_lost', { executed: 'no' }));
    await vi.waitFor(() => expect(rig.watches).toHaveLength(3));
    expect(rig.held).toHaveLength(2);
  });

  it('subscriptions/listen ends with a result when the gateway stops', async () => {
    const { events } = await listen({ toolsListChanged: true }, 9);
    await nextMessage(events);

    await rig.stopStreams();

    expect(await nextMessage(events)).toMatchObject({
      id: 9,
      result: { resultType: 'complete', _meta: { [SUBSCRIPTION]: 9 } },
    });
    expect(await nextMessage(events)).toBeNull();
  });

  it.each<[string, Partial<Principal>, Partial<Principal>]>([
    ['joins a team', { teams: [] }, { teams: ['red'] }],
    ['leaves a team', { teams: ['red'] }, { teams: [] }],
    ['is given a role that reaches every team', { teams: [] }, { teams: null, isAdmin: true }],
    ['loses a role that reaches every team', { teams: null, isAdmin: true }, { teams: [] }],
  ])('subscriptions/listen notifies of a list when its caller %s, and goes on as they may now', async (...given) => {
    const [, before, after] = given;
    const become = async (facts: Partial<Principal>): Promise<void> => {
      rig.tokens.set('ann', user('ann@x', facts));
      rig.auth.publish(GrantsChanged, { principalId: 'ann@x' });
      await rig.auth.flush();
    };
    const reaches = ({ teams }: Partial<Principal>) => teams === null || teams?.includes('red') === true;
    const namesNow = async (): Promise<string[]> => {
      const { json } = await post(first, modern('tools/list'), { ...modernHeaders('tools/list'), ...ANN });
      return json.result.tools.map(({ name }: { name: string }) => name);
    };
    const red = tool('red', {}, { visibility: 'team', teamId: 'red', ownerEmail: 'eve@x' });
    rig.catalogs.set(null, catalogOf({ revision: 2, tools: [tool('all'), red] }));
    rig.registry.publish(CatalogChanged, { revision: 2, lists: ['tools'], serverIds: [], upstreamIds: ['u1'] });
    await become(before);
    await expect.poll(async () => (await namesNow()).includes('red')).toBe(reaches(before));
    await expect.poll(namesNow).toContain('all');

    const { events } = await listen({ toolsListChanged: true, promptsListChanged: true });
    await nextMessage(events);
    await become(after);

    expect(await nextMessage(events)).toMatchObject({ method: 'notifications/tools/list_changed' });
    expect((await namesNow()).includes('red')).toBe(reaches(after));
    await rig.stopStreams();
    expect(await nextMessage(events)).toHaveProperty('result');
  });

  it('subscriptions/listen ends when its credential is revoked', async () => {
    const { events } = await listen({ toolsListChanged: true });
    await nextMessage(events);

    rig.tokens.delete('ann');
    rig.auth.publish(CredentialRevoked, { tokenId: 'jti-ann@x' });

    expect(await nextMessage(events)).toHaveProperty('result');
  });

  it('subscriptions/listen ends when its credential is revoked while auth is away, and others go on', async () => {
    const { events } = await listen({ toolsListChanged: true });
    const bob = await listen({ toolsListChanged: true }, 2, { authorization: 'Bearer bob' });
    await nextMessage(events);
    await nextMessage(bob.events);

    rig.isAuthAway = true;
    rig.auth.publish(CredentialRevoked, { principalId: 'bob@x' });

    expect(await nextMessage(bob.events)).toHaveProperty('result');
    rig.auth.publish(CredentialRevoked, { principalId: 'eve@x' });
    changeTools('another');
    expect(await nextMessage(events)).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  it('subscriptions/listen is refused when the caller has too many streams open', async () => {
    await listen({});
    const { events } = await listen({});
    const third = await listen({});
    expect([third.response.status, third.response.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await listen({}, 1, { authorization: 'Bearer bob' })).response.status).toBe(200);
    await rig.stopStreams();
    for (let message = await nextMessage(events); message !== null; message = await nextMessage(events));
    expect((await listen({})).response.status).toBe(200);
  });
});

describe('a session over two replicas', () => {
  const call = (id: number, meta?: object) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'echo', arguments: {}, ...(meta && { _meta: meta }) },
  });

  it('a session is served by either replica', async () => {
    const session = await openSession(first, {}, '2025-11-25', ANN);
    expect((await post(second, call(1), session)).json.result).toBeDefined();
    expect((await fetch(second, { method: 'DELETE', headers: session })).status).toBe(204);
    await vi.waitFor(async () => expect((await post(first, call(2), session)).status).toBe(404));
  });

  it('a call of a session is cancelled when a notification reaches either replica, and not when its client leaves', async () => {
    let signal: AbortSignal | undefined;
    rig.execute = (_, context) =>
      new Promise((_resolve, reject) => {
        signal = context.signal;
        context.signal.addEventListener('abort', () => reject(fail('bus.cancelled')));
      });
    const session = await openSession(first, {}, '2025-11-25', ANN);
    const control = new AbortController();
    const calling = open(first, call(5), session, control.signal).catch(() => null);
    await vi.waitFor(() => expect(signal).toBeDefined());
    control.abort();
    await calling;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(signal?.aborted).toBe(false);

    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 5 } };
    const bob = await openSession(second, {}, '2025-11-25', { authorization: 'Bearer bob' });
    await post(second, cancelled, bob);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(signal?.aborted).toBe(false);

    expect((await post(second, cancelled, session)).status).toBe(202);
    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
  });

  it('a session is refused a subscription when the upstream of the resource has none', async () => {
    const capabilities = { resources: {} };
    rig.catalogs.set(
      null,
      catalogOf({ upstreams: [upstream('u1', listingOf(), { capabilities }), upstream('u2', listingOf())] }),
    );
    const session = await openSession(first, {}, '2025-11-25', ANN);
    const params = { uri: 'file:///a' };
    const { json } = await post(first, { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params }, session);
    expect(json.error).toMatchObject({ code: -32601 });
    expect(rig.watches).toEqual([]);
  });

  describe.each(['the same', 'another'])('a subscription of a session whose stream is at %s replica', (which) => {
    const begin = async () => {
      rig.confirms = false;
      const session = await openSession(first, {}, '2025-11-25', ANN);
      const at = which === 'another' ? second : first;
      const stream = eventsOf(await fetch(at, { headers: { ...session, accept: 'text/event-stream' } }));
      await stream.next();
      const earlier = rig.watches.length;
      let mayGiveUp = false;
      let confirmedEarly = false;
      // The gateway runs in this process: its timer of the same time, which it begins later, fires later.
      setTimeout(() => (mayGiveUp = true), CONFIRM_MS);
      const subscribe = { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri: 'file:///a' } };
      const answered = post(first, subscribe, session).then(({ json }) => {
        confirmedEarly = !mayGiveUp;
        return json.result;
      });
      await vi.waitFor(() => expect(rig.watches).toHaveLength(earlier + 1));
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(confirmedEarly).toBe(false);
      const end = async () => {
        await fetch(first, { method: 'DELETE', headers: session });
        await vi.waitFor(() => expect(rig.watches[earlier]?.signal.aborted).toBe(true));
        while ((await stream.next()).done !== true);
      };
      return { stream, answered, end, confirm: rig.watches[earlier]?.confirm, hasGivenUp: () => mayGiveUp };
    };

    it('a subscription of a session is confirmed when the upstream has confirmed it', async () => {
      const confirmed = async () => {
        const begun = await begin();
        await begun.confirm?.();
        expect(await begun.answered).toEqual({});
        return begun;
      };
      let begun = await confirmed();
      // On a machine that stood still the gateway may not have waited for the upstream.
      for (; begun.hasGivenUp(); begun = await confirmed()) await begun.end();
      const { stream } = begun;
      changeTools('another');
      expect(await nextMessage(stream)).toMatchObject({ method: 'notifications/tools/list_changed' });
    });

    it('a subscription of a session is confirmed after some seconds when the upstream is slow, and counts as changed when it stands', async () => {
      const { stream, answered, confirm } = await begin();
      expect(await answered).toEqual({});
      await confirm?.();
      const updated = { method: 'notifications/resources/updated', params: { uri: 'file:///a' } };
      expect(await nextMessage(stream)).toMatchObject(updated);
    });
  });

  it('subscriptions/listen acknowledges when the upstream has, and tells of what came before only after it', async () => {
    rig.confirms = false;
    const { events } = await listen({ toolsListChanged: true, resourceSubscriptions: ['file:///a'] });
    await vi.waitFor(() => expect(rig.watches).toHaveLength(1));
    await rig.watches[0]?.send('file:///a');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await rig.watches[0]?.confirm();
    expect(await nextMessage(events)).toMatchObject({ method: 'notifications/subscriptions/acknowledged' });
    expect(await nextMessage(events)).toMatchObject({ method: 'notifications/resources/updated' });
  });

  it('a change between two watches counts as one when an upstream that is followed was lost', async () => {
    const { events } = await listen({ resourceSubscriptions: ['file:///a'] });
    await nextMessage(events);
    rig.watches[0]?.end(fail('upstream.unreachable'));
    await vi.waitFor(() => expect(rig.watches).toHaveLength(2));
    expect(await nextMessage(events)).toMatchObject({ method: 'notifications/resources/updated' });
  });

  it('a session is notified of changes on its GET stream, which a newer one replaces', async () => {
    rig.catalogs.set(null, catalogOf({ upstreams: [upstream('u1', listingOf(), { sessionScope: 'client' })] }));
    const session = await openSession(first, { sampling: {} }, '2025-11-25', ANN);
    const get = async (url: string) =>
      eventsOf(await fetch(url, { headers: { ...session, accept: 'text/event-stream' } }));
    const old = await get(first);
    expect((await old.next()).value).toEqual({ id: 'changes', data: '' });
    const current = await get(second);
    expect((await current.next()).value).toEqual({ id: 'changes', data: '' });
    expect((await old.next()).done).toBe(true);

    expect(
      (
        await post(
          first,
          { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri: 'file:///a' } },
          session,
        )
      ).json.result,
    ).toEqual({});
    await vi.waitFor(() => expect(rig.watches.filter(({ signal }) => !signal.aborted)).toHaveLength(1));
    expect(rig.watches.at(-1)?.request).toMatchObject({
      dedicatedSession: { key: `session ${session['mcp-session-id']}`, renewable: false },
      capabilities: { sampling: {} },
    });
    await rig.watches.at(-1)?.send('file:///a');
    expect(await nextMessage(current)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/resources/updated',
      params: { uri: 'file:///a' },
    });
    changeTools('another');
    expect(await nextMessage(current)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/tools/list_changed',
      params: {},
    });

    await post(
      first,
      { jsonrpc: '2.0', id: 2, method: 'resources/unsubscribe', params: { uri: 'file:///a' } },
      session,
    );
    await vi.waitFor(() => expect(rig.watches.every(({ signal }) => signal.aborted)).toBe(true));
  });

  it("a session's stream is replayed on another replica, and goes on there, when its client resumes it", async () => {
    let release: () => void = () => {};
    rig.execute = async (_, context) => {
      await context.send({ kind: 'progress', progress: 1 });
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await context.send({ kind: 'progress', progress: 2 });
      return new WithBody({ kind: 'result' }, '{"content":[]}');
    };
    const session = await openSession(first, {}, '2025-11-25', ANN);
    const control = new AbortController();
    const events = eventsOf(await open(first, call(3, { progressToken: 'p' }), session, control.signal));
    const primed = (await events.next()).value;
    expect(primed?.data).toBe('');
    const seen = (await events.next()).value;
    control.abort();
    await events.next().catch(() => null);

    const resume = async (lastEventId: string) =>
      eventsOf(
        await fetch(second, { headers: { ...session, accept: 'text/event-stream', 'last-event-id': lastEventId } }),
      );
    const resumed = await resume(primed?.id ?? '');
    expect((await resumed.next()).value).toEqual(primed);
    expect((await resumed.next()).value).toEqual(seen);
    release();
    expect(await nextMessage(resumed)).toMatchObject({ params: { progress: 2 } });
    expect(await nextMessage(resumed)).toMatchObject({ id: 3, result: { content: [] } });
    expect(await nextMessage(resumed)).toBeNull();

    const bob = await openSession(first, {}, '2025-11-25', { authorization: 'Bearer bob' });
    const foreign = eventsOf(
      await fetch(second, { headers: { ...bob, accept: 'text/event-stream', 'last-event-id': seen?.id ?? '' } }),
    );
    expect((await foreign.next()).done).toBe(true);
  });

  it('a session gets log messages from the level that was set on another replica', async () => {
    rig.execute = async (routed, context) => {
      if (routed.logLevel !== undefined) await context.send({ kind: 'log', level: 'notice', data: 1 });
      return new WithBody({ kind: 'result' }, '{"content":[]}');
    };
    const session = await openSession(first, {}, '2025-11-25', ANN);
    expect(await nextMessage(eventsOf(await open(first, call(1), session)))).toMatchObject({
      method: 'notifications/message',
    });
    await post(second, { jsonrpc: '2.0', id: 2, method: 'logging/setLevel', params: { level: 'error' } }, session);
    await vi.waitFor(async () => expect((await post(first, call(3), session)).json).toHaveProperty('result'));
  });
});

it('a client that comes back is told that its answer is lost when the replica that worked for it is gone', async () => {
  rig.execute = async (_, context) => {
    await context.send({ kind: 'progress', progress: 1 });
    return new Promise(() => {});
  };
  const session = await openSession(first, {}, '2025-11-25', ANN);
  const body = { jsonrpc: '2.0', id: 'x', method: 'tools/call', params: { name: 'echo', _meta: { progressToken: 1 } } };
  const control = new AbortController();
  const events = eventsOf(await open(first, body, session, control.signal));
  const primed = (await events.next()).value;
  await events.next();
  control.abort();

  await rig.crash(0);
  const get = { ...session, accept: 'text/event-stream', 'last-event-id': primed?.id ?? '' };
  const resumed = eventsOf(await fetch(second, { headers: get }));

  expect(await nextMessage(resumed)).toMatchObject({ method: 'notifications/progress' });
  expect(await nextMessage(resumed)).toMatchObject({
    id: 'x',
    error: { data: { reason: 'bus.responder_lost', executed: 'unknown' } },
  });
  expect(await nextMessage(resumed)).toBeNull();
});
