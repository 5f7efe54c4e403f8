import { fail } from '#libs/errors';

/**
 * Reads JSON text without building it: where the members of an object stand, how deep it goes. The gateway carries
 * arguments and results as text, so that a number of 17 digits, a key order or a schema leaves as it came.
 *
 * The scanner expects text that `JSON.parse` accepts; it finds places, it does not judge grammar.
 */
export interface Member {
  readonly key: string;
  /** Where `"key":value` begins. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COMMA = 44;
const COLON = 58;

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (text.charCodeAt(at) <= 32) at++;
  return at;
};

/** The index after the string that opens at `from`. */
const skipString = (text: string, from: number): number => {
  let at = from;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) throw fail('mcp.malformed_json');
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
};

const skipValue = (text: string, from: number): number => {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return skipString(text, from);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || code <= 32) break;
    }
    return at;
  }
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at + 1;
    at++;
  }
  throw fail('mcp.malformed_json');
};

/** The members of the object whose `{` is at or after `from`, in order. A key that stands twice is refused. */
export const membersOf = (text: string, from = 0): Member[] => {
  const members: Member[] = [];
  const seen = new Set<string>();
  let at = skipSpace(text, from);
  if (text.charCodeAt(at) !== OPEN_BRACE) throw fail('mcp.invalid_request');
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const start = at;
    const keyEnd = skipString(text, at);
    const raw = text.slice(start + 1, keyEnd - 1);
    const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    at = skipSpace(text, keyEnd);
    if (text.charCodeAt(at) !== COLON) throw fail('mcp.malformed_json');
    const valueStart = skipSpace(text, at + 1);
    const end = skipValue(text, valueStart);
    if (seen.has(key)) {
      throw fail('mcp.invalid_request', { message: `The key "${key.slice(0, 64)}" stands twice` });
    }
    seen.add(key);
    members.push({ key, start, valueStart, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) break;
    at = skipSpace(text, at + 1);
  }
  return members;
};

/** Refuses text that nests deeper than `depthMax`, before anything recursive sees it. */
export const checkDepth = (text: string, depthMax: number): void => {
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > depthMax) throw fail('mcp.invalid_request', { message: `Nested deeper than ${depthMax}` });
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
    at++;
  }
};

export const valueText = (text: string, member: Member): string => text.slice(member.valueStart, member.end);

/**
 * The object's text with some members replaced (a JSON text), removed (`null`) or, where they were absent, appended.
 * Everything else stays byte for byte.
 */
export const withMembers = (text: string, changes: Readonly<Record<string, string | null>>, from = 0): string => {
  const parts: string[] = [];
  const seen = new Set<string>();
  for (const member of membersOf(text, from)) {
    seen.add(member.key);
    const change = Object.hasOwn(changes, member.key) ? changes[member.key] : undefined;
    if (change === undefined) parts.push(text.slice(member.start, member.end));
    else if (change !== null) parts.push(`${JSON.stringify(member.key)}:${change}`);
  }
  for (const [key, change] of Object.entries(changes)) {
    if (change !== null && !seen.has(key)) parts.push(`${JSON.stringify(key)}:${change}`);
  }
  return `{${parts.join(',')}}`;
};
