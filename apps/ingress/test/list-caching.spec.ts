import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CatalogChanged, type UpstreamListing, UpstreamListChanged } from '#libs/contracts';
import { fail } from '#libs/errors';
import { Rig, catalogOf, listingOf, modern, modernHeaders, openSession, post, tool, upstream, user } from './rig.js';

const MINUTE_MS = 60_000;
const TEAM = { visibility: 'team', teamId: 'red', ownerEmail: null } as const;

let rig: Rig;
let url: string;

const start = async (env: Record<string, string> = {}): Promise<void> => {
  rig = new Rig(env);
  rig.tokens.set('red', user('red@x', { teams: ['red'] }));
  rig.tokens.set('blue', user('blue@x', { teams: ['blue'] }));
  url = `${await rig.start()}/mcp`;
};
beforeEach(() => start());
afterEach(() => rig.stop());

/** An endpoint over upstreams that said this a moment ago, with a tool of each. */
const offer = (listings: readonly UpstreamListing[], parts: object = {}) => {
  const upstreams = listings.map((listing, index) => upstream(`u${index}`, listing));
  const tools = upstreams.map(({ id }) => ({ ...tool(`of_${id}`), upstreamId: id }));
  return catalogOf({ upstreams, tools, ...parts });
};
const serve = (...parts: Parameters<typeof offer>): void => void rig.catalogs.set(null, offer(...parts));

const ask = async (method = 'tools/list', at = url, token = 'red') => {
  const headers = { ...modernHeaders(method), authorization: `Bearer ${token}` };
  const { ttlMs, cacheScope } = (await post(at, modern(method), headers)).json.result;
  return { ttlMs, cacheScope } as { ttlMs: number; cacheScope: string };
};
const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'server/discover'];

describe('a list of several upstreams', () => {
  it.each(LISTS)(
    'a list of several upstreams is good for as long as the first of theirs, less its age here: %s',
    async (method) => {
      const askedAtMs = Date.now() - 20_000;
      serve([listingOf({ ttlMs: 3 * MINUTE_MS }), listingOf({ ttlMs: MINUTE_MS }, askedAtMs)]);
      const first = await ask(method);
      expect(first.ttlMs).toBeLessThanOrEqual(40_000);
      expect(first.ttlMs).toBeGreaterThan(0);
      await sleep(30);
      expect((await ask(method)).ttlMs).toBeLessThanOrEqual(first.ttlMs - 30);
      expect((await ask(method)).ttlMs).toSatisfy(Number.isInteger);
    },
  );

  it('a list is public when all its upstreams say so, and private when one does not', async () => {
    serve([listingOf(), listingOf()]);
    expect((await ask()).cacheScope).toBe('public');
    rig.catalogs.set('s', offer([listingOf(), listingOf({ cacheScope: 'private' })]));
    expect((await ask('tools/list', url.replace('/mcp', '/servers/s/mcp'))).cacheScope).toBe('private');
  });

  it.each([
    ['a tool', { tools: [tool('open'), tool('hidden', {}, TEAM)] }],
    ['the server', { server: { id: null, name: 'all', description: null, ...TEAM } }],
  ])('a list is private when not everybody sees %s', async (_, parts) => {
    serve([listingOf({ ttlMs: MINUTE_MS })], parts);
    for (const method of LISTS) expect((await ask(method)).cacheScope).toBe('private');
  });

  it('a list is private and good for no time when nothing is known of one upstream', async () => {
    const [first] = offer([listingOf({ ttlMs: MINUTE_MS })]).upstreams;
    serve([], { upstreams: [first, upstream('old', undefined)] });
    expect(await ask()).toEqual({ ttlMs: 0, cacheScope: 'private' });
  });

  it('a list is good for no longer than the gateway allows when its upstreams say more', async () => {
    await rig.stop();
    await start({ LIST_TTL_MS: '5000' });
    serve([listingOf({ ttlMs: 10 * MINUTE_MS })]);
    expect((await ask()).ttlMs).toBe(5_000);
  });

  it("a virtual server's list depends only on the upstreams that were chosen for it", async () => {
    const listings = [listingOf({ ttlMs: MINUTE_MS }), listingOf({ ttlMs: 0, cacheScope: 'private' })];
    const server = { id: 's', name: 's', description: null, visibility: 'public', teamId: null, ownerEmail: null };
    const tools = [{ ...tool('chosen'), upstreamId: 'u0' }];
    rig.catalogs.set('s', offer(listings, { server, tools }));
    const at = url.replace('/mcp', '/servers/s/mcp');
    expect((await ask('tools/list', at)).ttlMs).toBeGreaterThan(MINUTE_MS - 10_000);
    expect((await ask('tools/list', at)).cacheScope).toBe('public');
    expect(await ask('server/discover', at)).toEqual({ ttlMs: 0, cacheScope: 'private' });
  });

  it("a list says nothing of its age when the client's revision has no such thing", async () => {
    serve([listingOf({ ttlMs: MINUTE_MS })], { tools: [tool('odd', { description: '"ttlMs":9007199254740991' })] });
    const session = await openSession(url);
    const { text } = await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }, session);
    expect(JSON.parse(text).result).toEqual({ tools: [expect.objectContaining({ name: 'odd' })] });
    expect(text).toContain('\\"ttlMs\\":9007199254740991');
  });
});

