import type { Catalog, CatalogDelta, CatalogUpstream, Era } from '#contracts/registry/catalog';

interface Entry {
  readonly definition: string;
  readonly era?: Era;
  readonly legacyDefinition?: string;
}

type Offered = Partial<
  Pick<Catalog, 'upstreams' | 'tools' | 'prompts' | 'resources' | 'resourceTemplates' | 'linkedResources'>
>;

/** Whether clients of one era are offered something else than those of the other. */
export const isSplit = ({
  upstreams = [],
  tools = [],
  prompts = [],
  resources = [],
  resourceTemplates = [],
}: Offered): boolean =>
  upstreams.some(({ legacy }) => legacy !== undefined) ||
  [tools, prompts, resources, resourceTemplates].some((entries: readonly Entry[]) => entries.some(differs));

/** The catalog as it is for the clients of one era: the same for all of them. */
export const catalogOfEra = (catalog: Catalog, era: Era): Catalog => ({
  ...catalog,
  upstreams: upstreamsOf(era, catalog.upstreams),
  tools: offeredTo(era, catalog.tools),
  prompts: offeredTo(era, catalog.prompts),
  resources: offeredTo(era, catalog.resources),
  resourceTemplates: offeredTo(era, catalog.resourceTemplates),
});

/** What leads from such a catalog to the next. */
export const deltaOfEra = (delta: CatalogDelta, era: Era): CatalogDelta => {
  const { upstreams, tools, prompts, resources, resourceTemplates } = delta;
  const elsewhere = [...tools, ...prompts].filter((entry) => !isOfferedTo(era, entry)).map(({ id }) => id);
  return {
    ...delta,
    ...(upstreams && { upstreams: upstreamsOf(era, upstreams) }),
    goneIds: [...delta.goneIds, ...elsewhere],
    tools: offeredTo(era, tools),
    prompts: offeredTo(era, prompts),
    ...(resources && { resources: offeredTo(era, resources) }),
    ...(resourceTemplates && { resourceTemplates: offeredTo(era, resourceTemplates) }),
  };
};

const differs = ({ era, legacyDefinition }: Entry): boolean => era !== undefined || legacyDefinition !== undefined;

const isOfferedTo = (era: Era, entry: Entry): boolean => entry.era === undefined || entry.era === era;

const upstreamsOf = (era: Era, upstreams: readonly CatalogUpstream[]): readonly CatalogUpstream[] =>
  upstreams.map(({ legacy, ...upstream }) =>
    era === 'legacy' && legacy !== undefined ? { ...upstream, ...legacy } : upstream,
  );

const offeredTo = <E extends Entry>(era: Era, entries: readonly E[]): readonly E[] =>
  entries.filter((entry) => isOfferedTo(era, entry)).map((entry) => entryOf(era, entry));

const entryOf = <E extends Entry>(era: Era, entry: E): E => {
  if (!differs(entry)) return entry;
  const { era: _era, legacyDefinition, ...rest } = entry;
  const definition = era === 'legacy' ? (legacyDefinition ?? entry.definition) : entry.definition;
  return { ...rest, definition } as unknown as E;
};
