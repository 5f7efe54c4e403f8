import type { ParameterStyle } from '../document/document.js';
import { encodeReserved, encodeStrictly, hasParts, scalarText } from './encode.js';

/** A name and a value as they stand in a query, encoded. */
export type Pair = readonly [name: string, value: string];

export interface Styling {
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowReserved?: boolean;
}

const DELIMITERS: Partial<Record<ParameterStyle, string>> = {
  spaceDelimited: '%20',
  pipeDelimited: '%7C',
  tabDelimited: '%09',
};

/**
 * The pairs that a value makes in a query, a cookie or a form. An empty list or object makes none.
 * https://spec.openapis.org/oas/v3.2.0#style-examples
 */
export const styledPairs = (name: string, value: unknown, { style, explode, allowReserved }: Styling): Pair[] => {
  const encode = allowReserved ? encodeReserved : encodeStrictly;
  const key = encodeStrictly(name);
  const text = (part: unknown): string => encode(scalarText(part));
  if (style === 'deepObject') return nestedPairs(key, value, encode);
  if (!hasParts(value)) return [[key, text(value)]];
  if (Array.isArray(value)) {
    if (value.length === 0) return [];
    if (explode) return value.map((item): Pair => [key, text(item)]);
    return [[key, value.map(text).join(DELIMITERS[style] ?? ',')]];
  }
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  if (entries.length === 0) return [];
  if (explode) return entries.map(([member, part]): Pair => [encodeStrictly(member), text(part)]);
  const parts = entries.flatMap(([member, part]) => [encodeStrictly(member), text(part)]);
  return [[key, parts.join(DELIMITERS[style] ?? ',')]];
};

/** `a[b][0]=…`, as deep as the value is. */
export const nestedPairs = (key: string, value: unknown, encode: (text: string) => string): Pair[] => {
  const pairs: Pair[] = [];
  const visit = (path: string, part: unknown): void => {
    if (!hasParts(part)) pairs.push([path, encode(scalarText(part))]);
    else for (const [member, inner] of Object.entries(part)) visit(`${path}%5B${encodeStrictly(member)}%5D`, inner);
  };
  visit(key, value);
  return pairs;
};

const LEADS: Partial<Record<ParameterStyle, string>> = { label: '.', matrix: ';' };

/** A value in a path (`simple`, `label`, `matrix`) or, with an `encode` that changes nothing, in a header (`simple`). */
export const styledText = (
  name: string,
  value: unknown,
  { style, explode }: Styling,
  encode: (text: string) => string,
): string => {
  const text = (part: unknown): string => encode(scalarText(part));
  const lead = LEADS[style] ?? '';
  const named = (part: string): string =>
    style !== 'matrix' ? part : `${encode(name)}${part === '' ? '' : `=${part}`}`;
  const joined = (parts: readonly string[]): string =>
    parts.length === 0 ? '' : `${lead}${parts.join(explode && lead !== '' ? lead : ',')}`;
  if (!hasParts(value)) return joined([named(text(value))]);
  if (Array.isArray(value)) {
    const items = value.map(text);
    return explode || items.length === 0 ? joined(items.map(named)) : joined([named(items.join(','))]);
  }
  const entries = Object.entries(value).map(([member, part]) => [encode(member), text(part)]);
  return explode || entries.length === 0
    ? joined(entries.map((entry) => entry.join('=')))
    : joined([named(entries.flat().join(','))]);
};
