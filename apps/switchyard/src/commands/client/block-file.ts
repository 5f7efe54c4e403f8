import { isDeepStrictEqual } from 'node:util';
import { load } from 'js-yaml';
import { parse as parseToml } from 'smol-toml';

/** A language whose parsers keep neither comments nor order, so that a file in it is changed line by line. */
interface Language {
  readonly parse: (text: string) => unknown;
  /** Where the block of a server begins and ends, if it is there. */
  readonly find: (lines: readonly string[], member: string, name: string) => readonly [from: number, to: number] | null;
  /** Puts a block in where none is. */
  readonly add: (lines: readonly string[], member: string, block: readonly string[]) => readonly string[];
}

type Members = Readonly<Record<string, unknown>>;

const asMembers = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const toml: Language = {
  parse: parseToml,
  find: (lines, member, name) => {
    const own = new RegExp(String.raw`^\s*\[\s*${escaped(member)}\s*\.\s*("?)${escaped(name)}\1\s*(\.[^\]]*)?\]`);
    const from = lines.findIndex((line) => own.test(line));
    if (from < 0) return null;
    const after = lines.findIndex((line, at) => at > from && /^\s*\[/.test(line) && !own.test(line));
    return [from, after < 0 ? lines.length : after];
  },
  add: (lines, _member, block) => [...lines, ...(lines.length === 0 || lines.at(-1) === '' ? [] : ['']), ...block],
};

const yaml: Language = {
  parse: (text) => (text.trim() === '' ? {} : load(text)),
  find: (lines, member, name) => {
    const top = lines.findIndex((line) => line.replace(/\s+#.*/, '').trimEnd() === `${member}:`);
    if (top < 0) return null;
    const from = lines.findIndex((line, at) => at > top && line.trimEnd() === `  ${name}:`);
    const isOutside = lines.slice(top + 1, from).some((line) => /^\S/.test(line) && !line.startsWith('#'));
    if (from < 0 || isOutside) return null;
    const after = lines.findIndex((line, at) => at > from && line.trim() !== '' && !/^ {3}/.test(line));
    return [from, after < 0 ? lines.length : after];
  },
  add: (lines, member, block) => {
    const top = lines.findIndex((line) => line.replace(/\s+#.*/, '').trimEnd() === `${member}:`);
    return top < 0
      ? [...lines, `${member}:`, ...block]
      : [...lines.slice(0, top + 1), ...block, ...lines.slice(top + 1)];
  },
};

const LANGUAGES = { 'toml block': toml, 'yaml block': yaml };
export type BlockForm = keyof typeof LANGUAGES;

/** What stands under the name of the server; undefined where nothing does. Throws where the file cannot be read. */
export const entryInBlocks = (form: BlockForm, text: string, member: string, name: string): unknown =>
  asMembers(asMembers(readIn(form, text))[member])[name];

/**
 * The text with one server more, changed, or (of no block) gone. It is read again afterwards: where anything else would be
 * changed by that, a sentence is thrown instead.
 */
export const withBlock = (
  form: BlockForm,
  text: string,
  member: string,
  name: string,
  recipe: string | null,
): string => {
  const { find, add } = LANGUAGES[form];
  // A recipe for YAML begins with the member that it stands below.
  const block = recipe === null ? [] : recipe.split('\n').filter((line) => line !== `${member}:`);
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const place = find(lines, member, name);
  if (place === null && recipe === null) return text;
  const changed =
    place === null
      ? add(lines, member, block)
      : [...lines.slice(0, place[0]), ...block, ...gapOf(lines, place), ...lines.slice(place[1])];
  const result = changed.length === 0 ? '' : `${changed.join('\n')}\n`;
  const wanted = recipe === null ? undefined : entryInBlocks(form, recipe, member, name);
  const others = othersIn(form, text, member, name);
  if (!isThat(form, result, member, name, { entry: wanted, others }))
    throw new Error('is written in a way that cannot be changed here without a loss; change it by hand');
  return result;
};

interface Wanted {
  readonly entry: unknown;
  readonly others: unknown;
}

const isThat = (form: BlockForm, text: string, member: string, name: string, { entry, others }: Wanted): boolean => {
  try {
    const is = entryInBlocks(form, text, member, name);
    return isDeepStrictEqual(is, entry) && isDeepStrictEqual(othersIn(form, text, member, name), others);
  } catch {
    return false;
  }
};

/** Empty lines before what comes next stay. */
const gapOf = (lines: readonly string[], [from, to]: readonly [number, number]): readonly string[] => {
  let last = to;
  while (last > from && lines[last - 1]?.trim() === '') last -= 1;
  return lines.slice(last, to);
};

const readIn = (form: BlockForm, text: string): unknown => {
  const parsed = parsedOf(form, text);
  if (parsed === null) throw new Error(`is not valid ${form.split(' ', 1)[0]?.toUpperCase()}`);
  return parsed.value;
};

/** Null where it cannot be read; why is not told, for parsers quote the text, which may hold a secret. */
const parsedOf = (form: BlockForm, text: string): { readonly value: unknown } | null => {
  try {
    return { value: LANGUAGES[form].parse(text) };
  } catch {
    return null;
  }
};

const othersIn = (form: BlockForm, text: string, member: string, name: string): unknown => {
  const all = asMembers(readIn(form, text));
  const { [name]: _, ...servers } = asMembers(all[member]);
  const { [member]: __, ...rest } = all;
  return { rest, servers };
};
