import { isDeepStrictEqual } from 'node:util';
import type { AdminApi, Imported } from '../../gateway/admin-api.js';
import { partsOf } from '../import/contextforge/parts.js';
import type { Members } from '../import/members.js';
import type { KnownEntry } from './known.js';
import { NOT_TAKEN } from './members-known.js';
import { type WantedEntry, keyOf } from './read-folder.js';
import { namesFiles } from './named-files.js';
import { hasReference } from './references.js';
import { tagOf } from './set-tag.js';

/** How things are applied. */
export interface ApplyTerms {
  /** Which files belong together; what is made of them has the tag of this name. */
  readonly set: string;
  readonly givesCredentials: boolean;
  readonly visibility?: string;
}

export type Outcome = Imported['results'][number]['outcome'];

/** What is to become of an entry of the files. */
export interface PlannedEntry {
  readonly wanted: WantedEntry;
  readonly outcome: Outcome;
  readonly notes: readonly string[];
  readonly differences: readonly Difference[];
}

/** A member that the files have otherwise than the gateway. */
export interface Difference {
  readonly member: string;
  /** It is made of files that the entry names. */
  readonly isOfFiles?: true;
  /** Undefined where the gateway says nothing of it, or one of both is not to be shown. */
  readonly from?: unknown;
  readonly to?: unknown;
}

export interface Plan {
  readonly entries: readonly PlannedEntry[];
  /** Made by an earlier `apply` of this set, and in no file any more. */
  readonly gone: readonly KnownEntry[];
}

/** Asks the gateway what it would do with the entries; it does nothing. */
export const planFor = async (
  api: AdminApi,
  wanted: readonly WantedEntry[],
  known: ReadonlyMap<string, KnownEntry>,
  terms: ApplyTerms,
): Promise<Plan> => {
  const results = new Map<WantedEntry, Result>();
  for (const part of partsIn(wanted))
    for (const [entry, result] of await send(api, part, { ...terms, isDryRun: true })) results.set(entry, result);
  const names = new Set(wanted.map(keyOf));
  const tag = tagOf(terms.set);
  return {
    entries: wanted.map((entry) => {
      const result = results.get(entry) ?? UNANSWERED;
      const isChanged = result.outcome === 'updated';
      const exported = known.get(keyOf(entry))?.exported ?? null;
      return { wanted: entry, ...result, differences: isChanged ? differencesBetween(entry, exported) : [] };
    }),
    gone: [...known.values()].filter((entry) => entry.tags.includes(tag) && !names.has(keyOf(entry))),
  };
};

/**
 * Does it: everything that is new or another, and the servers, which may show what was not there when it was planned. Tells
 * `report` of each entry as soon as it is known how it went; where the gateway does not answer, the rest has failed, and it
 * throws.
 */
export const carryOut = async (
  api: AdminApi,
  { entries }: Plan,
  terms: ApplyTerms,
  report: (entry: WantedEntry, result: Result) => void,
): Promise<void> => {
  const due = entries.filter(
    ({ wanted, outcome }) => outcome === 'created' || outcome === 'updated' || wanted.type === 'servers',
  );
  const left = partsIn(due.map(({ wanted }) => wanted));
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    try {
      const results = await send(api, part, { ...terms, isDryRun: false });
      for (const entry of part) report(entry, results.get(entry) ?? UNANSWERED);
    } catch (error) {
      for (const entry of part) report(entry, UNANSWERED);
      for (const entry of left.flat()) report(entry, UNREACHED);
      throw error;
    }
  }
};

/** How it went, or would go, with an entry. */
export type Result = Pick<Imported['results'][number], 'outcome' | 'notes'>;

const UNANSWERED: Result = { outcome: 'failed', notes: ['the gateway did not answer for it'] };
const UNREACHED: Result = { outcome: 'failed', notes: ['not reached'] };

/** In requests that the gateway takes, in the order in which things need each other. */
const partsIn = (wanted: readonly WantedEntry[]): WantedEntry[][] => {
  const byBody = new Map<unknown, WantedEntry>(wanted.map((each) => [each.entry, each]));
  const { parts } = partsOf(bodiesByType(wanted));
  return parts.map(({ entries }) => entries.flatMap((body) => byBody.get(body) ?? []));
};

const bodiesByType = (wanted: readonly WantedEntry[]): Members => {
  const byType = Map.groupBy(wanted, ({ type }) => type);
  return Object.fromEntries([...byType].map(([type, list]) => [type, list.map(({ entry }) => entry)]));
};

const send = async (
  api: AdminApi,
  part: readonly WantedEntry[],
  { isDryRun, set, givesCredentials, visibility }: ApplyTerms & { readonly isDryRun: boolean },
): Promise<Map<WantedEntry, Result>> => {
  const answer = await api.importEntries({
    import_data: { entities: { [part[0]?.type ?? '']: part.map(({ entry }) => entry) } },
    conflict_strategy: 'update',
    credentials: givesCredentials ? 'always' : 'with_changes',
    dry_run: isDryRun,
    apply_set: set,
    ...(visibility !== undefined && { visibility }),
  });
  return new Map(
    answer.results.flatMap(({ outcome, notes }, at): [WantedEntry, Result][] => {
      const wanted = part[at];
      return wanted === undefined ? [] : [[wanted, { outcome, notes }]];
    }),
  );
};

/** Members that hold secrets, of which nothing is compared or shown. */
const SECRET = new Set([
  'auth_token',
  'auth_password',
  'auth_value',
  'auth_headers',
  'auth_query_param_value',
  'client_key',
  'env',
  'oauth_config',
]);

const differencesBetween = ({ written, entry }: WantedEntry, exported: Members | null): Difference[] => {
  // What was handed over need not be in an export.
  if (exported === null)
    return Object.keys(entry).flatMap((member) => (namesFiles(written[member]) ? [{ member, isOfFiles: true }] : []));
  return Object.entries(entry).flatMap(([member, to]): Difference[] => {
    const from = exported[member];
    if (SECRET.has(member) || NOT_TAKEN.has(member) || isDeepStrictEqual(from, to)) return [];
    if (hasReference(written[member])) return [{ member }];
    if (namesFiles(written[member])) return [{ member, isOfFiles: true }];
    return [{ member, ...(from !== undefined && { from }), to }];
  });
};
