import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClaimSession, UpstreamCredentialChanged, WatchUpstream } from '#libs/contracts';
import { startAskingUpstream, startConformanceFixture } from '#libs/testing';
import { givenInvocation, type Invocation } from './invocation.js';
import { event, json, openStream, result, startRawLegacy, startRawModern } from './raw-upstream.js';

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation();
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const follow = (upstreamId: string, uris: string[], principalId = 'ada@example.com') => {
  const heard: string[] = [];
  let standing = 0;
  const abort = new AbortController();
  const ended = invocation.bus
    .ask(
      WatchUpstream,
      { upstreamId, principalId, uris },
      {
        signal: abort.signal,
        onFrame: ({ head }) => void (head.kind === 'standing' ? standing++ : heard.push(head.uri)),
      },
    )
    .catch((error: { code: string }) => error.code);
  return { heard, ended, stop: () => abort.abort(), stands: () => standing > 0 };
};
const updated = (uri: string, subscriptionId?: unknown) =>
  event(
    JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/resources/updated',
      params: {
        uri,
        ...(subscriptionId !== undefined && { _meta: { 'io.modelcontextprotocol/subscriptionId': subscriptionId } }),
      },
    }),
  );

describe('the watch of a resource', () => {
  it('a session upstream has one subscription when many follow a resource', async () => {
    const streams: ServerResponse[] = [];
    const told: string[] = [];
    const upstream = await startRawLegacy(
      (request, res) => {
        told.push(`${request.method} ${String(request.params.uri)}`);
        json(res, result(request.id, {}));
      },
      {
        capabilities: { resources: { subscribe: true } },
        onGet: (_req, res) => {
          openStream(res);
          res.write(': open\n\n');
          streams.push(res);
        },
      },
    );
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    const ada = follow(profile.id, ['test://a', 'test://b']);
    const bob = follow(profile.id, ['test://a'], 'bob@example.com');
    await expect.poll(() => told.length).toBe(2);
    await expect.poll(() => streams.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));

    streams[0]?.write(updated('test://a') + updated('test://b') + updated('test://c'));
    await expect.poll(() => [ada.heard.length, bob.heard.length]).toEqual([2, 1]);
    expect([ada.heard, bob.heard]).toEqual([['test://a', 'test://b'], ['test://a']]);

    ada.stop();
    expect(await ada.ended).toBe('bus.cancelled');
    await expect.poll(() => told.at(-1)).toBe('resources/unsubscribe test://b');
    bob.stop();
    await expect.poll(() => told.at(-1)).toBe('resources/unsubscribe test://a');
    expect(told).toHaveLength(4);
  });

  it('a 2026-07-28 upstream has one listening stream when many follow a resource, opened again after a drop', async () => {
    const streams: { res: ServerResponse; id: number; filter: Record<string, unknown> }[] = [];
    const upstream = await startRawModern(
      (request, res) => {
        openStream(res);
        const filter = request.params.notifications as Record<string, unknown>;
        streams.push({ res, id: request.id, filter });
        res.write(
          event(
            JSON.stringify({
              jsonrpc: '2.0',
              method: 'notifications/subscriptions/acknowledged',
              params: { notifications: filter, _meta: { 'io.modelcontextprotocol/subscriptionId': request.id } },
            }),
          ),
        );
      },
      { resources: { subscribe: true } },
    );
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    const ada = follow(profile.id, ['test://a']);
    await expect.poll(() => streams.length).toBe(1);
    const bob = follow(profile.id, ['test://b'], 'bob@example.com');
    await expect.poll(() => streams.length).toBe(2);
    const second = streams[1] as (typeof streams)[number];

    expect(second.filter).toEqual({ resourceSubscriptions: ['test://a', 'test://b'] });
    await expect.poll(() => streams[0]?.res.closed).toBe(true);
    second.res.write(updated('test://a', second.id) + updated('test://a', 'foreign') + updated('test://b', second.id));
    await expect.poll(() => [ada.heard, bob.heard]).toEqual([['test://a'], ['test://b']]);

    second.res.destroy();
    await expect.poll(() => streams.length).toBe(3);
    await expect.poll(() => [ada.heard.length, bob.heard.length]).toEqual([2, 2]);
    ada.stop();
    bob.stop();
    await Promise.all([ada.ended, bob.ended]);
  });

  it('a watch runs over the dedicated session when its client has one, and ends with it', async () => {
    const upstream = await startAskingUpstream({ era: 'legacy' });
    const profile = invocation.profile({ url: upstream.url });
    const dedicatedSession = { key: 'session 1', renewable: false };
    const capabilities = { elicitation: { form: {} } };
    const passedHeaders = { 'x-tenant': 'one' };
    const listener = { upstreamId: profile.id, principalId: 'ada@example.com', uris: ['asking://state'] };
    const heard: string[] = [];
    const listen = () =>
      invocation.bus
        .ask(
          WatchUpstream,
          { ...listener, dedicatedSession, capabilities, passedHeaders },
          { onFrame: ({ head }) => void (head.kind === 'resource-updated' && heard.push(head.uri)) },
        )
        .catch((error: { code: string }) => error.code);
    expect(await listen()).toBe('upstream.session_lost');
    await invocation.bus.ask(ClaimSession, { upstreamId: profile.id, key: dedicatedSession.key });
    const ended = listen();
    await expect.poll(() => [...upstream.sessions.values()].map(({ uris }) => [...uris])).toEqual([listener.uris]);

    const client = { info: null, capabilities, revision: '2025-11-25' };
    await invocation.call(profile, 'count', { touch: true }, { client, dedicatedSession, passedHeaders });
    await expect.poll(() => heard).toEqual(listener.uris);
    const other = { client, dedicatedSession, passedHeaders: { 'x-tenant': 'two' } };
    await expect(invocation.call(profile, 'count', {}, other)).rejects.toMatchObject({ code: 'http.malformed' });
    expect(upstream.sessionsOpened).toBe(1);

    (upstream.sessions as Map<string, unknown>).clear();
    await expect(
      invocation.call(profile, 'count', {}, { client, dedicatedSession, passedHeaders }),
    ).rejects.toMatchObject({
      code: 'upstream.session_lost',
    });
    expect(await ended).toBe('upstream.session_lost');
    await upstream.stop();
  });

  it('a watch goes on over another conversation when the old one ends', async () => {
    let subscriptions = 0;
    const upstream = await startRawLegacy(
      (request, res) => {
        if (request.method === 'resources/subscribe') subscriptions++;
        json(res, result(request.id, {}));
      },
      { capabilities: { resources: { subscribe: true } } },
    );
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    const ada = follow(profile.id, ['test://a']);
    await expect.poll(() => subscriptions).toBe(1);

    invocation.bus.publish(UpstreamCredentialChanged, { upstreamId: profile.id });

    await expect.poll(() => subscriptions).toBe(2);
    await expect.poll(() => ada.heard).toEqual(['test://a']);
    ada.stop();
    await ada.ended;
  });

  it('a watch fails when the upstream cannot be reached', async () => {
    const { ended } = follow('no-such-upstream', ['test://a']);

    expect(await ended).toBe('upstream.unknown');
  });
});

