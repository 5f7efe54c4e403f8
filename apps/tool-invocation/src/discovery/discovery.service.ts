import { Inject, Injectable } from '@nestjs/common';
import type {
  DiscoveredTool,
  DiscoveredUpstream,
  DiscoverUpstream,
} from '#contracts/tool-invocation/discover-upstream.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { CacheHint, Listing } from '#contracts/registry/catalog';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { fail, GatewayError } from '#libs/errors';
import { headerMirrorsOf } from '#libs/mcp';
import { LOGGER, type Logger } from '#libs/telemetry';
import type { Access } from '../transport/channel.js';
import { listPages } from '../conversation/list-pages.js';
import type { Peer } from '../conversation/peer.js';
import type { Upstream } from '../upstreams/upstream.js';
import { accessFor } from '../upstreams/upstream-credentials.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { type Verdict, judge } from '../conversation/era-probe.js';

type Request = RequestOf<typeof DiscoverUpstream>;
type Refused = DiscoveredUpstream['refused'][number];

const PAGE_MS = 15_000;
const NAME_CHARS_MAX = 1_024;
const DEFINITION_CHARS_MAX = 1_048_576;

/** Finds out what an upstream is and everything it lists. The conversation stays open, to be notified of changes. */
@Injectable()
export class DiscoveryService {
  constructor(
    private readonly directory: UpstreamDirectory,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Rejects with `upstream.not_mcp` where the URL leads to something else, or with the failure of reaching the upstream. With
   * transport `AUTO`, Streamable HTTP is tried before HTTP+SSE.
   */
  async discover({ profile, transport, credential }: Request): Promise<ReplyOf<typeof DiscoverUpstream>> {
    const access =
      credential === undefined ? await this.directory.credentials.access(profile.id, '') : accessFor(credential);
    if (transport !== 'AUTO') return this.inspect({ ...profile, transport }, access);
    try {
      return await this.inspect({ ...profile, transport: 'STREAMABLEHTTP' }, access);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'upstream.not_mcp') throw error;
      return await this.inspect({ ...profile, transport: 'SSE' }, access).catch((second: unknown) => {
        throw second instanceof GatewayError && second.code === 'upstream.invalid_answer' ? error : second;
      });
    }
  }

  private async inspect(profile: UpstreamProfile, access: Access): Promise<DiscoveredUpstream> {
    const startedAtMs = performance.now();
    const upstream = this.directory.adopt(profile);
    const met = await this.meet(upstream, access);
    const isNews = upstream.dialer.judgementAgeMs <= performance.now() - startedAtMs;
    const peer = isNews || (await this.refreshIdentity(upstream, met)) ? met : await this.meet(upstream, access);
    const { hint, ...identity } = peer.identity;
    const { hints, ...found } = await this.list(peer);
    upstream.watchLists(peer);
    upstream.breaker.succeeded();
    for (const { list, name, reason } of found.refused) {
      this.logger.warn({ upstreamId: profile.id, list, name, reason }, 'an entry of an upstream was refused');
    }
    return {
      ...identity,
      transport: profile.transport,
      ...found,
      ...(hint !== undefined && { hints: { ...hints, about: hint } }),
    };
  }

  /**
   * Asks an upstream without sessions again what it is; a session says it once for all. Resolves with false when the
   * upstream has become one with sessions.
   */
  private async refreshIdentity(upstream: Upstream, peer: Peer): Promise<boolean> {
    if (peer.identity.era === 'legacy') return true;
    const verdict = await peer.request('server/discover', {}, PAGE_MS).then(judge, (error: unknown): Verdict => {
      if (error instanceof GatewayError && error.code === 'upstream.invalid_answer') return { era: 'legacy' };
      throw error;
    });
    if (verdict.era === 'legacy') upstream.invalidateEra();
    else {
      upstream.dialer.settle(verdict);
      peer.identity = verdict.identity;
    }
    return verdict.era === 'modern';
  }

