import type { CacheHint, Listing, ListingHint, UpstreamListing } from '#contracts/registry/catalog';
import type { GatewayEntity } from '../gateways/gateway.entity.js';

type Listed = Pick<
  GatewayEntity,
  'era' | 'transport' | 'capabilities' | 'hints' | 'listTtlMs' | 'listCacheScope' | 'refreshedAt'
>;

/** What an upstream that says nothing has said. */
const NOTHING: CacheHint = { ttlMs: 0, cacheScope: 'private' };

/** How old what a gateway listed is, and how old it may get. What the administrator said comes before what it said. */
export const listingOf = (gateway: Listed, intervalMs: number): UpstreamListing => {
  const hintOf = (listing: Listing, capability: string | null): ListingHint => {
    const said = gateway.hints[listing];
    // That there is no such list is one of the things it told of itself.
    const { ttlMs, cacheScope } = said ?? gateway.hints.about ?? NOTHING;
    const hint = { ttlMs: gateway.listTtlMs ?? ttlMs, cacheScope: gateway.listCacheScope ?? cacheScope };
    const changesUnheard = said !== undefined && capability !== null && !tellsOf(gateway, capability);
    return { ...hint, renewAfterMs: renewAfterMs(hint.ttlMs, changesUnheard, intervalMs) };
  };
  return {
    listedAtMs: gateway.refreshedAt.getTime(),
    hints: {
      about: hintOf('about', null),
      tools: hintOf('tools', 'tools'),
      prompts: hintOf('prompts', 'prompts'),
      resources: hintOf('resources', 'resources'),
      resourceTemplates: hintOf('resourceTemplates', 'resources'),
    },
  };
};

/**
 * A list that is good for a while is asked for again after it; one that is never good, only if nothing else would tell
 * that it has changed, as it does for a session or a process, which are heard to end.
 */
const renewAfterMs = (ttlMs: number, changesUnheard: boolean, intervalMs: number): number | null =>
  ttlMs > 0 || changesUnheard ? Math.max(ttlMs, intervalMs) : null;

const tellsOf = ({ era, transport, capabilities }: Listed, capability: string): boolean => {
  if (era === 'legacy' || transport === 'STDIO') return true;
  const offered = capabilities[capability];
  return typeof offered === 'object' && offered !== null && 'listChanged' in offered && offered.listChanged === true;
};
