import { load, YAMLException } from 'js-yaml';
import { fail, type GatewayError } from '#libs/errors';
import { isObject } from '#libs/mcp';
import { type Json, pointerSegment } from '../json.js';
import type { ReadLimits } from './limits.js';

const ALIASES_MAX = 10_000;

/** The document in a JSON or YAML text. Throws `http.invalid`, with the line or the place where it goes wrong. */
export const parseText = (text: string, limits: ReadLimits): Json => {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.bytesMax) throw invalid(`The document has ${bytes} bytes; the limit is ${limits.bytesMax}`);
  const document = parse(text, limits);
  if (!isObject(document)) throw invalid('The document is not an object');
  measure(document, limits);
  return document;
};

const parse = (text: string, limits: ReadLimits): unknown => {
  const begin = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  if (/^\s*\{/.test(text.slice(begin, begin + 1_000))) {
    checkMarks(text, JSON_MARKS, limits);
    try {
      return JSON.parse(text.slice(begin));
    } catch {
      // YAML takes more: comments, a comma too many, keys without quotes.
    }
  }
  checkMarks(text, YAML_MARKS, limits);
  try {
    return load(text, { json: true, maxDepth: limits.depthMax, maxAliases: ALIASES_MAX });
  } catch (error) {
    throw invalid(`The document is neither JSON nor YAML: ${syntaxErrorOf(error)}`);
  }
};

/** By code unit: what stands before a value. Of YAML a line, a `-` and a `?` do so too. */
const tableOf = (marks: string): Uint8Array =>
  Uint8Array.from({ length: 128 }, (_, code) => Number(marks.includes(String.fromCharCode(code))));
const JSON_MARKS = tableOf(',[{');
const YAML_MARKS = tableOf(',[{\n\r-?');

/**
 * Values are counted before any is made: `{},` are three bytes of a text, and up to 300 of memory. What stands within texts counts
 * as well, which is little beside the limit.
 */
const checkMarks = (text: string, marks: Uint8Array, { valuesMax }: ReadLimits): void => {
  if (text.length <= valuesMax) return;
  let found = 0;
  for (let at = 0; at < text.length; at++) found += marks[text.charCodeAt(at)] ?? 0;
  if (found > valuesMax) throw invalid(`The document has more than ${valuesMax} values`);
};

/** Without the snippet of the text, which may hold a secret. */
const syntaxErrorOf = (error: unknown): string => {
  if (!(error instanceof YAMLException)) return 'it cannot be parsed';
  const { line, column } = (error.mark ?? {}) as { line?: number; column?: number };
  return line === undefined ? error.reason : `${error.reason}, line ${line + 1}, column ${(column ?? 0) + 1}`;
};

interface Level {
  readonly keys: readonly string[] | null;
  readonly values: readonly unknown[];
  at: number;
}

const levelOf = (value: object): Level =>
  Array.isArray(value)
    ? { keys: null, values: value, at: 0 }
    : { keys: Object.keys(value), values: Object.values(value), at: 0 };

/** Walks the whole document once, without recursion: an alias that holds itself shows as depth, one that swells as size. */
const measure = (document: Json, { depthMax, valuesMax }: ReadLimits): void => {
  const levels = [levelOf(document)];
  let values = 0;
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    if (level.at === level.values.length) {
      levels.pop();
      continue;
    }
    const value = level.values[level.at++];
    if (++values > valuesMax) throw invalid(`The document has more than ${valuesMax} values`);
    if (typeof value !== 'object' || value === null) continue;
    if (levels.length >= depthMax) throw invalid(`The document nests deeper than ${depthMax} at ${placeOf(levels)}`);
    levels.push(levelOf(value));
  }
};

const PLACE_CHARS_MAX = 200;

const placeOf = (levels: readonly Level[]): string => {
  const place = levels
    .map(({ keys, at }) => `/${keys === null ? at - 1 : pointerSegment(keys[at - 1] ?? '')}`)
    .join('');
  return `#${place}`.slice(0, PLACE_CHARS_MAX);
};

/** The document as a whole cannot be used. */
export const invalid = (message: string): GatewayError => fail('http.invalid', { message });
