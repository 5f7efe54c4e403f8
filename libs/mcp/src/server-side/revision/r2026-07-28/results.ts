import type { CacheHints, ForwardedMethod, ListKind, NeutralResult, Offer } from '../../codec.js';
import { appendMembers } from '../../text.js';

const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';

const metaMember = (meta: NeutralResult['meta'], about: string): string => {
  const rest = meta === undefined ? '{}' : JSON.stringify(meta);
  return `"_meta":${appendMembers(rest, `"${SERVER_INFO_KEY}":${about}`)}`;
};

const complete = (about: string, meta?: NeutralResult['meta']): string =>
  `"resultType":"complete",${metaMember(meta, about)}`;

const cacheMembers = (cache: CacheHints): string => `"ttlMs":${cache.ttlMs},"cacheScope":"${cache.cacheScope}",`;

export const listResult = (
  list: ListKind,
  definitions: readonly string[],
  nextCursor: string | null,
  cache: CacheHints,
  about: string,
): string => {
  const cursor = nextCursor === null ? '' : `"nextCursor":${JSON.stringify(nextCursor)},`;
  return `{"${list}":[${definitions.join(',')}],${cursor}${cacheMembers(cache)}${complete(about)}}`;
};

/** Cacheable are lists, discovery and `resources/read`. https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching */
export const callResult = (method: ForwardedMethod, result: NeutralResult, about: string): string => {
  const cache = method === 'resources/read' ? cacheMembers(result.cache) : '';
  return appendMembers(result.body, `${cache}${complete(about, result.meta)}`);
};

export const inputRequiredResult = (body: string, meta: NeutralResult['meta'], about: string): string =>
  appendMembers(body, `"resultType":"input_required",${metaMember(meta, about)}`);

export const taskResult = (body: string, meta: NeutralResult['meta'], about: string): string =>
  appendMembers(body, `"resultType":"task",${metaMember(meta, about)}`);

export const emptyResult = (about: string): string => `{${complete(about)}}`;

export const discovery = (offer: Offer, about: string, cache: CacheHints): string => {
  const capabilities = {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: offer.subscribe },
    ...(offer.logging && { logging: {} }),
    ...(offer.completions && { completions: {} }),
    ...(Object.keys(offer.extensions).length > 0 && { extensions: offer.extensions }),
  };
  const instructions = offer.instructions === null ? '' : `"instructions":${JSON.stringify(offer.instructions)},`;
  return `{"supportedVersions":["2026-07-28"],"capabilities":${JSON.stringify(capabilities)},${instructions}${cacheMembers(cache)}${complete(about)}}`;
};
