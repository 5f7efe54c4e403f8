import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalog, CatalogDelta } from '#contracts/registry/catalog';
import { LedCatalog } from '#contracts/registry/catalog-delta.rules';
import {
  type Registry,
  RegistryBench,
  Surroundings,
  prompt,
  resource,
  template,
  tool,
  upstream,
} from './given-registry.js';

let bench: RegistryBench;
let around: Surroundings;
let registry: Registry;
/** On the same database; hears nothing of what the first one announces. */
let other: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  around = new Surroundings();
  registry = await bench.registry(around);
  other = await bench.registry(around);
});
afterAll(() => bench.close());

const deltaSince = async (since: number, from = registry): Promise<CatalogDelta> => {
  const answer = await from.describeSince(since);
  if (!('since' in answer)) throw new Error('the whole was answered');
  return answer;
};

/** Repeatable. */
const randomOf = (seed: number) => {
  let state = seed;
  const next = (): number => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    below,
    chance: (share: number): boolean => next() < share,
    of: <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item,
    some: <Item>(items: readonly Item[]): Item[] => items.filter(() => next() < 0.5),
  };
};
type Random = ReturnType<typeof randomOf>;

const APPS = ['ui://one', 'ui://two'];
const linked = (uri: string): string => `,"_meta":{"ui":{"resourceUri":"${uri}"}}`;

const offerOf = (random: Random) =>
  upstream({
    tools: random
      .some(['a', 'b', 'c', 'd'])
      .map((name) => tool(name, random.chance(0.3) ? linked(random.of(APPS)) : `,"title":"${random.below(5)}"`)),
    prompts: random.some(['p', 'q']).map(prompt),
    resources: random.some([...APPS, 'file:///x', 'file:///y']).map(resource),
    resourceTemplates: random.some(['file:///{id}', 'db://{id}']).map(template),
  });

/** What is refused changes nothing. */
const REFUSALS = new Set([409, 422]);
const change = async (method: string, path: string, body?: unknown): Promise<void> => {
  const { status, text } = await registry.ask(method, path, body);
  if (status >= 300 && !REFUSALS.has(status)) throw new Error(`${method} ${path}: ${status} ${text}`);
};

/** One change of any kind. */
const changeAtRandom = async (random: Random, serverIds: readonly string[], number: number): Promise<void> => {
  const gateways = (await registry.ask('GET', '/gateways?include_inactive=true')).body as { id: string; url: string }[];
  const lists = ['tools', 'prompts', 'resources'] as const;
  const idsOf = async (list: string): Promise<string[]> =>
    (await registry.ask('GET', `/${list}?include_inactive=true`)).body.map(({ id }: { id: string }) => id);
  const kind = gateways.length < 2 ? 0 : random.below(9);
  const gateway = random.of(gateways);
  if (kind === 0)
    await registry.register(`G${number}`, offerOf(random), { visibility: random.of(['public', 'private']) });
  else if (kind === 1) await change('POST', `/gateways/${gateway?.id}/state?activate=${random.chance(0.6)}`);
  else if (kind === 2 && gateways.length > 4) await change('DELETE', `/gateways/${gateway?.id}`);
  else if (kind === 3) {
    around.upstreams.set(gateway?.url ?? '', offerOf(random));
    await change('POST', `/gateways/${gateway?.id}/tools/refresh`);
  } else if (kind === 4) {
    const choice = {
      associatedTools: random.some(await idsOf('tools')),
      associatedPrompts: random.some(await idsOf('prompts')),
    };
    await change('PUT', `/servers/${random.of(serverIds)}`, choice);
  } else if (kind === 5) {
    const id = random.of(await idsOf('tools'));
    if (id !== undefined) await change('PUT', `/tools/${id}`, { customName: `n${random.below(6)}` });
  } else {
    const list = random.of(lists);
    const id = random.of(await idsOf(list));
    if (id !== undefined) await change('POST', `/${list}/${id}/state?activate=${random.chance(0.6)}`);
  }
};

