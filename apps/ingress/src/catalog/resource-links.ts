import { LRUCache } from 'lru-cache';
import type { Answer } from '#libs/bus';
import type { CallAnswer } from '#contracts/tool-invocation/execute-call.request';
import { isObject, isTaskMethod, resourceLinksOf } from '#libs/mcp';
import type { Cache } from '#libs/storage';
import type { BoundCall, PlacedCall } from '../call/calls.js';
import type { ResourcePlace } from './endpoint-catalog.js';

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

  /** Resolves when any replica knows; `undefined` for nearly every answer. */
  note(call: BoundCall, answer: Answer<CallAnswer>): Promise<void> | undefined {
    const links = linksIn(call, answer);
    return links === undefined ? undefined : this.keep(keyOf(call), call.routed.upstreamId, links);
  }

  async find(call: PlacedCall, uri: string): Promise<ResourcePlace | null> {
    const { entries } = await this.cache.readSince(keyOf(call), 0);
    const givers = new Set<string>();
    for (const { value } of entries) {
      const { upstreamId, uris } = JSON.parse(value) as Given;
      if (uris.includes(uri)) givers.add(upstreamId);
    }
    const [upstreamId] = givers;
    if (upstreamId === undefined || givers.size > 1) return null;
    return call.view.upstreams.some(({ id }) => id === upstreamId) ? { upstreamId, upstreamUri: uri } : null;
  }

  private async keep(key: string, upstreamId: string, links: readonly string[]): Promise<void> {
    const uris: string[] = [];
    let chars = 0;
    for (const uri of links) {
      chars += uri.length;
      if (chars > GIVEN_CHARS_MAX) break;
      if (!this.noted.has(`${key} ${upstreamId} ${uri}`)) uris.push(uri);
    }
    if (uris.length === 0) return;
    try {
      await this.cache.append(key, JSON.stringify({ upstreamId, uris } satisfies Given), {
        lengthMax: GIVEN_MAX,
        ttlMs: TTL_MS,
      });
      for (const uri of uris) this.noted.set(`${key} ${upstreamId} ${uri}`, true);
    } catch {
      // The answer counts for more than that its links can be followed.
    }
  }
}

const keyOf = ({ endpoint, principal }: PlacedCall): string =>
  `ingress:links:${endpoint.serverId ?? ''}:${principal.id}`;

/** Of a task the result stands in the text, which is read by whoever asks for a task. */
const linksIn = ({ routed }: BoundCall, { head, body }: Answer<CallAnswer>): readonly string[] | undefined => {
  if (head.kind !== 'result') return undefined;
  if (!isTaskMethod(routed.method) || body?.includes('"resource_link"') !== true) return head.links;
  const { result } = JSON.parse(body) as { result?: unknown };
  return isObject(result) ? resourceLinksOf(result) : undefined;
};
