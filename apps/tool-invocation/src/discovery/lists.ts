import type { DiscoveredTool, DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import type { CacheHint, Listing } from '#contracts/registry/catalog';
import { toGatewayError } from '#libs/errors';
import {
  catalogListOf,
  headerMirrorsOf,
  isObject,
  type ListKind,
  readDefinition,
  type ReadDefinition,
} from '#libs/mcp';
import { listPages } from '../conversation/list-pages.js';
import type { Peer } from '../conversation/peer.js';
import { OutputSchemas } from './output-schemas.js';

type Refused = DiscoveredUpstream['refused'][number];

const PAGE_MS = 15_000;
/** Servers that do not know a method may be silent. */
const UNDECLARED_PAGE_MS = 5_000;

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const satisfies readonly ListKind[];

const METHODS: Readonly<Record<ListKind, string>> = {
  tools: 'tools/list',
  prompts: 'prompts/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
};

/** What an upstream lists, fit to be shown, and what was amiss with it. */
export type Lists = Pick<
  DiscoveredUpstream,
  'tools' | 'prompts' | 'resources' | 'resourceTemplates' | 'refused' | 'incomplete' | 'hints' | 'capabilities'
>;

/** What comes to light while lists are read, beside their entries. */
interface Found {
  readonly refused: Refused[];
  readonly incomplete: ListKind[];
  readonly hints: Partial<Record<Listing, CacheHint>>;
}

const readList = async (
  peer: Peer,
  kind: ListKind,
  found: Found,
  pageMs: number = PAGE_MS,
): Promise<ReadDefinition[]> => {
  const entries: ReadDefinition[] = [];
  const names = new Set<string>();
  const refuse = (name: string, reason: string) => found.refused.push({ list: kind, name: name.slice(0, 128), reason });
  const pages = listPages(peer, METHODS[kind], kind, pageMs);
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

/** Reads all lists of an upstream. Fails as the tools do where it declares them, or where no list can be had. */
export const readLists = async (peer: Peer): Promise<Lists> => {
  const { capabilities, era } = peer.identity;
  const declared = LISTS.filter((kind) => capabilities[catalogListOf(kind)]);
  const found: Found = { refused: [], incomplete: [], hints: {} };
  const failures: unknown[] = [];
  const lists = await Promise.all(
    LISTS.map(async (kind): Promise<ReadDefinition[]> => {
      if (!declared.includes(kind)) {
        // Clients with sessions ask for tools whatever is declared, and many such servers declare nothing at all.
        const isAsked = era === 'legacy' && (kind === 'tools' || declared.length === 0);
        return isAsked ? readUndeclared(peer, kind, found) : [];
      }
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
  if (failures.length > 0 && failures.length === declared.length) throw failures[0];
  const [tools = [], prompts = [], resources = [], resourceTemplates = []] = lists;
  return {
    tools: await toTools(tools, found.refused),
    prompts: prompts.map(({ name, definition }) => ({ name, definition })),
    resources: resources.map(({ name, definition }) => ({ uri: name, definition })),
    resourceTemplates: resourceTemplates.map(({ name, definition }) => ({ uriTemplate: name, definition })),
    ...found,
    capabilities: withDeclared(
      capabilities,
      LISTS.filter((_, index) => (lists[index] ?? []).length > 0),
    ),
  };
};

/** A list that was not declared: what of it can be had is offered, and that it cannot be had is no fault. */
const readUndeclared = async (peer: Peer, kind: ListKind, found: Found): Promise<ReadDefinition[]> => {
  const own: Found = { refused: [], incomplete: [], hints: found.hints };
  try {
    const entries = await readList(peer, kind, own, UNDECLARED_PAGE_MS);
    found.refused.push(...own.refused);
    found.incomplete.push(...own.incomplete);
    if (entries.length > 0) found.refused.push({ list: kind, name: '', reason: 'offered, but not declared' });
    return entries;
  } catch {
    // Should it have offered some before, they stay.
    found.incomplete.push(kind);
    return [];
  }
};

/** What is offered is declared to clients, which look there first. */
const withDeclared = (capabilities: Lists['capabilities'], offered: readonly ListKind[]): Lists['capabilities'] => {
  const missing = offered.map(catalogListOf).filter((list) => !isObject(capabilities[list]));
  return missing.length === 0
    ? capabilities
    : { ...capabilities, ...Object.fromEntries(missing.map((list) => [list, {}])) };
};
