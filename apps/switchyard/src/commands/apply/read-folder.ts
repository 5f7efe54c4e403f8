import { type Dirent, type Stats, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { YAMLException, loadAll } from 'js-yaml';
import { UsageError } from '../../terminal/failure.js';
import { nameOf } from '../import/contextforge/parts.js';
import { type Members, isMembers } from '../import/members.js';
import { type ApplyType, KNOWN_MEMBERS, TYPES } from './members-known.js';
import { filesNamedIn, withNamedFiles } from './named-files.js';
import { tagOf } from './set-tag.js';
import { withReferences } from './references.js';

/** An entry of the files. */
export interface WantedEntry {
  readonly type: ApplyType;
  /** What it goes by among those of its type: its name, of a resource its URI. */
  readonly name: string;
  readonly file: string;
  /** Where it stands in the file. */
  readonly place: string;
  /** As the file has it. */
  readonly written: Members;
  /** With what the environment and the files that it names hold in the place of these. */
  readonly entry: Members;
}

const FILES_MAX = 1_000;
const BYTES_MAX = 8 * 1024 * 1024;
const ENDINGS = new Set(['.yaml', '.yml', '.json']);

/**
 * All entries of the YAML and JSON files of a folder and of those below it, or of one file: lists by type, bare or within
 * `entities` as an export has them. Throws a `UsageError` for what cannot be one; it quotes nothing of the files.
 */
export const readWanted = (path: string, env: Readonly<Record<string, string | undefined>>): WantedEntry[] => {
  const files = filesAt(path);
  if (files.length > FILES_MAX) throw new UsageError(`${path} has more than ${FILES_MAX} files`);
  const root = isFolder(path) ? path : dirname(path);
  const read = files.map((file): ReadFile => ({ file, root, ...readingOf(file) }));
  const named = new Set(read.flatMap(namedBy));
  const wanted: WantedEntry[] = [];
  const seen = new Map<string, WantedEntry>();
  for (const each of read.filter(({ file }) => !named.has(file))) {
    const { file, problem } = each;
    if (problem !== undefined) throw problem;
    for (const entry of entriesOf(each, env)) {
      const key = keyOf(entry);
      const other = seen.get(key);
      // Its name may be from the environment.
      if (other !== undefined)
        throw new UsageError(`${file}: ${entry.place} stands twice, already as ${other.place} in ${other.file}`);
      seen.set(key, entry);
      wanted.push(entry);
    }
  }
  if (wanted.length === 0) throw new UsageError(`${path} has nothing to apply: no .yaml, .yml or .json with entries`);
  return wanted.sort((one, other) => TYPES.indexOf(one.type) - TYPES.indexOf(other.type));
};

/** Names an entry among all. */
export const keyOf = ({ type, name }: { readonly type: string; readonly name: string }): string => `${type} "${name}"`;

/** Whether there is a folder. Throws a `UsageError` where there is nothing that can be read. */
export const isFolder = (path: string): boolean => read(path, () => statSync(path)).isDirectory();

const filesAt = (path: string): string[] => {
  if (!isFolder(path)) return [path];
  return read(path, () => readdirSync(path, { recursive: true, withFileTypes: true }))
    .map((found) => ({ found, file: join(found.parentPath, found.name) }))
    .filter(({ file }) => !isHidden(relative(path, file)))
    .filter(({ found, file }) => isToBeRead(found, file))
    .map(({ file }) => file)
    .sort();
};

/** `.git` and its like; and what a volume of Kubernetes keeps its files in, to which the names beside it are links. */
const isHidden = (path: string): boolean => path.split('/').some((part) => part.startsWith('.'));

/** What is not read would be missing, and `--prune` would remove it: nothing that may have entries is passed over. */
const isToBeRead = (found: Dirent, file: string): boolean => {
  const hasEnding = ENDINGS.has(extname(file).toLowerCase());
  if (!found.isSymbolicLink()) {
    if (hasEnding && !found.isFile() && !found.isDirectory()) throw new UsageError(`${file} is no file`);
    return hasEnding && found.isFile();
  }
  const target: Stats = read(file, () => statSync(file), 'is a link to what cannot be read');
  if (target.isDirectory()) throw new UsageError(`${file} is a link to a folder, which is not followed`);
  if (hasEnding && !target.isFile()) throw new UsageError(`${file} is a link to what is no file`);
  return hasEnding;
};

const read = <Read>(path: string, reading: () => Read, problem = 'cannot be read'): Read => {
  try {
    return reading();
  } catch (error) {
    throw new UsageError(`${path} ${problem} (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
};

/** A file, and what was read of it. */
interface ReadFile {
  readonly file: string;
  readonly root: string;
  readonly documents: readonly unknown[];
  readonly problem?: UsageError;
}

/** What cannot be read is no problem where another file names it. */
const readingOf = (file: string): Pick<ReadFile, 'documents' | 'problem'> => {
  try {
    return { documents: documentsOf(file) };
  } catch (error) {
    if (error instanceof UsageError) return { documents: [], problem: error };
    throw error;
  }
};

/** What a file names has no entries of its own, though it may be YAML or JSON. */
const namedBy = ({ documents, ...naming }: ReadFile): string[] =>
  documents.flatMap((document) => {
    const lists = isMembers(document) && isMembers(document['entities']) ? document['entities'] : document;
    const gateways: unknown = isMembers(lists) ? lists['gateways'] : undefined;
    return Array.isArray(gateways) ? gateways.filter(isMembers).flatMap((entry) => filesNamedIn(entry, naming)) : [];
  });

const entriesOf = (
  { file, root, documents }: ReadFile,
  env: Readonly<Record<string, string | undefined>>,
): WantedEntry[] =>
  documents.flatMap((document) => {
    if (document === null || document === undefined) return [];
    if (!isMembers(document)) throw new UsageError(`${file} holds something else than lists by type`);
    const lists = isMembers(document['entities']) ? document['entities'] : document;
    return Object.entries(lists).flatMap(([type, list]) => {
      // An export has lists of types that there is nothing of.
      if (Array.isArray(list) && list.length === 0) return [];
      if (!isApplyType(type))
        throw new UsageError(`${file} has "${type.slice(0, 64)}", which is none of ${TYPES.join(', ')}`);
      if (!Array.isArray(list)) throw new UsageError(`${file}: ${type} is not a list`);
      return list.map((each: unknown, at) => {
        const place = `${type}[${at}]`;
        const wanted = wantedEntry(file, type, each, place, env);
        if (type !== 'gateways') return wanted;
        return { ...wanted, entry: withNamedFiles(wanted.entry, { root, file, place: `${file}: ${place}` }) };
      });
    });
  });

const wantedEntry = (
  file: string,
  type: ApplyType,
  written: unknown,
  place: string,
  env: Readonly<Record<string, string | undefined>>,
): WantedEntry => {
  if (!isMembers(written)) throw new UsageError(`${file}: ${place} is not an object`);
  const unknown = Object.keys(written).filter((member) => !KNOWN_MEMBERS[type].has(member));
  if (unknown.length > 0)
    throw new UsageError(
      `${file}: ${place} has ${unknown.map((each) => `"${each.slice(0, 64)}"`).join(', ')}, which means nothing`,
    );
  const entry = withoutApplyTags(withReferences(written, env, `${file}: ${place}`) as Members);
  const name = (type === 'prompts' && nameOf(type, { name: entry['custom_name'] })) || nameOf(type, entry);
  if (name === '') throw new UsageError(`${file}: ${place} has no ${type === 'resources' ? 'uri' : 'name'}`);
  return { type, name, file, place, written, entry };
};

/** Such a tag says what was made at one gateway; what a file has of them, an export of that one or not, says nothing of another. */
const withoutApplyTags = (entry: Members): Members => {
  const tags: unknown = entry['tags'];
  if (!Array.isArray(tags)) return entry;
  return { ...entry, tags: tags.filter((tag: unknown) => typeof tag !== 'string' || !tag.startsWith(tagOf(''))) };
};

const isApplyType = (type: string): type is ApplyType => (TYPES as readonly string[]).includes(type);

const documentsOf = (file: string): unknown[] => {
  try {
    if (statSync(file).size > BYTES_MAX) throw new UsageError(`${file} is larger than ${BYTES_MAX} bytes`);
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    return extname(file).toLowerCase() === '.json' ? [JSON.parse(text)] : loadAll(text);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof YAMLException)
      throw new UsageError(
        `${file} is not valid YAML: see line ${error.mark?.line === undefined ? '?' : error.mark.line + 1}`,
      );
    if (error instanceof SyntaxError) throw new UsageError(`${file} is not valid JSON`);
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it nests too deep'})`);
  }
};