describe('the watch of lists', () => {
  it('lists count as changed when the upstream was away, and are watched again', async () => {
    const streams: ServerResponse[] = [];
    const start = () =>
      startRawLegacy((request, res) => json(res, result(request.id, { tools: [] })), {
        capabilities: { tools: { listChanged: true } },
        onGet: (_req, res) => {
          openStream(res);
          res.write(': open\n\n');
          streams.push(res);
        },
      });
    const upstream = await start();
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    await invocation.discover(profile);
    await expect.poll(() => streams.length).toBe(1);

    invocation.bus.publish(UpstreamCredentialChanged, { upstreamId: profile.id });

    await expect.poll(() => streams.length).toBe(2);
    await expect
      .poll(() =>
        invocation.listChanges
          .filter(({ upstreamId }) => upstreamId === profile.id)
          .map(({ list }) => list)
          .sort(),
      )
      .toEqual(['prompts', 'resources', 'tools']);
  });
});

describe('changes of lists that may have been missed', () => {
  const heardOf = (id: string) =>
    invocation.listChanges
      .filter(({ upstreamId }) => upstreamId === id)
      .map(({ list }) => list)
      .sort();
  const EVERY_LIST = ['prompts', 'resources', 'tools'];

  it('lists count as changed when the listening stream of a 2026-07-28 upstream was down', async () => {
    const streams: ServerResponse[] = [];
    const upstream = await startRawModern((request, res) => {
      if (request.method !== 'subscriptions/listen')
        return json(res, result(request.id, { resultType: 'complete', tools: [] }));
      openStream(res);
      streams.push(res);
      const { notifications } = request.params;
      const params = { notifications, _meta: { 'io.modelcontextprotocol/subscriptionId': request.id } };
      return res.write(
        event(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params })),
      );
    });
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    await invocation.discover(profile);
    await expect.poll(() => streams.length).toBe(1);
    expect(heardOf(profile.id)).toEqual([]);

    streams[0]?.destroy();
    await expect.poll(() => heardOf(profile.id)).toEqual(EVERY_LIST);
    expect(streams).toHaveLength(2);
  });

  it.each([
    ['the stream of a session broke and numbers nothing', false],
    ['a session is gone as its stream comes back', true],
  ])('lists count as changed when %s', async (_, isGone) => {
    const streams: ServerResponse[] = [];
    const upstream = await startRawLegacy((request, res) => json(res, result(request.id, { tools: [] })), {
      capabilities: { tools: { listChanged: true } },
      onGet: (req, res) => {
        if (!upstream.known.has(String(req.headers['mcp-session-id']))) return json(res, '', 404);
        openStream(res);
        res.write(': open\n\n');
        return streams.push(res);
      },
    });
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    await invocation.discover(profile);
    await expect.poll(() => streams.length).toBe(1);

    if (isGone) upstream.known.clear();
    streams[0]?.destroy();
    await expect.poll(() => heardOf(profile.id)).toEqual(EVERY_LIST);
    expect(upstream.known.size).toBe(1);
    await expect.poll(() => streams.length).toBe(2);
  });
});

