import type { Bus } from '#libs/bus';
import type { Cache } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import type { IngressSettings } from '../ingress.settings.js';
import { Catalogs } from './catalogs.js';
import { Listings } from './listings.js';
import { ResourceLinks } from './resource-links.js';

export { CARRIED_EXTENSIONS, type CatalogView, type ListPage, MODERN_EXTENSIONS } from './catalog-view.js';
export type { Catalogs } from './catalogs.js';
export {
  QUERY_CHARS_MAX,
  SEARCH_LIMIT,
  SEARCH_TOOLS,
  type SearchToolName,
  isSearchTool,
} from './search/search-tools.js';
export type { EndpointCatalog, ResourcePlace } from './endpoint-catalog.js';
export type { ResourceLinks } from './resource-links.js';

/** What the read models of the catalogs are built from. */
export interface CatalogDeps {
  readonly bus: Bus;
  readonly cache: Cache;
  readonly logger: Logger;
  /** The gateway as an MCP Implementation, in JSON. */
  readonly about: string;
}

/** What each endpoint offers, kept in memory and renewed behind its readers' backs. */
export const openCatalog = ({ lists }: IngressSettings, { bus, cache, logger, about }: CatalogDeps) => {
  const listings = new Listings(bus, logger);
  const shape = { size: lists.pageSize, bytesMax: lists.pageBytesMax, ttlMsMax: lists.ttlMsMax, about };
  const catalogs = new Catalogs(bus, shape, listings, logger);
  return {
    catalogs,
    links: new ResourceLinks(cache),
    close: (): void => {
      listings.close();
      catalogs.close();
    },
  };
};
