import type { HeaderParam } from '#contracts/registry/catalog';
import type { DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { checkDepth, membersOf } from '#libs/mcp';
import { type EntryKind, problemWithName } from '../entries/naming.js';

/** Something an upstream offers, fit to be shown. */
export interface OfferedEntry {
  readonly kind: EntryKind;
  /** The upstream's own name, or the URI. */
  readonly originalName: string;
  /** JSON text as the upstream sent it. */
  readonly definition: string;
  readonly headerParams: readonly HeaderParam[];
}

/** Something an upstream offers that is not shown, and why. */
export interface RefusedEntry {
  readonly list: string;
  readonly name: string;
  readonly reason: string;
}

export interface Offer {
  readonly entries: readonly OfferedEntry[];
  readonly refused: readonly RefusedEntry[];
}

const LIST_OF: Readonly<Record<EntryKind, string>> = {
  tool: 'tools',
  prompt: 'prompts',
  resource: 'resources',
  template: 'resourceTemplates',
};
const ENTRIES_MAX = 10_000;
const REFUSED_MAX = 200;
const DEFINITION_LENGTH_MAX = 256 * 1024;
/** Far beyond any real schema, far below where `JSON.stringify` runs out of stack. */
const DEFINITION_DEPTH_MAX = 100;

/** Sorts what was discovered into what can be shown and what cannot; a name that comes twice counts the first time. */
export const readOffer = (discovered: DiscoveredUpstream, prefix: string): Offer => {
  const entries: OfferedEntry[] = [];
  const refused: RefusedEntry[] = discovered.refused.map(printable);
  const seen = new Set<string>();
  for (const entry of listed(discovered)) {
    const key = `${entry.kind} ${entry.originalName}`;
    const reason =
      problemWithName(entry.kind, entry.originalName, prefix) ??
      (seen.has(key) ? 'the name is offered twice; the first one counts' : null) ??
      (entries.length >= ENTRIES_MAX ? `the upstream offers more than ${ENTRIES_MAX} entries` : null) ??
      problemWithDefinition(entry.definition);
    if (reason !== null) {
      refused.push(printable({ list: LIST_OF[entry.kind], name: entry.originalName, reason }));
      continue;
    }
    seen.add(key);
    entries.push(entry);
  }
  return { entries, refused: refused.slice(0, REFUSED_MAX) };
};

export const refusalOf = (entry: OfferedEntry, reason: string): RefusedEntry =>
  printable({ list: LIST_OF[entry.kind], name: entry.originalName, reason });

function* listed(discovered: DiscoveredUpstream): Generator<OfferedEntry> {
  for (const { name, definition, headerParams } of discovered.tools) {
    yield { kind: 'tool', originalName: name, definition, headerParams };
  }
  for (const { name, definition } of discovered.prompts) {
    yield { kind: 'prompt', originalName: name, definition, headerParams: [] };
  }
  for (const { uri, definition } of discovered.resources) {
    yield { kind: 'resource', originalName: uri, definition, headerParams: [] };
  }
  for (const { uriTemplate, definition } of discovered.resourceTemplates) {
    yield { kind: 'template', originalName: uriTemplate, definition, headerParams: [] };
  }
}

const problemWithDefinition = (definition: string): string | null => {
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
