import { fail } from '#libs/errors';
import { COLON, COMMA, OPEN_BRACE, QUOTE, skipSpace, skipString, skipValue } from './scan.js';

/**
 * Where a member of an object stands in its text. The gateway carries arguments and results as text, so that a number of
 * 17 digits, a key order or a schema leaves as it came.
 */
export interface Member {
  readonly key: string;
  /** Where `"key":value` begins. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** So many keys are sooner compared than hashed. */
const FEW = 8;

/**
 * The members of the object whose `{` is at or after `from`, in order. Throws `mcp.invalid_request` where there is none
 * or a key stands twice, and `mcp.malformed_json`.
 */
export const membersOf = (text: string, from = 0): Member[] => {
  const members: Member[] = [];
  let seen: Set<string> | undefined;
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
    if (seen === undefined ? isAmong(members, key) : seen.has(key)) throw twice(key);
    if (seen !== undefined) seen.add(key);
    else if (members.length === FEW) seen = new Set([...members.map((member) => member.key), key]);
    members.push({ key, start, valueStart, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) break;
    at = skipSpace(text, at + 1);
  }
  return members;
};

/** A loop, since a closure for each key is a good part of what reading a message costs. */
const isAmong = (members: readonly Member[], key: string): boolean => {
  for (const member of members) if (member.key === key) return true;
  return false;
};

const twice = (key: string) => fail('mcp.invalid_request', { message: `The key "${key.slice(0, 64)}" stands twice` });

/**
 * One member of the object that `text` begins with, of which `JSON.parse` has read `parsed`: the other keys are counted
 * instead of read, since fewer of them in `parsed` means that one stands twice. Throws as `membersOf` does.
 */
export const memberAmong = (text: string, parsed: object, key: string): Member | undefined => {
  let found: Member | undefined;
  let count = 0;
  let at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) throw fail('mcp.invalid_request');
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const start = at;
    const keyEnd = skipString(text, at);
    at = skipSpace(text, keyEnd);
    if (text.charCodeAt(at) !== COLON) throw fail('mcp.malformed_json');
    const valueStart = skipSpace(text, at + 1);
    const end = skipValue(text, valueStart);
    if (isKey(text, start + 1, keyEnd - 1, key)) found = { key, start, valueStart, end };
    count++;
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) break;
    at = skipSpace(text, at + 1);
  }
  if (count !== Object.keys(parsed).length) membersOf(text);
  return found;
};

/** Whether what stands between the quotes means `key`. */
const isKey = (text: string, start: number, end: number, key: string): boolean => {
  if (end - start < key.length) return false;
  // What is escaped is longer than what it means.
  if (end - start === key.length) return text.startsWith(key, start) && !key.includes('\\');
  const raw = text.slice(start, end);
  return raw.includes('\\') && JSON.parse(`"${raw}"`) === key;
};

/** Where the members stand that are kept: neighbours together, with what is between them. */
export const stretchesOf = (
  members: readonly Member[],
  isKept: (key: string) => boolean,
): readonly { readonly start: number; readonly end: number }[] => {
  const stretches: { start: number; end: number }[] = [];
  let open: { start: number; end: number } | undefined;
  for (const { key, start, end } of members) {
    if (!isKept(key)) open = undefined;
    else if (open !== undefined) open.end = end;
    else stretches.push((open = { start, end }));
  }
  return stretches;
};

/** The text of a member's value, as it stands in `text`. */
export const valueText = (text: string, member: Member): string => text.slice(member.valueStart, member.end);

/** The text of one member's value; `undefined` where there is none. */
export const memberText = (text: string, key: string): string | undefined => {
  const found = membersOf(text).find((member) => member.key === key);
  return found && valueText(text, found);
};

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
