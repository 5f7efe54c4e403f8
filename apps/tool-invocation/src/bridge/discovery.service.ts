import type {
  DiscoveredTool,
  DiscoveredUpstream,
  DiscoverUpstream,
} from '#contracts/tool-invocation/discover-upstream.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { fail, GatewayError } from '#libs/errors';
import { headerMirrorsOf } from '#libs/mcp';
import type { Logger } from '#libs/telemetry';
import type { Access } from '../upstream/channel.js';
import { listPages } from '../upstream/list-pages.js';
import type { Peer } from '../upstream/peer.js';
import type { Upstream } from '../upstream/upstream.js';
import type { UpstreamDirectory } from '../upstream/upstream-directory.js';

type Request = RequestOf<typeof DiscoverUpstream>;
type Refused = DiscoveredUpstream['refused'][number];

const PAGE_MS = 15_000;
const NAME_CHARS_MAX = 1_024;
const DEFINITION_CHARS_MAX = 1_048_576;

/** Looks an upstream over: what it is and everything it lists. The conversation stays open to hear of changes. */
export class DiscoveryService {
  constructor(
    private readonly directory: UpstreamDirectory,
    private readonly logger: Logger,
  ) {}

  async discover({ profile, transport, credential }: Request): Promise<ReplyOf<typeof DiscoverUpstream>> {
    const access =
      credential === undefined ? await this.directory.access(profile.id, '') : this.directory.accessFor(credential);
    if (transport !== 'AUTO') return this.look({ ...profile, transport }, access);
    try {
      return await this.look({ ...profile, transport: 'STREAMABLEHTTP' }, access);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'upstream.not_mcp') throw error;
      return await this.look({ ...profile, transport: 'SSE' }, access).catch((second: unknown) => {
        throw second instanceof GatewayError && second.code === 'upstream.invalid_answer' ? error : second;
      });
    }
  }

  private async look(profile: UpstreamProfile, access: Access): Promise<DiscoveredUpstream> {
    const upstream = this.directory.adopt(profile);
    const peer = await this.meet(upstream, access);
    const found = await this.list(peer);
    upstream.watchLists(peer);
    upstream.breaker.succeeded();
    for (const { list, name, reason } of found.refused) {
      this.logger.warn({ upstreamId: profile.id, list, name, reason }, 'an entry of an upstream was refused');
    }
    return { ...peer.identity, transport: profile.transport, ...found };
  }

  private async meet(upstream: Upstream, access: Access): Promise<Peer> {
    try {
      return await upstream.overview(access);
    } catch (error) {
      // Over HTTP "an invalid answer" to the very first message means that nobody there speaks MCP.
      const isForeign = error instanceof GatewayError && error.code === 'upstream.invalid_answer';
      throw isForeign
        ? fail('upstream.not_mcp', { executed: 'no', cause: error, ...(error.data && { data: error.data }) })
        : error;
    }
  }

  private async list(
    peer: Peer,
  ): Promise<Pick<DiscoveredUpstream, 'tools' | 'prompts' | 'resources' | 'resourceTemplates' | 'refused'>> {
    const { capabilities } = peer.identity;
    const refused: Refused[] = [];
    const entries = (offered: unknown, method: string, key: string, field: string) =>
      offered ? readList(peer, method, key, field, refused) : [];
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
    };
  }
}

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
): Promise<Entry[]> => {
  const entries: Entry[] = [];
  const names = new Set<string>();
  for await (const { texts } of listPages(peer, method, key, PAGE_MS)) {
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
  return entries;
};

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
