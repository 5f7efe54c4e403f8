import { type Budget, RenderingFailed } from './limits.js';

/** `undefined`: there is no such value; `null`: none. */
export type Value = string | number | boolean | null | undefined;

/** A value as it is put out. */
export const textOf = (value: Value): string => {
  if (value === undefined) return '';
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
};

/** https://docs.python.org/3/library/stdtypes.html#truth-value-testing */
export const isTrue = (value: Value): boolean => Boolean(value);

/** The time to find a text can grow with its length times that of where it is sought. */
const SOUGHT_CHARS_MAX = 250;
const checkSought = (sought: string): void => {
  if (sought.length > SOUGHT_CHARS_MAX)
    throw new RenderingFailed(`What is sought in a text has at most ${SOUGHT_CHARS_MAX} characters`);
};

/** Whether one text stands in another. */
export const includes = (text: string, sought: string, budget: Budget): boolean => {
  checkSought(sought);
  budget.spend(text.length);
  return text.includes(sought);
};

export interface Filter {
  /** How many arguments it takes. */
  readonly arguments: readonly [least: number, most: number];
  apply(value: Value, given: readonly Value[], budget: Budget): Value;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

const mapped = (change: (text: string) => string): Filter => ({
  arguments: [0, 0],
  apply(value, _, budget) {
    const text = textOf(value);
    budget.spend(text.length);
    return change(text);
  },
});

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();

const escaped = mapped((text) => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char));

const urlEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');

const byDefault: Filter = {
  arguments: [0, 2],
  apply: (value, [fallback = '', alsoWhenFalse = false]) =>
    value === undefined || (isTrue(alsoWhenFalse) && !isTrue(value)) ? fallback : value,
};

const replace: Filter = {
  arguments: [2, 2],
  apply(value, [from, to], budget) {
    const [text, old, by] = [textOf(value), textOf(from), textOf(to)];
    if (old === '') throw new RenderingFailed('replace needs something to replace');
    checkSought(old);
    budget.spend(text.length);
    const parts = text.split(old);
    budget.spend(parts.length * by.length);
    return parts.join(by);
  },
};

const length: Filter = {
  arguments: [0, 0],
  apply(value, _, budget) {
    const text = textOf(value);
    budget.spend(text.length);
    let characters = 0;
    for (const _character of text) characters++;
    return characters;
  },
};

/** https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters: those that are for texts. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ['capitalize', mapped(capital)],
  ['count', length],
  ['d', byDefault],
  ['default', byDefault],
  ['e', escaped],
  ['escape', escaped],
  ['length', length],
  ['lower', mapped((text) => text.toLowerCase())],
  ['replace', replace],
  ['safe', mapped((text) => text)],
  ['string', mapped((text) => text)],
  ['title', mapped((text) => text.replace(/[^-\s({[<]+/g, capital))],
  ['trim', mapped((text) => text.trim())],
  ['upper', mapped((text) => text.toUpperCase())],
  ['urlencode', mapped(urlEncoded)],
]);
