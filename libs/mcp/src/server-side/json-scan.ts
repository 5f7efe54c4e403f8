import { fail } from '#libs/errors';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const LETTER_U = 117;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** `JSON.parse` takes seconds over millions of distinct keys; these take it under 100 ms. */
const KEYS_MAX = 100_000;
const ELEMENTS_MAX = 1_000_000;

const afterString = (text: string, from: number): number => {
  let at = from;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) throw fail('mcp.malformed_json');
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
};

/** Refuses text that is too deep, has too much in it, or escapes half a surrogate pair, before anything parses it. */
export const measure = (text: string, depthMax: number): void => {
  let depth = 0;
  let keys = 0;
  let elements = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = afterString(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > depthMax) throw fail('mcp.invalid_request', { message: `Nested deeper than ${depthMax}` });
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
    else if (code === COLON) keys++;
    else if (code === COMMA) elements++;
    at++;
  }
  if (keys > KEYS_MAX || elements > ELEMENTS_MAX) throw fail('mcp.invalid_request', { message: 'Too many members' });
  if (text.includes('\\u') && hasLoneSurrogate(text)) throw fail('mcp.malformed_json');
};

const isSurrogate = (unit: number, base: number): boolean => unit >= base && unit < base + 0x400;

const hasLoneSurrogate = (text: string): boolean => {
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    if (text.charCodeAt(at + 1) !== LETTER_U) {
      at += 2;
      continue;
    }
    const unit = Number.parseInt(text.slice(at + 2, at + 6), 16);
    at += 6;
    if (isSurrogate(unit, 0xdc00)) return true;
    if (!isSurrogate(unit, 0xd800)) continue;
    if (!text.startsWith('\\u', at)) return true;
    if (!isSurrogate(Number.parseInt(text.slice(at + 2, at + 6), 16), 0xdc00)) return true;
    at += 6;
  }
  return false;
};

/** The texts of an array's elements, in order. Expects text that `JSON.parse` accepts. */
export const elementsOf = (text: string): string[] => {
  const elements: string[] = [];
  const open = text.indexOf('[');
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = afterString(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
    if ((code === COMMA && depth === 1) || depth === 0) {
      const element = text.slice(start, at).trim();
      if (element !== '') elements.push(element);
      start = at + 1;
      if (depth === 0) break;
    }
    at++;
  }
  return elements;
};
