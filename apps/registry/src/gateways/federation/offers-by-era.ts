import type { Era } from '#contracts/registry/catalog';
import type { ListKind } from '#libs/mcp';
import type { OfferedEntry } from '../../entries/difference.js';
import { LIST_OF } from '../../storage/entry-kind.js';

/** What an upstream offers in one era. */
export interface EraOffer {
  readonly entries: readonly OfferedEntry[];
  /** Lists that were not read to their end: what is missing in them may still be there. */
  readonly incomplete: ReadonlySet<ListKind>;
}

const keyOf = ({ kind, originalName }: OfferedEntry): string => `${kind} ${originalName}`;

/** Two offers of one upstream as one: each entry once, with what is different of it, and for whom it is. */
export const mergeOffers = (modern: EraOffer, legacy: EraOffer): OfferedEntry[] => {
  const twins = new Map<string, OfferedEntry>();
  for (const entry of legacy.entries) if (!twins.has(keyOf(entry))) twins.set(keyOf(entry), entry);
  const merged = modern.entries.map((entry) => {
    const twin = twins.get(keyOf(entry));
    twins.delete(keyOf(entry));
    if (twin === undefined) return only('modern', entry, legacy);
    return twin.definition === entry.definition ? entry : { ...entry, legacyDefinition: twin.definition };
  });
  return [...merged, ...[...twins.values()].map((entry) => only('legacy', entry, modern))];
};

const only = (era: Era, entry: OfferedEntry, other: EraOffer): OfferedEntry =>
  other.incomplete.has(LIST_OF[entry.kind]) ? entry : { ...entry, era };
