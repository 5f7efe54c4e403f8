import { defineRequest } from '../define.js';
import type { Catalog, CatalogDelta } from './catalog.js';

/**
 * What does this endpoint offer? `null` is everything. The answer is the whole, or what has changed `since` a revision that
 * the asker holds, where the registry still knows it. `heard`: the revision of a change that the asker was told of and that
 * the answer must hold; without it the answer is as new as the database. Failure: `registry.server_unknown`.
 */
export const DescribeServer = defineRequest<
  { readonly serverId: string | null; readonly since?: number; readonly heard?: number },
  Catalog | CatalogDelta
>('registry', 'server.describe', { deadlineMs: 5_000, sharesHeads: true });
