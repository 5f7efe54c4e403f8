import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WithBody } from '#libs/bus';
import {
  type CallAnswer,
  type Catalog,
  CatalogChanged,
  UpstreamCredentialChanged,
  UpstreamListChanged,
} from '#libs/contracts';
import {
  JSON_HEADERS,
  Rig,
  catalogOf,
  eventsOf,
  listingOf,
  modern,
  modernHeaders,
  nextMessage,
  openSession,
  post,
  user,
  resource,
  upstream,
} from './rig.js';

const HOUR_MS = 3_600_000;
const URI = 'file:///a';
let rig: Rig;
let url: string;
let cache: Partial<Extract<CallAnswer, { kind: 'result' }>>;
let reads: number;

/** The upstream is a gateway, which is told the way of each call: the very thing that must not keep calls apart. */
const catalogOfPeer = (parts: Partial<Catalog> = {}): Catalog =>
  catalogOf({ gatewayId: 'here', upstreams: [upstream('u1', listingOf(), { isToldWay: true })], ...parts });

const start = async (env: Record<string, string> = {}): Promise<void> => {
  rig = new Rig(env);
  rig.catalogs.set(null, catalogOfPeer());
  for (const name of ['ann', 'bob']) rig.tokens.set(name, user(`${name}@x`, { teams: [name] }));
  rig.tokens.set('ann2', user('ann@x', { tokenId: 'another' }));
  reads = 0;
  rig.execute = async ({ principal }) => {
    reads++;
    const text = cache.cacheScope === 'public' ? `read ${reads}` : `read ${reads} by ${principal.id}`;
    const body = JSON.stringify({ contents: [{ uri: URI, text }] });
    return new WithBody({ kind: 'result', meta: { from: 'upstream' }, ...cache }, body);
  };
  url = `${await rig.start()}/mcp`;
};
beforeEach(() => {
  cache = { ttlMs: HOUR_MS, cacheScope: 'private' };
  return start();
});
afterEach(() => rig.stop());

const read = (token: string, at = url, params: Record<string, unknown> = {}, id: number | string = 1) =>
  post(at, modern('resources/read', { uri: URI, ...params }, id), {
    ...modernHeaders('resources/read', URI),
    authorization: `Bearer ${token}`,
  });
const textOf = async (...args: Parameters<typeof read>): Promise<string> =>
  (await read(...args)).json.result.contents[0].text;

