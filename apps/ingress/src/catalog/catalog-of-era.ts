import type { Catalog, Era } from '#contracts/registry/catalog';

interface Entry {
  readonly definition: string;
  readonly era?: Era;
  readonly legacyDefinition?: string;
}

/** Whether clients of one era are offered something else than those of the other. */
export const isSplit = ({ upstreams, tools, prompts, resources, resourceTemplates }: Catalog): boolean =>
  upstreams.some(({ legacy }) => legacy !== undefined) ||
  [tools, prompts, resources, resourceTemplates].some((entries: readonly Entry[]) => entries.some(differs));

/** The catalog as it is for the clients of one era: the same for all of them. */
export const catalogOfEra = (catalog: Catalog, era: Era): Catalog => ({
  ...catalog,
  upstreams: catalog.upstreams.map(({ legacy, ...upstream }) =>
    era === 'legacy' && legacy !== undefined ? { ...upstream, ...legacy } : upstream,
  ),
  tools: offeredTo(era, catalog.tools),
  prompts: offeredTo(era, catalog.prompts),
  resources: offeredTo(era, catalog.resources),
  resourceTemplates: offeredTo(era, catalog.resourceTemplates),
});

const differs = ({ era, legacyDefinition }: Entry): boolean => era !== undefined || legacyDefinition !== undefined;

const offeredTo = <E extends Entry>(era: Era, entries: readonly E[]): readonly E[] =>
  entries.filter((entry) => entry.era === undefined || entry.era === era).map((entry) => entryOf(era, entry));

const entryOf = <E extends Entry>(era: Era, entry: E): E => {
  if (!differs(entry)) return entry;
  const { era: _era, legacyDefinition, ...rest } = entry;
  const definition = era === 'legacy' ? (legacyDefinition ?? entry.definition) : entry.definition;
  return { ...rest, definition } as unknown as E;
};