describe('what has changed since a revision', () => {
  it('a delta holds the one tool that was switched off or on when nothing else has changed', async () => {
    const gateway = await registry.register('Many', upstream({ tools: ['a', 'b', 'c'].map((name) => tool(name)) }));
    const { revision, tools } = await registry.describe();
    const { id } = tools[1] as Catalog['tools'][number];
    await registry.ask('POST', `/tools/${id}/state?activate=false`);
    expect(await deltaSince(revision)).toEqual({
      since: revision,
      revision: revision + 1,
      replacedUpstreamIds: [],
      goneIds: [id],
      tools: [],
      prompts: [],
    });
    await registry.ask('POST', `/tools/${id}/state?activate=true`);
    expect(await deltaSince(revision + 1)).toMatchObject({ goneIds: [], tools: [{ id }], prompts: [] });
    expect(await deltaSince(revision)).toMatchObject({ goneIds: [], tools: [{ id }], prompts: [] });
    await registry.ask('DELETE', `/gateways/${gateway.id}`);
  });

  it('a replica answers what has changed when it was another one that changed it, and heard nothing', async () => {
    const { revision } = await other.describe();
    const gateway = await registry.register('Unheard', upstream({ tools: [tool('unheard')] }));
    expect(await deltaSince(revision, other)).toMatchObject({
      revision: revision + 1,
      replacedUpstreamIds: [gateway.id],
      tools: [{ upstreamName: 'unheard' }],
    });
    await registry.ask('DELETE', `/gateways/${gateway.id}`);
    expect((await other.describe()).tools).toEqual([]);
  });

  it('a change is in memory when its announcement is heard, so that whoever asks then does not wait for the database', async () => {
    const { revision: since } = await registry.describe();
    const gateway = await registry.register('Heard', upstream({ tools: [tool('heard')] }));
    const heard = registry.changes.at(-1)?.revision ?? 0;
    await bench.whileLocked('registry.revision', async () => {
      expect(await registry.describeSince(since, null, heard)).toMatchObject({ since, revision: heard });
    });
    await registry.ask('DELETE', `/gateways/${gateway.id}`);
  });

  it('the whole is answered when the asker is ahead of the database, or a change was not noted', async () => {
    const { revision } = await registry.describe();
    expect(await registry.describeSince(revision + 100)).toHaveProperty('server');
    expect(await registry.describeSince(-1)).toHaveProperty('server');
    await bench.query('UPDATE registry.revision SET value = value + 1');
    expect(await registry.describeSince(revision)).toMatchObject({ revision: revision + 1, server: { id: null } });
  });

  it.each([1, 2, 3])(
    'endpoints led by deltas equal those built from scratch when changes are random (seed %i)',
    async (seed) => {
      const random = randomOf(seed);
      const serverIds: string[] = [];
      for (const name of [`one ${seed}`, `two ${seed}`])
        serverIds.push((await registry.ask('POST', '/servers', { server: { name } })).body.id);
      const held = new Map<string | null, LedCatalog>();
      let steps = 0;
      const bringUpToDate = async (serverId: string | null): Promise<void> => {
        const before = held.get(serverId);
        const from = random.of([registry, other]);
        const answer = before
          ? await from.describeSince(before.catalog.revision, serverId)
          : await from.describe(serverId);
        if (before === undefined || !('since' in answer))
          return void held.set(serverId, new LedCatalog(answer as Catalog));
        steps++;
        before.follow(answer);
        if (random.chance(0.5)) before.follow(answer);
      };
      for (let number = 0; number < 40; number++) {
        await changeAtRandom(random, serverIds, seed * 1_000 + number);
        for (const id of random.some([null, ...serverIds])) await bringUpToDate(id);
      }
      for (const id of [null, ...serverIds]) await bringUpToDate(id);

      const scratch = await bench.registry(around);
      for (const id of [null, ...serverIds])
        expect(comparable(held.get(id)?.catalog)).toEqual(comparable(await scratch.describe(id)));
      expect(steps).toBeGreaterThan(20);
      for (const { id } of (await registry.ask('GET', '/gateways?include_inactive=true')).body)
        await registry.ask('DELETE', `/gateways/${id}`);
    },
  );
});

/** How old each list is grows without a change of the catalog. */
const comparable = (catalog: Catalog | undefined) => ({
  ...catalog,
  upstreams: catalog?.upstreams.map((upstream) => ({ ...upstream, listing: null })),
});
