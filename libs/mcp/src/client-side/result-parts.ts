import { fail } from '#libs/errors';
import { elementsOf } from '../json/elements.js';
import { membersOf, valueText } from '../json/members.js';
import { assertRelayable, type IncomingResult } from './incoming.js';
import { taskWithMeta } from '../tasks.js';
import { relayedMeta } from './meta.js';

/** A result in two halves: what the protocol adds to every result, and the text of the rest. */
export interface ResultParts {
  /** `complete` where the upstream named none, as revisions before 2026-07-28 do. */
  readonly resultType: string;
  readonly ttlMs?: number;
  readonly cacheScope?: 'public' | 'private';
  readonly meta?: Record<string, unknown>;
  readonly text: string;
}

/** A day: what an upstream may at most ask us to believe. */
const TTL_MAX_MS = 86_400_000;
const HEAD_KEYS = new Set(['_meta', 'resultType', 'ttlMs', 'cacheScope']);
/** Of a task `ttlMs` is a member of its own. */
const TASK_HEAD_KEYS = new Set(['_meta', 'resultType']);

/** Throws `upstream.invalid_answer` for one that cannot be passed on. */
export const resultParts = (message: IncomingResult): ResultParts => {
  assertRelayable(message);
  const { result, text } = message;
  const { ttlMs, cacheScope } = result;
  const meta = relayedMeta(result._meta);
  return {
    resultType: resultTypeOf(result),
    ...(isDuration(ttlMs) && { ttlMs: Math.min(ttlMs, TTL_MAX_MS) }),
    ...((cacheScope === 'public' || cacheScope === 'private') && { cacheScope }),
    ...(meta && { meta }),
    text: withoutHead(result, text, HEAD_KEYS),
  };
};

/** The parts of a result that is, or tells of, a task. */
export const taskParts = (message: IncomingResult): Pick<ResultParts, 'resultType' | 'meta' | 'text'> => {
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

/** The text of a result without the members that stand in its head or say nothing; untouched where it has none. */
const withoutHead = (result: IncomingResult['result'], text: string, headKeys: ReadonlySet<string>): string => {
  let found = result.isError === null || result.description === null;
  for (const key of headKeys) found ||= Object.hasOwn(result, key);
  if (!found) return text;
  const kept: string[] = [];
  for (const member of readMembers(text)) {
    const isAbsent = ABSENT_IF_NULL.has(member.key) && result[member.key] === null;
    if (!headKeys.has(member.key) && !isAbsent) kept.push(text.slice(member.start, member.end));
  }
  return `{${kept.join(',')}}`;
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
