import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import type { DiscoveredOffer, DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { toGatewayError } from '#libs/errors';
import { checkDepth, type ListKind, membersOf } from '#libs/mcp';
import type { OfferedEntry } from '../entries/difference.js';
import { type Naming, exposedNameOf, problemWithName } from '../entries/names/naming.js';
import { LIST_OF } from '../storage/entry-kind.js';
import { type ApiReading, versionOf } from '../sources/api-reading.js';
import type { A2aReading } from '../sources/a2a/a2a-source.js';
import type { GrpcReading } from '../sources/grpc/grpc-source.js';
import { digestOf } from '../sources/grpc/grpc-source.service.js';
import type { GatewayEntity, RefusedEntry, SelfDescription } from './gateway.entity.js';
import { mergeOffers } from './federation/offers-by-era.js';

/** An answer is as old as its question: what happened at the upstream meanwhile may not be in it. */
export interface Discovery {
  readonly discovered: DiscoveredUpstream;
  readonly askedAt: Date;
  /** Where the upstream is an HTTP API, a gRPC server or an agent: what was read of it. */
  readonly reading?: ApiReading;
  /** Where the upstream is a gRPC server: how it was read, and what it has. */
  readonly grpc?: GrpcReading;
  /** Where the upstream is an A2A agent: how it was read, and where it is. */
  readonly a2a?: A2aReading;
  /** Of what is kept here: what it holds, the JSON text of an `OwnContent`. */
  readonly content?: string;
  /** The upstream could not be reached: why, in words. Nothing is known of it. */
  readonly failure?: string;
}

/** What a discovery says of the upstream itself. */
export type UpstreamDescription = Pick<
  GatewayEntity,
  | 'transport'
  | 'era'
  | 'legacy'
  | 'protocolVersion'
  | 'serverInfo'
  | 'capabilities'
  | 'instructions'
  | 'hints'
  | 'reachable'
  | 'checkFailures'
  | 'failingSince'
  | 'failingReason'
  | 'refreshedAt'
  | 'source'
  | 'grpcSource'
  | 'a2aSource'
  | 'agent'
  | 'sourceVersion'
  | 'lastError'
>;

/** What a discovery found, sorted into what can be shown and what cannot. */
export interface DiscoveryResult {
  readonly description: UpstreamDescription;
  readonly entries: readonly OfferedEntry[];
  /** Of which not all could be read. */
  readonly incomplete: ReadonlySet<ListKind>;
  readonly refused: readonly RefusedEntry[];
}

/** Stands in the findings of a gateway whose upstream lists something else to some of its callers. */
export const OWN_LISTS_FINDING: RefusedEntry = {
  list: 'tools',
  name: '',
  reason: 'the upstream changes its tools per session: what a process of its own lists is shown to its callers alone',
};

export const isOwnListsFinding = ({ reason }: RefusedEntry): boolean => reason === OWN_LISTS_FINDING.reason;

const ENTRIES_MAX = 10_000;
export const REFUSED_MAX = 200;
const DEFINITION_LENGTH_MAX = 256 * 1024;
/** Far beyond any real schema, far below where `JSON.stringify` runs out of stack. */
const DEFINITION_DEPTH_MAX = 100;

/** `naming`: how names of the gateway are made. Of a name that comes twice the first entry counts. */
export const readDiscovery = (discovery: Discovery, naming: Naming): DiscoveryResult => {
  const { discovered } = discovery;
  const entries: OfferedEntry[] = [];
  const refused: RefusedEntry[] = refusedIn(discovered);
  const seen = new Set<string>();
  for (const entry of listed(discovery)) {
    const key = `${entry.kind} ${entry.originalName}`;
    const reason =
      problemWithName(entry.kind, entry.originalName, naming) ??
      (seen.has(key) ? 'the name is offered twice; the first one counts' : null) ??
      (entries.length >= ENTRIES_MAX ? `the upstream offers more than ${ENTRIES_MAX} entries` : null) ??
      problemWithDefinition(entry.definition);
    if (reason !== null) {
      refused.push(refusalOf(entry, reason));
      continue;
    }
    seen.add(key);
    const legacyReason = entry.legacyDefinition === undefined ? null : problemWithDefinition(entry.legacyDefinition);
    if (legacyReason !== null) {
      refused.push(refusalOf(entry, `offered to all as it is to clients of 2026-07-28: ${legacyReason}`));
    }
    const { legacyDefinition: _bad, ...sound } = entry;
    entries.push(legacyReason === null ? entry : sound);
  }
  const incomplete = new Set([...(discovered.incomplete ?? []), ...(discovered.legacy?.incomplete ?? [])]);
  return { description: descriptionOf(discovery), entries, incomplete, refused: refused.slice(0, REFUSED_MAX) };
};

/** For a gateway of which nothing is stored yet: in a style that drops differences two names may become one, whose first entry counts. */
export const withDistinctNames = (found: DiscoveryResult, naming: Naming): DiscoveryResult => {
  const taken = new Set<string>();
  const refused = [...found.refused];
  const entries = found.entries.filter((entry) => {
    const exposedName = exposedNameOf(entry.kind, naming, entry.originalName);
    const key = `${entry.kind} ${exposedName}`;
    if (exposedName === null || !taken.has(key)) return taken.add(key);
    refused.push(refusalOf(entry, `the name "${exposedName}" is taken`));
    return false;
  });
  return { ...found, entries, refused: refused.slice(0, REFUSED_MAX) };
};

/** `reason`: why the entry is not shown, for an operator. */
export const refusalOf = (entry: OfferedEntry, reason: string): RefusedEntry =>
  printable({ list: LIST_OF[entry.kind], name: entry.originalName, reason });

/** What was refused in both eras alike stands once. */
const refusedIn = ({ refused, legacy }: DiscoveredUpstream): RefusedEntry[] => {
  const all = [...refused, ...(legacy?.refused ?? [])].map(printable);
  return [...new Map(all.map((entry) => [JSON.stringify(entry), entry])).values()];
};

const listed = ({ discovered, ...known }: Discovery): readonly OfferedEntry[] => {
  const { legacy, incomplete } = discovered;
  const entries = [...entriesIn(discovered, known)];
  if (legacy === undefined) return entries;
  const offer = { entries: [...entriesIn(legacy, {})], incomplete: new Set(legacy.incomplete) };
  return mergeOffers({ entries, incomplete: new Set(incomplete) }, offer);
};

function* entriesIn(
  discovered: DiscoveredOffer,
  { reading, content }: Pick<Discovery, 'reading' | 'content'>,
): Generator<OfferedEntry> {
  const apiTools = new Map(reading?.tools.map((tool) => [tool.name, tool]));
  for (const { name, definition, headerParams } of discovered.tools) {
    const { source, startsDisabled } = apiTools.get(name) ?? {};
    const api = { ...(source !== undefined && { source }), ...(startsDisabled !== undefined && { startsDisabled }) };
    yield { kind: 'tool', originalName: name, definition, headerParams, ...api };
  }
  const own = { headerParams: [], ...(content !== undefined && { source: content }) };
  for (const { name, definition } of discovered.prompts) {
    yield { kind: 'prompt', originalName: name, definition, ...own };
  }
  for (const { uri, definition } of discovered.resources) {
    yield { kind: 'resource', originalName: uri, definition, ...own };
  }
  for (const { uriTemplate, definition } of discovered.resourceTemplates) {
    yield { kind: 'template', originalName: uriTemplate, definition, ...own };
  }
}

/** Why a definition cannot be shown; null when it can. */
export const problemWithDefinition = (definition: string): string | null => {
  if (definition.length > DEFINITION_LENGTH_MAX)
    return `the definition is longer than ${DEFINITION_LENGTH_MAX} characters`;
  try {
    checkDepth(definition, DEFINITION_DEPTH_MAX);
    JSON.parse(definition);
    // Also refuses a key that stands twice, which would mean one thing to us and another to the client.
    membersOf(definition);
    return null;
  } catch {
    return 'the definition is malformed, too deep, or has a key that stands twice';
  }
};

/** What is shown to an operator of a name that was refused for what is in it. */
const printable = ({ list, name, reason }: RefusedEntry): RefusedEntry => ({
  list,
  name: name.slice(0, 128).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD'),
  reason: reason.slice(0, 512),
});

const selfOf = ({ protocolVersion, serverInfo, capabilities, instructions }: DiscoveredOffer): SelfDescription => ({
  protocolVersion: withoutNul(protocolVersion),
  serverInfo,
  capabilities,
  instructions: instructions === null ? null : withoutNul(instructions),
});

const FAILURE_LENGTH_MAX = 1_000;

/** What is known of an upstream that could not be reached. */
export const failedDiscovery = (transport: UpstreamTransport, error: unknown): Discovery => ({
  discovered: {
    transport,
    era: 'legacy',
    protocolVersion: '',
    serverInfo: {},
    capabilities: {},
    instructions: null,
    tools: [],
    prompts: [],
    resources: [],
    resourceTemplates: [],
    refused: [],
  },
  askedAt: new Date(),
  failure: failureText(error),
});

/** As it is kept. */
export const clipped = (reason: string): string => withoutNul(reason).slice(0, FAILURE_LENGTH_MAX);

export const failureText = (error: unknown): string => clipped(toGatewayError(error).message);

const descriptionOf = ({
  discovered,
  askedAt,
  reading,
  grpc,
  a2a,
  content,
  failure,
}: Discovery): UpstreamDescription => ({
  ...selfOf(discovered),
  transport: discovered.transport,
  era: discovered.era,
  legacy: discovered.legacy === undefined ? null : selfOf(discovered.legacy),
  hints: discovered.hints ?? {},
  reachable: failure === undefined,
  checkFailures: 0,
  failingSince: failure === undefined ? null : askedAt,
  failingReason: failure ?? null,
  lastError: failure ?? null,
  refreshedAt: askedAt,
  source: reading?.source ?? null,
  grpcSource: grpc?.source ?? null,
  a2aSource: a2a?.source ?? null,
  agent: a2a?.agent ?? null,
  sourceVersion: content === undefined ? toolsVersion(reading, grpc) : versionOf([{ name: '', source: content }]),
});

const toolsVersion = (reading: ApiReading | undefined, grpc: GrpcReading | undefined): string | null => {
  if (reading === undefined) return null;
  if (!grpc?.descriptorSet) return versionOf(reading.tools);
  const besides = JSON.stringify([grpc.source, digestOf(grpc.descriptorSet)]);
  return versionOf([...reading.tools, { name: '', source: besides }]);
};

/** PostgreSQL's text has no U+0000; in JSON columns it stands escaped. */
const withoutNul = (text: string): string => text.replaceAll('\0', '');
