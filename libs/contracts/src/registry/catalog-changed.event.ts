import type { CatalogList } from '#libs/mcp';
import { defineEvent } from '../define.js';

export type { CatalogList };

/** Something a client can see has changed. Empty `serverIds` and `upstreamIds` mean: anything may have. */
export const CatalogChanged = defineEvent<{
  readonly revision: number;
  readonly lists: readonly CatalogList[];
  readonly serverIds: readonly string[];
  readonly upstreamIds: readonly string[];
}>('registry', 'catalog.changed');

/** How an upstream is reached has changed, or it is gone: connections made by the old profile end. */
export const UpstreamChanged = defineEvent<{ readonly upstreamId: string; readonly change: 'updated' | 'removed' }>(
  'registry',
  'upstream.changed',
);
