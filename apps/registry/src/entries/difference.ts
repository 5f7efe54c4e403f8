import type { Era, HeaderParam } from '#contracts/registry/catalog';
import type { EntryKind } from '../storage/entry-kind.js';

/** What is held back of a tool: a change that waits for somebody, or one that somebody has not wanted. */
export const HELD_CHANGES = ['pending', 'kept'] as const;
/** One of `HELD_CHANGES`. */
export type HeldChange = (typeof HELD_CHANGES)[number];

/** Something an upstream offers, fit to be shown. */
export interface OfferedEntry {
  readonly kind: EntryKind;
  /** The upstream's own name, or the URI. */
  readonly originalName: string;
  /** JSON text as the upstream sent it. */
  readonly definition: string;
  /** The one era to whose clients it is offered; absent: to all. */
  readonly era?: Era;
  /** What the upstream sends of it to clients before 2026-07-28, where that is something else. */
  readonly legacyDefinition?: string;
  readonly headerParams: readonly HeaderParam[];
  /** Of a tool of an HTTP API: how a call becomes a request; of what is kept here: what it holds. */
  readonly source?: string;
  /** Of one that was described by hand, when it is new. */
  readonly tags?: readonly string[];
  /** Not shown until somebody enables it. */
  readonly startsDisabled?: boolean;
  /** The upstream offers it otherwise, and that is held back. */
  readonly heldChange?: HeldChange;
}

/** What of a stored entry an upstream may change. */
export interface KnownEntry {
  readonly id: string;
  readonly kind: EntryKind;
  readonly originalName: string;
  readonly definition: string;
  readonly era: Era | null;
  readonly legacyDefinition: string | null;
  readonly headerParams: OfferedEntry['headerParams'];
  readonly source: string | null;
  readonly heldChange: HeldChange | null;
}

export interface Difference<Known extends KnownEntry> {
  readonly added: readonly OfferedEntry[];
  readonly updated: readonly { readonly known: Known; readonly offered: OfferedEntry }[];
  readonly removed: readonly Known[];
}

/** What an entry is known by within its gateway. */
export const keyOf = ({ kind, originalName }: Pick<KnownEntry, 'kind' | 'originalName'>): string =>
  `${kind} ${originalName}`;

/** Compares by kind and the upstream's own name: what keeps its name keeps its id, custom name and state. */
export const differenceBetween = <Known extends KnownEntry>(
  known: readonly Known[],
  offered: readonly OfferedEntry[],
): Difference<Known> => {
  const unseen = new Map(known.map((entry) => [keyOf(entry), entry]));
  const added: OfferedEntry[] = [];
  const updated: { known: Known; offered: OfferedEntry }[] = [];
  for (const entry of offered) {
    const before = unseen.get(keyOf(entry));
    if (before === undefined) {
      added.push(entry);
      continue;
    }
    unseen.delete(keyOf(entry));
    if (differs(before, entry)) updated.push({ known: before, offered: entry });
  }
  return { added, updated, removed: [...unseen.values()] };
};

const differs = (before: KnownEntry, now: OfferedEntry): boolean =>
  before.definition !== now.definition ||
  before.era !== (now.era ?? null) ||
  before.legacyDefinition !== (now.legacyDefinition ?? null) ||
  before.source !== (now.source ?? null) ||
  before.heldChange !== (now.heldChange ?? null) ||
  JSON.stringify(before.headerParams) !== JSON.stringify(now.headerParams);
