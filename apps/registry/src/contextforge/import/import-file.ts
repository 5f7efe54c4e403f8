import { fail } from '#libs/errors';
import { type FileEntry, isObject } from '../file-entry.js';

const MADE_MAX = 1_000;
const ENTRIES_MAX = 10_000;
const NAME_SHOWN_MAX = 255;

/** The types of a file that are made here, in the order in which they need each other. */
export const MADE_TYPES = ['gateways', 'tools', 'prompts', 'resources', 'servers'] as const;
export type MadeType = (typeof MADE_TYPES)[number];

/** An entry of the file by its type and name. */
export interface NamedEntry {
  readonly type: string;
  readonly name: string;
  readonly entry: FileEntry;
}

/**
 * The entries of an export, as far as they are wanted. Throws `http.invalid` for what is no export of ContextForge and
 * for more entries than a request may have.
 */
export const entriesOf = (file: FileEntry, selected: Readonly<Record<string, unknown>> | undefined): NamedEntry[] => {
  const { entities } = file;
  if (!isObject(entities)) throw invalid('import_data has no entities: it is no export of ContextForge');
  const choice = choiceOf(selected);
  const entries = Object.entries(entities).flatMap(([type, list]) => {
    if (!Array.isArray(list)) throw invalid(`import_data.entities.${type.slice(0, 64)} is not a list`);
    if (list.length > ENTRIES_MAX) throw invalid(`import_data has more than ${ENTRIES_MAX} ${type.slice(0, 64)}`);
    return list
      .map((entry: unknown) => namedEntry(type, entry))
      .filter(({ name }) => choice === null || isChosen(choice.get(type), name));
  });
  const made = entries.filter(({ type }) => (MADE_TYPES as readonly string[]).includes(type)).length;
  if (made > MADE_MAX || entries.length > ENTRIES_MAX) {
    throw invalid(
      `import_data has ${made} entries to be made of ${entries.length}; ${MADE_MAX} of ${ENTRIES_MAX} are taken at once`,
    );
  }
  return entries;
};

/** What has no name goes by its URI. */
const namedEntry = (type: string, entry: unknown): NamedEntry => {
  const members = isObject(entry) ? entry : {};
  const name = [members['name'], members['uri']].find((text) => typeof text === 'string') ?? '';
  return { type: type.slice(0, NAME_SHOWN_MAX), name: (name as string).slice(0, NAME_SHOWN_MAX), entry: members };
};

const choiceOf = (
  selected: Readonly<Record<string, unknown>> | undefined,
): Map<string, ReadonlySet<unknown>> | null => {
  if (selected === undefined) return null;
  return new Map(
    Object.entries(selected).map(([type, names]) => {
      if (!Array.isArray(names)) throw invalid(`selected_entities.${type.slice(0, 64)} is not a list`);
      return [type, new Set<unknown>(names)] as const;
    }),
  );
};

const isChosen = (names: ReadonlySet<unknown> | undefined, name: string): boolean =>
  names !== undefined && (names.size === 0 || names.has(name));

const invalid = (message: string) => fail('http.invalid', { message });