describe('a list that is too old', () => {
  const OLD = { ttlMs: 50, renewAfterMs: 50 };

  it('a list that is too old is given at once, good for no time, and renewed once when many ask for it', async () => {
    const { promise, resolve } = Promise.withResolvers<UpstreamListing>();
    rig.renew = () => promise;
    serve([listingOf(OLD, Date.now() - 1_000), listingOf({ ttlMs: MINUTE_MS })]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(answers.map(({ ttlMs }) => ttlMs)).toEqual(Array.from({ length: 20 }, () => 0));
    await expect.poll(() => rig.renewals).toEqual(['u0']);

    resolve(listingOf({ ttlMs: MINUTE_MS }));
    await expect.poll(async () => (await ask()).ttlMs).toBeGreaterThan(MINUTE_MS - 10_000);
    expect(rig.renewals).toEqual(['u0']);
    expect(rig.describes).toBe(1);
  });

  it('a list that is too old is renewed only when it is used', async () => {
    const used = async () => {
      serve([listingOf({ ttlMs: 2_000, renewAfterMs: 2_000 })]);
      return (await ask()).ttlMs;
    };
    // It may be too old already where the machine stood still.
    while ((await used()) === 0) {
      await rig.stop();
      await start();
    }
    await sleep(2_500);
    expect(rig.renewals).toEqual([]);
    await ask('prompts/list');
    await expect.poll(() => rig.renewals).toEqual(['u0']);
  });

  it('a list is not renewed for its age when its upstream notifies of changes', async () => {
    serve([listingOf({ ttlMs: 0, renewAfterMs: null })]);
    await ask();
    await sleep(50);
    expect(rig.renewals).toEqual([]);
  });

  it('a list is renewed less and less often when that fails', async () => {
    const times: number[] = [];
    rig.renew = async () => {
      times.push(performance.now());
      throw fail('upstream.unreachable');
    };
    serve([listingOf(OLD, Date.now() - 1_000)]);
    while (times.length < 3) {
      expect((await ask()).ttlMs).toBe(0);
      await sleep(10);
    }
    // Half of the pauses of one second and of two.
    const [first = 0, second = 0, third = 0] = times;
    expect(second).toBeGreaterThan(first + 450);
    expect(third).toBeGreaterThan(second + 950);
  });

  it('a list becomes private when its upstream says so, whatever an earlier catalog says', async () => {
    rig.renew = async () => listingOf({ ttlMs: MINUTE_MS, cacheScope: 'private' });
    serve([listingOf(OLD, Date.now() - 1_000)]);
    expect((await ask()).cacheScope).toBe('public');
    await expect.poll(async () => (await ask()).cacheScope).toBe('private');
    rig.registry.publish(CatalogChanged, { revision: 2, lists: [], serverIds: [], upstreamIds: [] });
    const describes = async () => {
      await ask();
      return rig.describes;
    };
    await expect.poll(describes).toBe(2);
    expect(await ask()).toEqual({ ttlMs: expect.any(Number), cacheScope: 'private' });
    expect(rig.describes).toBe(2);
  });
});

describe('a list that its upstream says has changed', () => {
  it('a list is good for no time on any replica when its upstream has said that it changed, until it is listed again', async () => {
    const other = `${await rig.start()}/mcp`;
    serve([listingOf({ ttlMs: MINUTE_MS, renewAfterMs: MINUTE_MS }, Date.now() - 1_000)]);
    for (const at of [url, other]) expect((await ask('tools/list', at)).ttlMs).toBeGreaterThan(0);
    const before = listingOf({ ttlMs: MINUTE_MS, renewAfterMs: MINUTE_MS }, Date.now() - 1_000);
    rig.renew = async () => before;

    rig.invocation.publish(UpstreamListChanged, { upstreamId: 'u0', list: 'tools' });
    await rig.invocation.flush();
    for (const at of [url, other]) {
      expect((await ask('tools/list', at)).ttlMs).toBe(0);
      expect((await ask('prompts/list', at)).ttlMs).toBeGreaterThan(0);
    }
    await expect.poll(() => rig.renewals).toEqual(['u0', 'u0']);

    await sleep(20);
    rig.renew = async () => listingOf({ ttlMs: MINUTE_MS, renewAfterMs: MINUTE_MS });
    for (const at of [url, other]) {
      await expect.poll(async () => (await ask('tools/list', at)).ttlMs).toBeGreaterThan(0);
    }
  });
});
