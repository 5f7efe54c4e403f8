import { type Members, isMembers } from '../members.js';

/** Entries of one type that are sent in one request. */
export interface Part {
  readonly type: string;
  readonly entries: readonly unknown[];
}

/** A REST request may have 1 MiB. */
const PART_BYTES_MAX = 768 * 1024;
const PART_ENTRIES_MAX = 200;
/** The gateway connects to so many at once; a part is answered when its slowest server is. */
const PART_GATEWAYS_MAX = 8;

/** What others need comes first: servers show the others, and tools are of gateways. */
const ORDER = ['gateways', 'tools', 'prompts', 'resources', 'servers'];

/**
 * The entries of a file in requests that a gateway takes, and those that have the name of an earlier one. Throws a sentence
 * for an entry that is larger than a request may be.
 */
export const partsOf = (entities: Members): { parts: Part[]; repeated: { type: string; name: string }[] } => {
  const parts: Part[] = [];
  const repeated: { type: string; name: string }[] = [];
  const types = Object.keys(entities).sort((one, other) => rank(one) - rank(other));
  for (const type of types) {
    const list = entities[type];
    if (!Array.isArray(list)) throw new Error(`the file has ${type} that are not a list`);
    const seen = new Set<string>();
    const entries: unknown[] = list.filter((entry: unknown) => {
      const name = isMembers(entry) && ORDER.includes(type) ? nameOf(type, entry) : '';
      if (name === '') return true;
      if (!seen.has(name)) return seen.add(name);
      repeated.push({ type, name });
      return false;
    });
    parts.push(...split(type, entries));
  }
  return { parts, repeated };
};

/** What an entry goes by among those of its type: its name, of a resource its URI; resources may share a name. Empty: none. */
export const nameOf = (type: string, { name, uri, uri_template: uriTemplate }: Members): string => {
  const names = type === 'resources' ? [uriTemplate, uri] : [name];
  return (names.find((each) => typeof each === 'string' && each !== '') as string | undefined) ?? '';
};

const rank = (type: string): number => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length);

const split = (type: string, entries: readonly unknown[]): Part[] => {
  const countMax = type === 'gateways' ? PART_GATEWAYS_MAX : PART_ENTRIES_MAX;
  const parts: Part[] = [];
  let part: unknown[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const length = Buffer.byteLength(JSON.stringify(entry));
    if (length > PART_BYTES_MAX)
      throw new Error(`the file has an entry among its ${type} of more than ${PART_BYTES_MAX} bytes`);
    if (part.length === countMax || bytes + length > PART_BYTES_MAX) {
      parts.push({ type, entries: part });
      part = [];
      bytes = 0;
    }
    part.push(entry);
    bytes += length;
  }
  return part.length === 0 ? parts : [...parts, { type, entries: part }];
};
