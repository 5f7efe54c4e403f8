import { RE2JS } from 're2js';

const PATTERN_CHARS_MAX = 1_000;

/** Does the pattern compile as JSON Schema demands, with Unicode semantics? */
export const isPattern = (pattern: string): boolean => {
  try {
    return pattern.length <= PATTERN_CHARS_MAX && new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
};

interface Matcher {
  test(text: string): boolean;
}

const ANYTHING: Matcher = { test: () => true };

/**
 * A matcher in linear time: a pattern comes from a document that nobody vouches for, and must not be able to stop the
 * process. What RE2 does not know (looking around, back references) is left to the upstream to check.
 * https://github.com/google/re2/wiki/Syntax
 */
export const linearMatcher = (pattern: string): Matcher => {
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return { test: (text) => compiled.matcher(text).find() };
  } catch {
    return ANYTHING;
  }
};
