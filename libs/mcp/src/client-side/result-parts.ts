import { fail } from '#libs/errors';
import type { CarriedJson } from '../json/carried.js';
import { elementsOf } from '../json/elements.js';
import { membersOf, stretchesOf, valueText } from '../json/members.js';
import { assertRelayable, type IncomingResult } from './incoming.js';
import { LongResult } from './long-result.js';
import { taskWithMeta } from '../tasks.js';
import { relayedMeta } from './meta.js';

/** What the protocol adds to every result. */
export interface ResultHead {
  /** `complete` where the upstream named none, as revisions before 2026-07-28 do. */
  readonly resultType: string;
  readonly ttlMs?: number;
  readonly cacheScope?: 'public' | 'private';
  readonly meta?: Record<string, unknown>;
}

/** A day: what an upstream may at most ask us to believe. */
const TTL_MAX_MS = 86_400_000;
const HEAD_KEYS = new Set(['_meta', 'resultType', 'ttlMs', 'cacheScope']);
/** Of a task `ttlMs` is a member of its own. */
const TASK_HEAD_KEYS = new Set(['_meta', 'resultType']);

/** Throws `upstream.invalid_answer` for one that cannot be passed on. */
export const resultHead = (message: IncomingResult): ResultHead => {
  assertRelayable(message);
  const { seen: result } = message;
  const { ttlMs, cacheScope } = result;
  const meta = relayedMeta(result._meta);
  return {
    resultType: resultTypeOf(result),
    ...(isDuration(ttlMs) && { ttlMs: Math.min(ttlMs, TTL_MAX_MS) }),
    ...((cacheScope === 'public' || cacheScope === 'private') && { cacheScope }),
    ...(meta && { meta }),
  };
};

/** A result without what stands in its head. Asked for last: of a long one, the bytes are cut where they stand. */
export const resultBody = (message: IncomingResult): CarriedJson => {
  if (!(message instanceof LongResult)) return withoutHead(message.result, message.text, HEAD_KEYS);
  return message.without((key) => HEAD_KEYS.has(key) || saysNothing(key, message.seen));
};

/** The same of a result that is, or tells of, a task, and its text. */
export const taskParts = (
  message: IncomingResult,
): Pick<ResultHead, 'resultType' | 'meta'> & { readonly text: string } => {
  assertRelayable(message);
  const { result, text } = message;
  const meta = relayedMeta(result._meta);
  return {
    resultType: resultTypeOf(result),
    ...(meta && { meta }),
    text: taskWithMeta(withoutHead(result, text, TASK_HEAD_KEYS), relayedMeta),
  };
};

/** For how long and for whom a result is good; whatever is malformed or absent counts as not at all, and for nobody else. */
export const cacheHintOf = (
  result: IncomingResult['result'],
): { readonly ttlMs: number; readonly cacheScope: 'public' | 'private' } => {
  const { ttlMs, cacheScope } = result;
  return {
    ttlMs: isDuration(ttlMs) ? Math.min(ttlMs, TTL_MAX_MS) : 0,
    cacheScope: cacheScope === 'public' ? 'public' : 'private',
  };
};

const resultTypeOf = (result: IncomingResult['result']): string => {
  const resultType = result.resultType ?? 'complete';
  if (typeof resultType === 'string') return resultType;
  throw fail('upstream.invalid_answer', { message: 'The upstream gave a resultType that is not a string' });
};

const isDuration = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** Members of a result that clients read, and that say nothing when they are `null`. */
const ABSENT_IF_NULL = new Set(['isError', 'description']);

const saysNothing = (key: string, result: IncomingResult['result']): boolean =>
  ABSENT_IF_NULL.has(key) && result[key] === null;

/** The text of a result without the members that stand in its head or say nothing; untouched where it has none. */
const withoutHead = (result: IncomingResult['result'], text: string, headKeys: ReadonlySet<string>): string => {
  let found = result.isError === null || result.description === null;
  for (const key of headKeys) found ||= Object.hasOwn(result, key);
  if (!found) return text;
  const stretches = stretchesOf(readMembers(text), (key) => !headKeys.has(key) && !saysNothing(key, result));
  return `{${stretches.map(({ start, end }) => text.slice(start, end)).join(',')}}`;
};

const readMembers = (text: string) => {
  try {
    return membersOf(text);
  } catch {
    throw fail('upstream.invalid_answer', { message: 'A key stands twice in the result of the upstream' });
  }
};

/** The items of a list in a result, each as the upstream wrote it. */
export const itemTexts = (text: string, key: string): string[] => {
  const member = readMembers(text).find((candidate) => candidate.key === key);
  return member === undefined ? [] : elementsOf(valueText(text, member));
};
