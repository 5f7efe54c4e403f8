import { LRUCache } from 'lru-cache';
import type { Principal } from '#contracts/auth/principal';
import type { Cache } from '#libs/storage';
import type { CatalogView } from './catalog-view.js';
import type { ResourcePlace } from './endpoint-catalog.js';

/** Whoever was given a link: a caller at an endpoint. */
export interface LinkReader {
  readonly endpoint: { readonly serverId: string | null };
  readonly principal: Principal;
}

/** What one answer of an upstream linked to. */
interface Given {
  readonly upstreamId: string;
  readonly uris: readonly string[];
}

const TTL_MS = 3_600_000;
/** For each caller at an endpoint: so many times, so many characters. */
const GIVEN_MAX = 100;
const GIVEN_CHARS_MAX = 8_192;
const NOTED_MAX = 10_000;

/**
 * Resources that stand in no list, but that an upstream has linked to in an answer: whoever was given the link may follow
 * it, for an hour, to the upstream it came from and to no other. One that several upstreams gave leads nowhere: which of
 * them was meant is not to be guessed.
 * https://modelcontextprotocol.io/specification/2026-07-28/server/tools#resource-links
 */
export class ResourceLinks {
  /** What was noted lately is not noted again. */
  private readonly noted = new LRUCache<string, true>({ max: NOTED_MAX, ttl: TTL_MS / 2 });

  constructor(private readonly cache: Cache) {}

  /** Resolves when any replica knows that `upstreamId` gave the caller these links. Never rejects. */
  async note(reader: LinkReader, upstreamId: string, links: readonly string[]): Promise<void> {
    const key = keyOf(reader);
    const uris: string[] = [];
    let chars = 0;
    for (const uri of links) {
      chars += uri.length;
      if (chars > GIVEN_CHARS_MAX) break;
      if (!this.noted.has(`${key} ${upstreamId} ${uri}`)) uris.push(uri);
    }
    if (uris.length === 0) return;
    try {
      await this.cache.append(key, [JSON.stringify({ upstreamId, uris } satisfies Given)], {
        lengthMax: GIVEN_MAX,
        ttlMs: TTL_MS,
      });
      for (const uri of uris) this.noted.set(`${key} ${upstreamId} ${uri}`, true);
    } catch {
      // The answer counts for more than that its links can be followed.
    }
  }

  /** The upstream that gave the caller the link; `null` when none did, when several did, or it is no longer seen. */
  async find(reader: LinkReader & { readonly view: CatalogView }, uri: string): Promise<ResourcePlace | null> {
    const { entries } = await this.cache.readSince(keyOf(reader), 0);
    const givers = new Set<string>();
    for (const { value } of entries) {
      const { upstreamId, uris } = JSON.parse(value) as Given;
      if (uris.includes(uri)) givers.add(upstreamId);
    }
    const [upstreamId] = givers;
    if (upstreamId === undefined || givers.size > 1) return null;
    return reader.view.upstreams.some(({ id }) => id === upstreamId) ? { upstreamId, upstreamUri: uri } : null;
  }
}

const keyOf = ({ endpoint, principal }: LinkReader): string =>
  `ingress:links:${endpoint.serverId ?? ''}:${principal.id}`;
