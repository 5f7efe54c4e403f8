import { defineEvent } from '../define.js';
import type { CatalogList } from '../registry/catalog-changed.event.js';

/** An upstream says that one of its lists is no longer what it was. */
export const UpstreamListChanged = defineEvent<{ readonly upstreamId: string; readonly list: CatalogList }>(
  'tool-invocation',
  'upstream.list-changed',
);