describe('what a resource held', () => {
  it('a kept resource is given to the same credential alone when it is private', async () => {
    expect(await textOf('ann')).toBe('read 1 by ann@x');
    expect(await textOf('bob')).toBe('read 2 by bob@x');
    expect(await textOf('ann2')).toBe('read 3 by ann@x');
    expect([await textOf('ann'), await textOf('bob'), await textOf('ann2')]).toEqual([
      'read 1 by ann@x',
      'read 2 by bob@x',
      'read 3 by ann@x',
    ]);
    expect(reads).toBe(3);
  });

  it('a kept resource is given to everybody who may read it, byte for byte but for its age, when it is public', async () => {
    cache = { ttlMs: HOUR_MS, cacheScope: 'public' };
    const first = await read('ann', url, {}, 'x');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await read('bob', url, {}, 'x');
    const ttlOf = ({ json }: typeof first): number => json.result.ttlMs;
    expect(ttlOf(first)).toBe(HOUR_MS);
    expect(ttlOf(second)).toBeLessThanOrEqual(HOUR_MS - 20);
    expect(ttlOf(second)).toBeGreaterThan(HOUR_MS - 20_000);
    expect(second.text.replace(String(ttlOf(second)), String(HOUR_MS))).toBe(first.text);
    expect(reads).toBe(1);

    const hidden = { visibility: 'team', teamId: 'ann', ownerEmail: null } as const;
    rig.catalogs.set(null, catalogOfPeer({ resources: [resource(hidden)] }));
    rig.registry.publish(CatalogChanged, { revision: 2, lists: ['resources'], serverIds: ['s'], upstreamIds: [] });
    await expect.poll(async () => (await read('bob')).json.error?.code).toBe(-32602);
    expect((await read('ann')).text).toContain('read 1');
  });

  it("a kept resource is given in the form of the session's revision", async () => {
    await textOf('ann');
    const session = await openSession(url, {}, '2025-06-18', { authorization: 'Bearer ann' });
    const request = { jsonrpc: '2.0', id: 5, method: 'resources/read', params: { uri: URI } };
    const { json } = await post(url, request, session);
    expect(json).toEqual({
      jsonrpc: '2.0',
      id: 5,
      result: { contents: [{ uri: URI, text: 'read 1 by ann@x' }], _meta: { from: 'upstream' } },
    });
    expect(reads).toBe(1);
  });

  it.each([{ ttlMs: 0 }, { ttlMs: -5 }, {}, { cacheScope: 'public' as const }])(
    'a resource is read again when its upstream says %o',
    async (said) => {
      cache = said;
      await textOf('ann');
      await textOf('ann');
      expect(reads).toBe(2);
    },
  );

  it('a resource is read again when its time is over', async () => {
    cache = { ttlMs: 60, cacheScope: 'public' };
    await textOf('ann');
    await expect.poll(() => textOf('ann')).toBe('read 2');
  });

  it('a resource is neither kept nor looked up when more than the resource decides over the answer', async () => {
    await textOf('ann');
    const more = { inputResponses: { q: { action: 'accept' } } };
    expect(await textOf('ann', url, more)).toBe('read 2 by ann@x');
    expect(await textOf('ann', url, { _meta: { tenant: 'other' } })).toBe('read 3 by ann@x');
    expect(await textOf('ann', url, { _meta: { 'switchyard/via': ['before'] } })).toBe('read 4 by ann@x');
    // A state is sealed for its request: one that is made up is refused before anything is looked for.
    expect((await read('ann', url, { requestState: 'x' })).json.error.code).toBe(-32602);
    expect(await textOf('ann')).toBe('read 1 by ann@x');
    expect(reads).toBe(4);
  });

  it('a resource is not kept when it came after input, or asks for input itself', async () => {
    const upstream = rig.execute;
    rig.execute = async (call, context) => {
      if (context.body?.includes('inputResponses') === true) return upstream(call, context);
      reads++;
      const q = { method: 'elicitation/create', params: { message: 'Which?', requestedSchema: { type: 'object' } } };
      return new WithBody(
        { kind: 'input-required', ...cache },
        JSON.stringify({ inputRequests: { q }, requestState: 's' }),
      );
    };
    const _meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
    const ask = async (more: object = {}) => (await read('ann', url, { _meta, ...more })).json.result;
    const asked = await ask();
    expect(asked).toMatchObject({ resultType: 'input_required' });
    expect(asked).not.toHaveProperty('ttlMs');
    const { requestState } = asked;
    const answered = { requestState, inputResponses: { q: { action: 'accept', content: {} } } };
    expect((await ask(answered)).contents[0].text).toBe('read 2 by ann@x');
    expect(await ask()).toMatchObject({ resultType: 'input_required' });
    expect(reads).toBe(3);
  });

  it("a kept resource is dropped when its upstream's list or credential changes", async () => {
    await textOf('ann');
    rig.registry.publish(CatalogChanged, { revision: 2, lists: ['resources'], serverIds: [], upstreamIds: ['u1'] });
    await expect.poll(() => textOf('ann')).toBe('read 2 by ann@x');
    rig.auth.publish(UpstreamCredentialChanged, { upstreamId: 'u1' });
    await expect.poll(() => textOf('ann')).toBe('read 3 by ann@x');
    rig.invocation.publish(UpstreamListChanged, { upstreamId: 'u1', list: 'resources' });
    await expect.poll(() => textOf('ann')).toBe('read 4 by ann@x');
    rig.auth.publish(UpstreamCredentialChanged, { upstreamId: 'another' });
    rig.invocation.publish(UpstreamListChanged, { upstreamId: 'u1', list: 'tools' });
    rig.invocation.publish(UpstreamListChanged, { upstreamId: 'another', list: 'resources' });
    await rig.invocation.flush();
    expect(await textOf('ann')).toBe('read 4 by ann@x');
  });

  it('a kept resource is dropped on every replica before any client is told that it has changed', async () => {
    const other = `${await rig.start()}/mcp`;
    await textOf('ann');
    await textOf('ann', other);
    const listening = await fetch(url, {
      method: 'POST',
      headers: { ...JSON_HEADERS, ...modernHeaders('subscriptions/listen'), authorization: 'Bearer bob' },
      body: JSON.stringify(modern('subscriptions/listen', { notifications: { resourceSubscriptions: [URI] } })),
    });
    const events = eventsOf(listening);
    await nextMessage(events);
    await expect.poll(() => rig.watches.length).toBe(1);

    await rig.watches[0]?.send(URI);
    expect((await nextMessage(events)).method).toBe('notifications/resources/updated');

    expect(await textOf('ann')).toBe('read 3 by ann@x');
    expect(await textOf('ann', other)).toBe('read 4 by ann@x');
    await events.return(undefined);
  });

  it('a resource is not kept when it was read before a change that came to be known after', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const upstream = rig.execute;
    rig.execute = async (...args) => {
      const answer = await upstream(...args);
      await promise;
      return answer;
    };
    const slow = textOf('ann');
    await expect.poll(() => reads).toBe(1);
    rig.auth.publish(UpstreamCredentialChanged, { upstreamId: 'u1' });
    await new Promise((done) => setTimeout(done, 20));
    resolve();
    expect(await slow).toBe('read 1 by ann@x');
    expect(await textOf('ann')).toBe('read 2 by ann@x');
  });

  it('a read of a resource is recorded when it is answered from memory', async () => {
    await textOf('ann');
    await textOf('ann');
    expect(rig.records).toMatchObject([{ outcome: 'ok', method: 'resources/read', name: URI, principalId: 'ann@x' }]);
  });

  it('a resource is not kept when there is no room', async () => {
    await rig.stop();
    await start({ RESOURCE_CACHE_SIZE: '0' });
    await textOf('ann');
    expect(await textOf('ann')).toBe('read 2 by ann@x');
  });
});