  private async meet(upstream: Upstream, access: Access): Promise<Peer> {
    try {
      return await upstream.overview(access);
    } catch (error) {
      // Over HTTP an invalid answer to the first message means that the server does not speak MCP.
      const isForeign = error instanceof GatewayError && error.code === 'upstream.invalid_answer';
      throw isForeign
        ? fail('upstream.not_mcp', { executed: 'no', cause: error, ...(error.data && { data: error.data }) })
        : error;
    }
  }

  private async list(
    peer: Peer,
  ): Promise<Pick<DiscoveredUpstream, 'tools' | 'prompts' | 'resources' | 'resourceTemplates' | 'refused' | 'hints'>> {
    const { capabilities } = peer.identity;
    const refused: Refused[] = [];
    const hints: Partial<Record<Listing, CacheHint>> = {};
    const entries = async (offered: unknown, method: string, key: ListKey, field: string): Promise<Entry[]> => {
      if (!offered) return [];
      const { entries, hint } = await readList(peer, method, key, field, refused);
      if (hint !== null) hints[key] = hint;
      return entries;
    };
    const [tools, prompts, resources, resourceTemplates] = await Promise.all([
      entries(capabilities.tools, 'tools/list', 'tools', 'name'),
      entries(capabilities.prompts, 'prompts/list', 'prompts', 'name'),
      entries(capabilities.resources, 'resources/list', 'resources', 'uri'),
      entries(capabilities.resources, 'resources/templates/list', 'resourceTemplates', 'uriTemplate'),
    ]);
    return {
      tools: tools.map((entry) => toTool(entry, refused)).filter((tool) => tool !== null),
      prompts: prompts.map(({ name, definition }) => ({ name, definition })),
      resources: resources.map(({ name, definition }) => ({ uri: name, definition })),
      resourceTemplates: resourceTemplates.map(({ name, definition }) => ({ uriTemplate: name, definition })),
      refused,
      hints,
    };
  }
}

type ListKey = Exclude<Listing, 'about'>;

interface Entry {
  readonly name: string;
  readonly definition: string;
  readonly parsed: Readonly<Record<string, unknown>>;
}

const readList = async (
  peer: Peer,
  method: string,
  key: string,
  field: string,
  refused: Refused[],
): Promise<{ entries: Entry[]; hint: CacheHint | null }> => {
  const entries: Entry[] = [];
  const names = new Set<string>();
  let hint: CacheHint | null = null;
  for await (const { texts, hint: said } of listPages(peer, method, key, PAGE_MS)) {
    hint = hint === null ? said : stricter(hint, said);
    for (const definition of texts) {
      const parsed = JSON.parse(definition) as Readonly<Record<string, unknown>> | null;
      const name = parsed?.[field];
      const shown = typeof name === 'string' ? name.slice(0, 128) : '';
      const refuse = (reason: string) => refused.push({ list: key, name: shown, reason });
      if (parsed === null || typeof name !== 'string' || name === '') refuse(`it has no ${field}`);
      else if (name.length > NAME_CHARS_MAX) refuse(`its ${field} is too long`);
      else if (definition.length > DEFINITION_CHARS_MAX) refuse('its definition is too large');
      else if (names.has(name)) refuse(`another has the same ${field}`);
      else {
        names.add(name);
        entries.push({ name, definition, parsed });
      }
    }
  }
  return { entries, hint };
};

/** A list in pages is as good as its shortest-lived page. */
const stricter = (one: CacheHint, other: CacheHint): CacheHint => ({
  ttlMs: Math.min(one.ttlMs, other.ttlMs),
  cacheScope: one.cacheScope === 'public' ? other.cacheScope : 'private',
});

const toTool = ({ name, definition, parsed }: Entry, refused: Refused[]): DiscoveredTool | null => {
  const schema = parsed.inputSchema;
  const read =
    typeof schema !== 'object' || schema === null || Array.isArray(schema)
      ? { reason: 'its inputSchema is not an object' }
      : headerMirrorsOf(schema);
  if ('mirrors' in read) return { name, definition, headerParams: read.mirrors };
  refused.push({ list: 'tools', name: name.slice(0, 128), reason: read.reason });
  return null;
};
