import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, LocalBus } from '#libs/bus';
import {
  type Catalog,
  CatalogChanged,
  type CatalogDelta,
  type CatalogTool,
  type CatalogUpstream,
  DescribeServer,
  type RequestOf,
} from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { Catalogs } from './catalogs.js';
import { EndpointCatalog } from './endpoint-catalog.js';
import { Listings } from './listings.js';
import { PreparedPages } from './prepared-pages.js';
import type { ToolIndex } from './search/tool-index.js';
import { ToolIndexes } from './search/tool-indexes.js';

const shape = { size: 100, bytesMax: 1_000_000, ttlMsMax: 0, about: '{}' };
const logger = createLogger({ service: 'ingress', level: 'silent' });
const SERVER = { name: 'all', description: null, visibility: 'public', teamId: null, ownerEmail: null } as const;
const ANN: Principal = {
  id: 'ann@example.com',
  kind: 'user',
  isAdmin: false,
  teams: ['home'],
  permissions: ['*'],
  serverId: null,
  tokenId: null,
};

const upstreamOf = (id: string): CatalogUpstream => ({
  id,
  name: id,
  slug: id,
  sessionScope: 'shared',
  capabilities: { tools: {} },
  instructions: null,
  visibility: 'public',
  teamId: null,
  ownerEmail: null,
});

const toolOf = (order: number, text: string, more: Partial<CatalogTool> = {}): CatalogTool => ({
  id: `id${order}`,
  upstreamId: `u${order % 3}`,
  name: `tool${order}`,
  upstreamName: `tool${order}`,
  definition: `{"name":"tool${order}","title":"${text}"}`,
  headerParams: [],
  visibility: 'public',
  teamId: null,
  ownerEmail: null,
  order,
  ...more,
});

/** A registry whose catalog changes, and that knows for each revision what it changed. */
class ChangingRegistry {
  revision = 1;
  readonly asked: RequestOf<typeof DescribeServer>[] = [];
  tellsDeltas = true;
  private readonly tools = new Map<number, CatalogTool>();
  private readonly touched: number[] = [];

  constructor(private readonly bus: Bus) {
    bus.answer(DescribeServer, async (request) => {
      this.asked.push(request);
      const { serverId, since } = request;
      if (since === undefined || !this.tellsDeltas) return this.whole(serverId);
      return this.delta(since);
    });
  }

  whole(serverId: string | null): Catalog {
    const ordered = [...this.tools.values()].sort((one, other) => (one.order ?? 0) - (other.order ?? 0));
    return {
      server: { id: serverId, ...SERVER },
      revision: this.revision,
      upstreams: ['u0', 'u1', 'u2'].map(upstreamOf),
      tools: this.tellsDeltas ? ordered : ordered.map((tool) => ({ ...tool, order: undefined as never })),
      prompts: [],
      resources: [],
      resourceTemplates: [],
      linkedResources: [],
    };
  }

  put(order: number, tool: CatalogTool | null): void {
    if (tool === null) this.tools.delete(order);
    else this.tools.set(order, tool);
    this.touched.push(order);
    this.revision++;
  }

  async announce(revision = this.revision): Promise<void> {
    this.bus.publish(CatalogChanged, { revision, lists: ['tools'], serverIds: [], upstreamIds: ['u0'] });
    await this.bus.flush();
  }

  private delta(since: number): CatalogDelta {
    const orders = [...new Set(this.touched.slice(since - 1))].sort((one, other) => one - other);
    return {
      since,
      revision: this.revision,
      replacedUpstreamIds: [],
      goneIds: orders.filter((order) => !this.tools.has(order)).map((order) => `id${order}`),
      tools: orders.flatMap((order) => this.tools.get(order) ?? []),
      prompts: [],
    };
  }
}

let broker: LocalBus;
let ingress: Bus;
let registry: ChangingRegistry;
let listings: Listings;
let catalogs: Catalogs;

beforeEach(() => {
  broker = new LocalBus();
  registry = new ChangingRegistry(broker.join('registry'));
  ingress = broker.join('ingress');
  listings = new Listings(ingress, logger);
  catalogs = new Catalogs(ingress, shape, listings, logger);
});
afterEach(() => {
  catalogs.close();
  listings.close();
});

/** All that can be asked of an endpoint. */
const seenOf = (catalog: EndpointCatalog) =>
  (['modern', 'legacy'] as const).map((era) => {
    const endpoint = catalog.inEra(era);
    const view = endpoint.view(ANN);
    return {
      listed: view.tools,
      digest: view.digest('tools'),
      found: Array.from(
        { length: 30 },
        (_, order) => endpoint.tool(`tool${order}`, ANN) ?? endpoint.tool(`other${order}`, ANN),
      ),
    };
  });
/** The tools that a search finds, which is made anew for neither when a change has come. */
const searchedIn = (catalog: EndpointCatalog) =>
  Promise.all(
    (['modern', 'legacy'] as const).map(async (era) => {
      const endpoint = catalog.inEra(era);
      const index = await endpoint.toolIndex();
      const found = (query: string) =>
        index.search(query, ({ id, name }) => endpoint.tool(name, ANN)?.id === id).map(({ id }) => id);
      return ['0', '1 2', 'tool1 other3', 'old'].map((query) => found(query).sort());
    }),
  );
