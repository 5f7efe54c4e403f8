import { Inject, Injectable } from '@nestjs/common';
import type {
  DiscoveredTool,
  DiscoveredUpstream,
  DiscoverUpstream,
} from '#contracts/tool-invocation/discover-upstream.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { CacheHint, Listing } from '#contracts/registry/catalog';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { fail, GatewayError, toGatewayError } from '#libs/errors';
import { catalogListOf, headerMirrorsOf, type ListKind, readDefinition, type ReadDefinition } from '#libs/mcp';
import { LOGGER, type Logger } from '#libs/telemetry';
import type { Access } from '../transport/channel.js';
import { listPages } from '../conversation/list-pages.js';
import type { Peer } from '../conversation/peer.js';
import type { Upstream } from '../upstreams/upstream.js';
import { accessFor } from '../upstreams/upstream-credentials.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { type Verdict, judge } from '../conversation/era-probe.js';
import { OutputSchemas } from './output-schemas.js';

type Request = RequestOf<typeof DiscoverUpstream>;
type Refused = DiscoveredUpstream['refused'][number];

const PAGE_MS = 15_000;

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

  private async list(peer: Peer): Promise<Lists> {
    const { capabilities } = peer.identity;
    const found: Found = { refused: [], incomplete: [], hints: {} };
    const failures: unknown[] = [];
    const lists = await Promise.all(
      LISTS.map(async (kind): Promise<ReadDefinition[]> => {
        if (!capabilities[catalogListOf(kind)]) return [];
        try {
          return await readList(peer, kind, found);
        } catch (error) {
          if (kind === 'tools') throw error;
          failures.push(error);
          found.incomplete.push(kind);
          const reason = `the list was not to be had: ${toGatewayError(error).message}`;
          found.refused.push({ list: kind, name: '', reason });
          return [];
        }
      }),
    );
    // A list that cannot be had costs no other; where there is no other, it is why there is nothing.
    const declared = LISTS.filter((kind) => capabilities[catalogListOf(kind)]);
    if (failures.length > 0 && failures.length === declared.length) throw failures[0];
    const [tools = [], prompts = [], resources = [], resourceTemplates = []] = lists;
    return {
      tools: await toTools(tools, found.refused),
      prompts: prompts.map(({ name, definition }) => ({ name, definition })),
      resources: resources.map(({ name, definition }) => ({ uri: name, definition })),
      resourceTemplates: resourceTemplates.map(({ name, definition }) => ({ uriTemplate: name, definition })),
      ...found,
    };
  }
}

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const satisfies readonly ListKind[];

const METHODS: Readonly<Record<ListKind, string>> = {
  tools: 'tools/list',
  prompts: 'prompts/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
};

type Lists = Pick<
  DiscoveredUpstream,
  'tools' | 'prompts' | 'resources' | 'resourceTemplates' | 'refused' | 'incomplete' | 'hints'
>;

/** What comes to light while lists are read, beside their entries. */
interface Found {
  readonly refused: Refused[];
  readonly incomplete: ListKind[];
  readonly hints: Partial<Record<Listing, CacheHint>>;
}

const readList = async (peer: Peer, kind: ListKind, found: Found): Promise<ReadDefinition[]> => {
  const entries: ReadDefinition[] = [];
  const names = new Set<string>();
  const refuse = (name: string, reason: string) => found.refused.push({ list: kind, name: name.slice(0, 128), reason });
  const pages = listPages(peer, METHODS[kind], kind, PAGE_MS);
  let page = await pages.next();
  for (; page.done !== true; page = await pages.next()) {
    const { texts, hint } = page.value;
    const known = found.hints[kind];
    found.hints[kind] = known === undefined ? hint : stricter(known, hint);
    for (const text of texts) {
      const read = readDefinition(kind, text);
      if ('reason' in read) refuse(read.name, read.reason);
      else if (names.has(read.name)) refuse(read.name, `another has the same ${NAMED_BY[kind]}`);
      else {
        names.add(read.name);
        entries.push(read);
        for (const finding of read.findings) refuse(read.name, `offered, but ${finding}`);
      }
    }
  }
  if (page.value.finding !== null) refuse('', `the list ends early: ${page.value.finding}`);
  if (page.value.isIncomplete) found.incomplete.push(kind);
  return entries;
};

const NAMED_BY: Readonly<Record<ListKind, string>> = {
  tools: 'name',
  prompts: 'name',
  resources: 'URI',
  resourceTemplates: 'URI template',
};

/** A list in pages is as good as its shortest-lived page. */
const stricter = (one: CacheHint, other: CacheHint): CacheHint => ({
  ttlMs: Math.min(one.ttlMs, other.ttlMs),
  cacheScope: one.cacheScope === 'public' ? other.cacheScope : 'private',
});

const toTools = async (entries: readonly ReadDefinition[], refused: Refused[]): Promise<DiscoveredTool[]> => {
  const hasSchemas = entries.some(({ parsed }) => parsed.outputSchema !== undefined);
  const schemas = hasSchemas ? await OutputSchemas.load() : null;
  const tools: DiscoveredTool[] = [];
  for (const { name, definition, parsed } of entries) {
    const refuse = (reason: string) => refused.push({ list: 'tools', name: name.slice(0, 128), reason });
    const read = headerMirrorsOf(parsed.inputSchema);
    if ('reason' in read) {
      refuse(read.reason);
      continue;
    }
    const sound =
      schemas === null || parsed.outputSchema === undefined
        ? { definition, problem: null }
        : await schemas.read(definition);
    if (sound.problem !== null) refuse(`offered, but without its outputSchema: ${sound.problem}`);
    tools.push({ name, definition: sound.definition, headerParams: read.mirrors });
  }
  return tools;
};
