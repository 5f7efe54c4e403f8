import { fail } from '#libs/errors';
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, skipString } from './scan.js';

const LETTER_U = 117;

/** `JSON.parse` takes seconds over millions of distinct keys; these take it under 100 ms. */
const KEYS_MAX = 100_000;
const ELEMENTS_MAX = 1_000_000;

/** How deep a message may nest that is passed on, from either side. */
export const DEPTH_MAX = 64;

interface Size {
  readonly keys: number;
  readonly elements: number;
  /** How deep it nests. */
  readonly depth: number;
}

/**
 * Says how much there is in a JSON text, before anything recursive sees it. Throws `mcp.invalid_request` where it nests
 * deeper than `depthMax`.
 */
export const checkDepth = (text: string, depthMax: number): Size => {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  let elements = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > deepest) deepest = depth;
      if (depth > depthMax) throw fail('mcp.invalid_request', { message: `Nested deeper than ${depthMax}` });
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
    else if (code === COLON) keys++;
    else if (code === COMMA) elements++;
    at++;
  }
  return { keys, elements, depth: deepest };
};

/** Refuses text that is too deep, has too much in it, or escapes half a surrogate pair, before anything parses it. */
export const measure = (text: string, depthMax: number): void => {
  const { keys, elements } = checkDepth(text, depthMax);
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
