import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fail } from '#libs/errors';
import { type Registry, RegistryBench, tool, upstream } from './given-registry.js';

const INTERVAL_S = 3_600;
/** That of a registry whose failures are waited for. */
const SHORT_INTERVAL_MS = 1_000;

let bench: RegistryBench;
let registry: Registry;
let replica: Registry;
let impatient: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  const env = { LIST_REFRESH_INTERVAL: String(INTERVAL_S) };
  registry = await bench.registry(undefined, env);
  replica = await bench.registry(registry.around, env);
  impatient = await bench.registry(registry.around, { LIST_REFRESH_INTERVAL: String(SHORT_INTERVAL_MS / 1_000) });
});
afterAll(() => bench.close());

const saying = (ttlMs: number, cacheScope: 'public' | 'private', ...names: string[]) =>
  upstream({ tools: names.map((name) => tool(name)), hints: { tools: { ttlMs, cacheScope } } });
const listingOf = async (id: string) =>
  (await registry.describe()).upstreams.find((candidate) => candidate.id === id)?.listing;
/** As if they had been listed so long ago that it is time for it again. */
const age = (...ids: readonly string[]) =>
  bench.query(
    `UPDATE registry.gateway SET refreshed_at = refreshed_at - interval '${INTERVAL_S} s'
     WHERE id IN (${ids.map((id) => `'${id}'`).join()})`,
  );
const toolNames = async (id: string) =>
  (await registry.describe()).tools.filter(({ upstreamId }) => upstreamId === id).map(({ name }) => name);

describe('what an upstream says of how long its lists are good', () => {
  it('the catalog holds the hints of an upstream and the time of asking when the upstream gives hints', async () => {
    const beforeMs = Date.now();
    const gateway = await registry.register('Saying', async () => {
      await pause(50);
      return saying(7_200_000, 'public', 't');
    });
    expect(await listingOf(gateway.id)).toMatchObject({
      listedAtMs: expect.toSatisfy((ms: number) => ms >= beforeMs && ms <= Date.now() - 50),
      hints: {
        tools: { ttlMs: 7_200_000, cacheScope: 'public', renewAfterMs: 7_200_000 },
        prompts: { ttlMs: 0, cacheScope: 'private', renewAfterMs: null },
      },
    });
  });

  it('the hints of an upstream give way when the gateway sets its own, and come back when it unsets them', async () => {
    const body = { listTtlMs: 5_000, listCacheScope: 'private' };
    const gateway = await registry.register('Overruled', saying(60_000, 'public', 't'), body);
    expect(gateway).toMatchObject(body);
    expect((await listingOf(gateway.id))?.hints.tools).toMatchObject({ ttlMs: 5_000, cacheScope: 'private' });
    await registry.ask('PUT', `/gateways/${gateway.id}`, { list_ttl_ms: null, list_cache_scope: null });
    expect((await listingOf(gateway.id))?.hints.tools).toMatchObject({ ttlMs: 60_000, cacheScope: 'public' });
    const refused = await registry.ask('PUT', `/gateways/${gateway.id}`, { listTtlMs: -1, listCacheScope: 'team' });
    expect(refused.status).toBe(422);
  });

  it('a change is announced for all lists when a list that was public becomes private', async () => {
    const gateway = await registry.register('Turning', saying(60_000, 'public', 't'));
    const { revision } = await registry.describe();
    registry.around.upstreams.set(gateway.url, saying(30_000, 'private', 't'));
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect((await registry.describe()).revision).toBe(revision + 1);
    expect((await listingOf(gateway.id))?.hints.tools).toMatchObject({ ttlMs: 30_000, cacheScope: 'private' });
  });
});

describe('a list that is used although it is too old', () => {
  it('a list that is too old is renewed once, after the interval, when many replicas ask for it', async () => {
    const gateway = await registry.register('Short', saying(50, 'public', 'old'));
    registry.around.upstreams.set(gateway.url, async () => {
      await pause(100);
      return saying(50, 'public', 'new');
    });
    registry.around.discoveries.length = 0;
    const { listedAtMs } = await registry.renew(gateway.id);
    expect(registry.around.discoveries).toHaveLength(0);

    await age(gateway.id);
    await Promise.all([registry, registry, replica, replica].map((one) => one.renew(gateway.id)));
    expect(registry.around.discoveries).toHaveLength(1);
    expect(await toolNames(gateway.id)).toEqual(['short-new']);
    expect((await registry.renew(gateway.id)).listedAtMs).toBeGreaterThan(listedAtMs);
    expect(registry.around.discoveries).toHaveLength(1);
  });

  it('a renewed list is young again without an announcement when nothing in it changed', async () => {
    const gateway = await registry.register('Same', saying(50, 'public', 't'));
    await age(gateway.id);
    const { revision } = await registry.describe();
    registry.changes.length = 0;
    const beforeMs = Date.now();
    expect((await registry.renew(gateway.id)).listedAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect((await registry.describe()).revision).toBe(revision);
    expect(registry.changes).toEqual([]);
  });

  it('a list that is too old stays as it is, with growing pauses between attempts, when its upstream fails', async () => {
    const gateway = await registry.register('Away', saying(50, 'public', 't'));
    const times: number[] = [];
    registry.around.upstreams.set(gateway.url, async () => {
      times.push(performance.now());
      throw fail('upstream.unreachable');
    });
    while (times.length < 2) {
      await impatient.renew(gateway.id);
      await pause(20);
    }
    const [first = 0, second = 0] = times;
    // Twice the interval, less a quarter.
    expect(second).toBeGreaterThan(first + 1.4 * SHORT_INTERVAL_MS);
    expect(await toolNames(gateway.id)).toEqual(['away-t']);

    registry.around.upstreams.set(gateway.url, saying(50, 'public', 'back'));
    await vi.waitFor(
      async () => {
        await impatient.renew(gateway.id);
        expect(await toolNames(gateway.id)).toEqual(['away-back']);
      },
      { interval: 50 },
    );
  });

  it('a list that is too old waits its turn when many are renewed at once', async () => {
    let running = 0;
    let runningMax = 0;
    const full = Promise.withResolvers<void>();
    const slow = async () => {
      runningMax = Math.max(runningMax, ++running);
      if (running === 4) full.resolve();
      // As many as may run do so at once, however late each begins; and then there is time for one more.
      await full.promise;
      await pause(100);
      running -= 1;
      return saying(50, 'public');
    };
    const gateways = await Promise.all(
      Array.from({ length: 12 }, (_, index) => registry.register(`Many ${index}`, saying(50, 'public'))),
    );
    for (const { url } of gateways) registry.around.upstreams.set(url, slow);
    await age(...gateways.map(({ id }) => id));
    await Promise.all(gateways.map(({ id }) => registry.renew(id)));
    expect(runningMax).toBe(4);
  });

  it('a renewal is refused when the gateway is disabled or gone', async () => {
    const gateway = await registry.register('Off', saying(50, 'public', 't'));
    await registry.ask('POST', `/gateways/${gateway.id}/state?activate=false`);
    await expect(registry.renew(gateway.id)).rejects.toMatchObject({ code: 'upstream.unknown' });
    await expect(registry.renew('none')).rejects.toMatchObject({ code: 'upstream.unknown' });
  });
});
