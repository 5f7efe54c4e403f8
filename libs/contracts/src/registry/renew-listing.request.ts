import { defineRequest } from '../define.js';
import type { UpstreamListing } from './catalog.js';

/**
 * Somebody uses what an upstream listed and finds it too old. Lists it anew, unless that was done a moment ago, is under
 * way or has just failed, and answers how old it is now. What has changed is told by `CatalogChanged`. Failure:
 * `upstream.unknown`.
 */
export const RenewListing = defineRequest<{ readonly upstreamId: string }, UpstreamListing>(
  'registry',
  'listing.renew',
  { deadlineMs: 35_000 },
);