describe('a credential that changes', () => {
  it('a waiting call carries the new credential when the old one is replaced', async () => {
    const waiting: (() => void)[] = [];
    const upstream = await startRawModern((request, res, req) => {
      const answer = () =>
        json(
          res,
          result(request.id, { resultType: 'complete', content: [{ type: 'text', text: req.headers.authorization }] }),
        );
      if (request.params.name === 'hold') waiting.push(answer);
      else answer();
    });
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url, concurrencyMax: 1 });
    invocation.credentials.set(profile.id, { headers: { authorization: 'old' } });
    const first = invocation.call(profile, 'hold');
    await expect.poll(() => waiting.length).toBe(1);
    const second = invocation.call(profile, 't');
    await new Promise((resolve) => setTimeout(resolve, 50));

    invocation.credentials.set(profile.id, { headers: { authorization: 'new' } });
    invocation.bus.publish(UpstreamCredentialChanged, { upstreamId: profile.id });
    await new Promise((resolve) => setTimeout(resolve, 50));
    waiting[0]?.();

    expect([(await first).body, (await second).body]).toEqual([
      expect.stringContaining('old'),
      expect.stringContaining('new'),
    ]);
  });
});

describe('an upstream that another instance discovered', () => {
  it.each(['modern', 'legacy'] as const)('its lists are watched when it is called here: %s', async (era) => {
    const fixture = await startConformanceFixture({ era });
    raw.push({ close: () => fixture.stop() });
    const profile = invocation.profile({ url: fixture.url });
    await invocation.call(profile, 'test_simple_text');
    const heard = () => invocation.listChanges.filter(({ upstreamId }) => upstreamId === profile.id).length;
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect(heard()).toBe(0);
    fixture.changeTools();
    await expect.poll(heard).toBe(1);
  });
});

describe('a watch stands', () => {
  it('a watch stands when a session upstream has answered that it has subscribed', async () => {
    let confirm = (): void => {};
    const upstream = await startRawLegacy(
      (request, res) => {
        confirm = () => json(res, result(request.id, {}));
      },
      { capabilities: { resources: { subscribe: true } } },
    );
    raw.push(upstream);
    const { stands, stop, ended } = follow(invocation.profile({ url: upstream.url }).id, ['test://a']);
    await expect.poll(() => upstream.requests.some(({ body }) => body.includes('resources/subscribe'))).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(stands()).toBe(false);
    confirm();
    await expect.poll(stands).toBe(true);
    stop();
    await ended;
  });

  it('a watch stands when a 2026-07-28 upstream has acknowledged all of it', async () => {
    const acknowledge: (() => void)[] = [];
    const upstream = await startRawModern(
      (request, res) => {
        openStream(res);
        const _meta = { 'io.modelcontextprotocol/subscriptionId': request.id };
        const params = { notifications: request.params.notifications, _meta };
        const method = 'notifications/subscriptions/acknowledged';
        acknowledge.push(() => res.write(event(JSON.stringify({ jsonrpc: '2.0', method, params }))));
      },
      { resources: { subscribe: true } },
    );
    raw.push(upstream);
    const { id } = invocation.profile({ url: upstream.url });
    const ada = follow(id, ['test://a']);
    await expect.poll(() => acknowledge.length).toBe(1);
    const bob = follow(id, ['test://b'], 'bob@example.com');
    await expect.poll(() => acknowledge.length).toBe(2);
    acknowledge[0]?.();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([ada.stands(), bob.stands()]).toEqual([false, false]);
    acknowledge[1]?.();
    await expect.poll(() => [ada.stands(), bob.stands()]).toEqual([true, true]);
    for (const { stop, ended } of [ada, bob]) {
      stop();
      await ended;
    }
  });
});
