import { defineRequest } from '../define.js';
import type { Catalog } from './catalog.js';

/** What does this endpoint offer? `null` is everything. Failure: `registry.server_unknown`. */
export const DescribeServer = defineRequest<{ readonly serverId: string | null }, Catalog>(
  'registry',
  'server.describe',
  { deadlineMs: 5_000 },
);