const fromScratch = (): EndpointCatalog =>
  new EndpointCatalog(registry.whole(null), {
    shape,
    listings,
    pages: new PreparedPages(),
    toolIndexes: new ToolIndexes(),
  });

describe('the read model led by deltas', () => {
  it('a change is asked for by the revision that is held, and the answer holds what was heard', async () => {
    registry.put(1, toolOf(1, 'first'));
    await catalogs.of(null);
    registry.put(2, toolOf(2, 'second'));
    await registry.announce();
    const { tools } = (await catalogs.of(null)).view(ANN);
    expect(tools.map(({ name }) => name)).toEqual(['tool1', 'tool2']);
    expect(registry.asked).toEqual([{ serverId: null }, { serverId: null, since: 2, heard: 3 }]);
  });

  it('the whole is asked for each time when the registry is one of before and tells no deltas', async () => {
    registry.tellsDeltas = false;
    registry.put(1, toolOf(1, 'first'));
    await catalogs.of(null);
    registry.put(1, null);
    await registry.announce();
    expect((await catalogs.of(null)).tool('tool1', ANN)).toBeUndefined();
    expect(registry.asked.every(({ since }) => since === undefined)).toBe(true);
  });

  it('the same catalog serves on when a change elsewhere has left it as it was', async () => {
    registry.put(1, toolOf(1, 'first'));
    const before = await catalogs.of(null);
    registry.put(9, null);
    await registry.announce();
    expect(await catalogs.of(null)).toBe(before);
    expect(registry.asked.at(-1)).toMatchObject({ since: 2 });
    registry.put(1, null);
    await registry.announce();
    expect((await catalogs.of(null)).tool('tool1', ANN)).toBeUndefined();
    expect(registry.asked.at(-1)).toMatchObject({ since: 3 });
  });

  it('a change whose announcement was lost is found within half a minute when the endpoint is used', async () => {
    registry.put(1, toolOf(1, 'first'));
    await catalogs.of(null);
    registry.put(1, null);
    const nowMs = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(nowMs + 29_000);
    try {
      expect(catalogs.of(null)).not.toBeInstanceOf(Promise);
      expect(registry.asked).toHaveLength(1);
      clock.mockReturnValue(nowMs + 31_000);
      expect(catalogs.of(null)).not.toBeInstanceOf(Promise);
      await vi.waitFor(async () => expect((await catalogs.of(null)).tool('tool1', ANN)).toBeUndefined());
      expect(registry.asked).toEqual([{ serverId: null }, { serverId: null, since: 2 }]);
    } finally {
      clock.mockRestore();
    }
  });

  it.each([1, 2, 3, 4, 5])(
    'a replica equals one built from scratch when changes are random, announced twice, late or never (seed %i)',
    async (seed) => {
      let state = seed;
      const below = (count: number): number => {
        state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
        return Math.floor((state / 2 ** 32) * count);
      };
      const late: number[] = [];
      for (let change = 0; change < 300; change++) {
        const order = below(30);
        const variants: Partial<CatalogTool>[] = [
          {},
          { name: `other${order}` },
          { visibility: 'team', teamId: ['home', 'away'][below(2)] as string },
          ...(seed % 2 === 0 ? [{ era: 'legacy' as const }, { legacyDefinition: '{"name":"of old"}' }] : []),
        ];
        const variant = variants[below(variants.length)] as Partial<CatalogTool>;
        registry.put(order, below(3) === 0 ? null : toolOf(order, `${below(4)}`, variant));
        const fate = below(4);
        if (fate === 0) continue;
        if (fate === 1) late.push(registry.revision);
        else
          for (const revision of [registry.revision, ...(fate === 2 ? late.splice(0) : [])])
            await registry.announce(revision);
        if (fate <= 1) continue;
        expect(seenOf(await catalogs.of(null))).toEqual(seenOf(fromScratch()));
        if (change % 30 === 0)
          expect(await searchedIn(await catalogs.of(null))).toEqual(await searchedIn(fromScratch()));
      }
      expect(registry.asked.filter(({ since }) => since === undefined)).toHaveLength(1);
    },
  );

  it.each(['public', 'team'] as const)(
    'a change reads a few entries of ten thousand, whatever their order, when they are %s',
    (visibility) => {
      const scope = { visibility, teamId: visibility === 'team' ? 'home' : null };
      let reads = 0;
      const counted = (tool: CatalogTool): CatalogTool =>
        new Proxy(tool, { get: (target, key) => (reads++, target[key as keyof CatalogTool]) });
      for (let order = 0; order < 10_000; order++) registry.put(order, toolOf(order, 'x', scope));
      const whole = registry.whole(null);
      const means = { shape, listings, pages: new PreparedPages(), toolIndexes: new ToolIndexes() };
      let endpoint = new EndpointCatalog({ ...whole, tools: whole.tools.map(counted) }, means);
      const toggle = (order: number, isOn: boolean): void => {
        const [goneIds, tools] = isOn ? [[], [toolOf(order, 'on', scope)]] : [[`id${order}`], []];
        const { revision: since } = endpoint.catalog;
        const delta = { since, revision: since + 1, replacedUpstreamIds: [], goneIds, tools, prompts: [] };
        endpoint = endpoint.after(endpoint.stepBy(delta));
      };
      toggle(1, false);
      toggle(1, true);
      reads = 0;
      for (const order of [5_000, 0, 9_999, 4_711]) {
        toggle(order, false);
        expect(endpoint.tool(`tool${order}`, ANN)).toBeUndefined();
        toggle(order, true);
        expect(endpoint.tool(`tool${order}`, ANN)).toMatchObject({ order });
      }
      expect(reads).toBeLessThan(300);
      expect(endpoint.catalog.tools.map(({ order }) => order)).toEqual(Array.from({ length: 10_000 }, (_, at) => at));
    },
  );

  it.each([
    ['has looked already', true],
    ['looks only then', false],
  ])('a request that has begun before a change sees nothing of what is hidden from it when it %s', (_title, looked) => {
    for (let order = 0; order < 20; order++) registry.put(order, toolOf(order, 'x'));
    const means = { shape, listings, pages: new PreparedPages(), toolIndexes: new ToolIndexes() };
    const before = new EndpointCatalog(registry.whole(null), means);
    const eve = { ...ANN, id: 'eve@example.com' };
    if (looked) expect(before.view(eve).tools).toHaveLength(20);
    const hidden = toolOf(3, 'hidden', { visibility: 'team', teamId: 'other' });
    const secret = toolOf(20, 'hidden', { visibility: 'private', ownerEmail: 'bob@example.com' });
    const changed = { replacedUpstreamIds: [], goneIds: ['id5'], tools: [hidden, secret], prompts: [] };
    const after = before.after(before.stepBy({ since: 1, revision: 2, ...changed }));
    const shown = after.catalog.tools.filter(({ visibility }) => visibility === 'public');
    expect(shown).toHaveLength(18);
    expect(
      before
        .view(eve)
        .tools.map(({ definition }) => definition)
        .join(),
    ).not.toContain('hidden');
    if (!looked) expect(before.view(eve).tools).toEqual(shown);
    expect(after.view(ANN).tools).toEqual(shown);
  });

  it('a catalog that another has taken the place of is held no longer when many have followed', async () => {
    const past: WeakRef<EndpointCatalog>[] = [];
    for (let order = 0; order < 20; order++) {
      registry.put(order, toolOf(order, 'x', order % 2 === 0 ? { era: 'legacy' } : {}));
      await registry.announce();
      const catalog = await catalogs.of(null);
      for (const each of [catalog, catalog.inEra('modern'), catalog.inEra('legacy')]) {
        each.view(ANN);
        past.push(new WeakRef(each));
      }
    }
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    await vi.waitFor(() => {
      collectGarbage();
      // That of today, and what the collector may still see on its stack.
      expect(past.filter((each) => each.deref() !== undefined).length).toBeLessThanOrEqual(6);
    });
  });

  it('a search that is being made finds the tools of when it was begun when its catalog changes meanwhile', async () => {
    for (let order = 0; order < 200; order++) registry.put(order, toolOf(order, 'x'));
    const whole = registry.whole(null);
    const means = { shape, listings, pages: new PreparedPages(), toolIndexes: new ToolIndexes() };
    let endpoint = new EndpointCatalog(whole, means);
    const delta = { since: 1, revision: 2, replacedUpstreamIds: [], goneIds: ['id0'], tools: [], prompts: [] };
    endpoint = endpoint.after(endpoint.stepBy(delta));
    const making = endpoint.toolIndex();
    const back = { ...delta, since: 2, revision: 3, goneIds: ['id199'], tools: [toolOf(0, 'x')] };
    endpoint = endpoint.after(endpoint.stepBy(back));
    const found = async (index: Promise<ToolIndex>): Promise<string[]> =>
      (await index).search('x', ({ id }) => ['id0', 'id199'].includes(id)).map(({ id }) => id);
    expect(await found(making)).toEqual(['id199']);
    expect(await found(endpoint.toolIndex())).toEqual(['id0']);
  });

  it('definitions are held once for all endpoints, and no longer than one of them shows them', async () => {
    for (let order = 0; order < 20; order++) registry.put(order, toolOf(order, 'same'));
    for (const serverId of [null, 'a', 'b']) await catalogs.of(serverId);
    expect(catalogs.definitionsHeld).toBe(20);
    for (let again = 0; again < 1_000; again++) {
      registry.put(again % 20, toolOf(again % 20, `anew ${again}`));
      await registry.announce();
      if (again % 3 === 0) for (const serverId of [null, 'a', 'b']) await catalogs.of(serverId);
    }
    for (const serverId of [null, 'a', 'b']) await catalogs.of(serverId);
    expect(catalogs.definitionsHeld).toBe(20);
    for (let order = 0; order < 20; order++) registry.put(order, null);
    await registry.announce();
    for (const serverId of [null, 'a', 'b']) await catalogs.of(serverId);
    expect(catalogs.definitionsHeld).toBe(0);
  });
});
