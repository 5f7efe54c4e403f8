import type { Catalog, CatalogDelta, CatalogPrompt, CatalogTool } from './catalog.js';

type Named = CatalogTool | CatalogPrompt;

/** From one catalog to the next. */
export interface CatalogStep {
  readonly delta: CatalogDelta;
  readonly catalog: Catalog;
  /** What the one had and the next has not, or has otherwise. */
  readonly dropped: Pick<Catalog, 'tools' | 'prompts' | 'resources' | 'resourceTemplates'>;
}

/** Whether deltas can be applied to it: a registry of before says nothing of the order. */
export const isOrdered = ({ tools, prompts }: Catalog): boolean =>
  tools.every(({ order }) => order !== undefined) && prompts.every(({ order }) => order !== undefined);

/** Whether the endpoint has become another by it. */
export const isEmpty = ({ catalog, dropped }: CatalogStep, before: Catalog): boolean =>
  LISTS.every((list) => dropped[list].length === 0 && catalog[list].length === before[list].length) &&
  catalog.upstreams === before.upstreams &&
  catalog.linkedResources === before.linkedResources;

/** The lists that the delta does not touch stay the same arrays. */
export const stepBy = (before: Catalog, delta: CatalogDelta): CatalogStep => {
  const tools = merged(before.tools, delta.tools, delta);
  const prompts = merged(before.prompts, delta.prompts, delta);
  const { resources, resourceTemplates } = delta;
  return {
    delta,
    catalog: {
      server: before.server,
      revision: delta.revision,
      upstreams: delta.upstreams ?? before.upstreams,
      tools: tools.entries,
      prompts: prompts.entries,
      resources: resources ?? before.resources,
      resourceTemplates: resourceTemplates ?? before.resourceTemplates,
      linkedResources: delta.linkedResources ?? before.linkedResources ?? [],
    },
    dropped: {
      tools: tools.dropped,
      prompts: prompts.dropped,
      resources: resources === undefined ? [] : before.resources,
      resourceTemplates: resourceTemplates === undefined ? [] : before.resourceTemplates,
    },
  };
};

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;

const merged = <E extends Named>(before: readonly E[], put: readonly E[], delta: CatalogDelta) => {
  const replaced = new Set(delta.replacedUpstreamIds);
  const touched = new Set([...delta.goneIds, ...put.map(({ id }) => id)]);
  const entries: E[] = [];
  const dropped: E[] = [];
  let next = 0;
  for (const entry of before) {
    if (touched.has(entry.id) || (replaced.size > 0 && replaced.has(entry.upstreamId))) {
      dropped.push(entry);
      continue;
    }
    while (next < put.length && orderOf(put[next] as E) < orderOf(entry)) entries.push(put[next++] as E);
    entries.push(entry);
  }
  entries.push(...put.slice(next));
  return dropped.length === 0 && put.length === 0 ? { entries: before, dropped } : { entries, dropped };
};

const orderOf = ({ order }: Named): number => order ?? 0;
