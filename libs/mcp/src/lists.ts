/** The lists whose changes are told; that of templates changes with the resources. */
export const CATALOG_LISTS = ['tools', 'prompts', 'resources'] as const;

/** One of `CATALOG_LISTS`. */
export type CatalogList = (typeof CATALOG_LISTS)[number];

/** What a server lists, by the member of the result that holds it. */
export type ListKind = CatalogList | 'resourceTemplates';

/** The list that is told to have changed when one of this kind has. */
export const catalogListOf = (kind: ListKind): CatalogList => (kind === 'resourceTemplates' ? 'resources' : kind);

/** https://modelcontextprotocol.io/specification/2025-11-25/server/tools#list-changed-notification */
export const listChangedMethod = (list: CatalogList): string => `notifications/${list}/list_changed`;

const CHANGED_BY: ReadonlyMap<string, CatalogList> = new Map(
  CATALOG_LISTS.map((list) => [listChangedMethod(list), list]),
);

/** The list that a notification says has changed; `undefined` for every other method. */
export const changedListOf = (method: string): CatalogList | undefined => CHANGED_BY.get(method);
