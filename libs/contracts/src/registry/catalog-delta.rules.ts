import type { Catalog, CatalogDelta, CatalogPrompt, CatalogTool } from './catalog.js';

type Named = CatalogTool | CatalogPrompt;
type Lists = Pick<Catalog, 'upstreams' | 'tools' | 'prompts' | 'resources' | 'resourceTemplates'>;

/** From one catalog to the next. */
export interface CatalogStep {
  readonly delta: CatalogDelta;
  readonly catalog: Catalog;
  /** What the one had and the next has not, or has otherwise. */
  readonly dropped: Lists;
  /** What the next has and the one had not, or had otherwise. */
  readonly added: Lists;
}

/** Whether deltas can be applied to it: a registry of before says nothing of the order. */
export const isOrdered = ({ tools, prompts }: Catalog): boolean =>
  tools.every(({ order }) => order !== undefined) && prompts.every(({ order }) => order !== undefined);

/** Whether the endpoint has become another by it. */
export const isEmpty = ({ catalog, dropped, added }: CatalogStep, before: Catalog): boolean =>
  LISTS.every((list) => dropped[list].length === 0 && added[list].length === 0) &&
  catalog.linkedResources === before.linkedResources;

const LISTS = ['upstreams', 'tools', 'prompts', 'resources', 'resourceTemplates'] as const;
const WHOLE_LISTS = ['upstreams', 'resources', 'resourceTemplates'] as const;

/**
 * A catalog that deltas lead on. Its tools and prompts change in place, so that a change costs what it changes however many
 * there are; the lists that a delta does not touch stay the same arrays.
 */
export class LedCatalog {
  private lists: { readonly tools: LedList<CatalogTool>; readonly prompts: LedList<CatalogPrompt> } | null = null;

  constructor(private current: Catalog) {}

  get catalog(): Catalog {
    return this.current;
  }

  follow(delta: CatalogDelta): CatalogStep {
    const before = this.current;
    this.lists ??= { tools: new LedList(before.tools), prompts: new LedList(before.prompts) };
    const { tools, prompts } = this.lists;
    const dropped: { -readonly [List in keyof Lists]: Lists[List] } = {
      ...NOTHING,
      tools: tools.follow(delta.tools, delta),
      prompts: prompts.follow(delta.prompts, delta),
    };
    const added = { ...NOTHING, tools: delta.tools, prompts: delta.prompts };
    for (const list of WHOLE_LISTS) if (delta[list] !== undefined) Object.assign(dropped, { [list]: before[list] });
    for (const list of WHOLE_LISTS) if (delta[list] !== undefined) Object.assign(added, { [list]: delta[list] });
    this.current = {
      server: before.server,
      ...(before.gatewayId !== undefined && { gatewayId: before.gatewayId }),
      revision: delta.revision,
      upstreams: delta.upstreams ?? before.upstreams,
      tools: tools.entries,
      prompts: prompts.entries,
      resources: delta.resources ?? before.resources,
      resourceTemplates: delta.resourceTemplates ?? before.resourceTemplates,
      linkedResources: delta.linkedResources ?? before.linkedResources ?? [],
    };
    return { delta, catalog: this.current, dropped, added };
  }
}

const NOTHING: Lists = { upstreams: [], tools: [], prompts: [], resources: [], resourceTemplates: [] };

/** Entries in their order, of which a change reads those that it names and those that it searches for their places. */
class LedList<E extends Named> {
  readonly entries: E[];
  private readonly byId: Map<string, E>;

  constructor(entries: readonly E[]) {
    this.entries = [...entries];
    this.byId = new Map(entries.map((entry) => [entry.id, entry]));
  }

  /** Answers what is there no longer, or otherwise than it was. */
  follow(put: readonly E[], { goneIds, replacedUpstreamIds }: CatalogDelta): readonly E[] {
    const dropped = new Set([...goneIds, ...put.map(({ id }) => id)].flatMap((id) => this.byId.get(id) ?? []));
    if (replacedUpstreamIds.length > 0) {
      const replaced = new Set(replacedUpstreamIds);
      for (const entry of this.entries) if (replaced.has(entry.upstreamId)) dropped.add(entry);
    }
    this.remove([...dropped]);
    this.insert(put);
    return [...dropped];
  }

  /** Neighbours at once, the last first, so that the places of the others hold. */
  private remove(dropped: readonly E[]): void {
    for (const { id } of dropped) this.byId.delete(id);
    const places = dropped.map((entry) => this.placeOf(entry)).sort((one, other) => other - one);
    for (let first = 0, last = 1; last <= places.length; last++) {
      const place = places[last - 1] as number;
      if (places[last] === place - 1) continue;
      this.entries.splice(place, last - first);
      first = last;
    }
  }

  private insert(put: readonly E[]): void {
    for (const entry of put) this.byId.set(entry.id, entry);
    const places = put.map((entry) => this.placeOf(entry));
    for (let first = put.length - 1, end = put.length; first >= 0; first--) {
      const place = places[first] as number;
      if (places[first - 1] === place) continue;
      this.entries.splice(place, 0, ...put.slice(first, end));
      end = first;
    }
  }

  /** Where the entry is, or belongs: before the first that comes not before it. */
  private placeOf(entry: E): number {
    const order = orderOf(entry);
    let [from, to] = [0, this.entries.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (orderOf(this.entries[middle] as E) < order) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

const orderOf = ({ order }: Named): number => order ?? 0;
