import { UsageError } from '../../terminal/failure.js';
import type { ArgumentSchema, InputSchema } from './tool.js';

/**
 * The arguments of a call as they stand on the command line: `key=value`, where the schema of the tool says what a value is, and
 * `key:=JSON` where it does not matter what the schema says. Throws `UsageError`.
 */
export const argumentsOf = (
  words: readonly string[],
  { properties = {} }: InputSchema,
): Readonly<Record<string, unknown>> => {
  const found: Record<string, unknown> = {};
  for (const word of words) {
    const [, key, sign, text = ''] = /^([^=:]+)(:?=)([^]*)$/.exec(word) ?? [];
    if (key === undefined) throw new UsageError(`"${word}" is no argument: write key=value, or key:=JSON`);
    if (Object.hasOwn(found, key)) throw new UsageError(`${key} is given twice`);
    found[key] = sign === ':=' ? fromJson(key, text) : valueOf(key, text, properties[key] ?? {});
  }
  return found;
};

/** All arguments as one JSON object. Throws `UsageError`. */
export const argumentsIn = (text: string): Readonly<Record<string, unknown>> => {
  const value = fromJson('--args', text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError('--args needs a JSON object');
  return value as Readonly<Record<string, unknown>>;
};

/** A text as what the schema wants. Throws `UsageError` where it is none of that. */
export const valueOf = (key: string, text: string, { type, enum: values }: ArgumentSchema): unknown => {
  const types = typeof type === 'string' ? [type] : (type ?? []);
  if (types.length === 0 && values === undefined) return text;
  if (types.includes('string') || values?.includes(text) === true) return text;
  const value = fromJson(key, text);
  const is = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const isWanted =
    types.length === 0 ||
    types.includes(is) ||
    (is === 'number' && types.includes('integer') && Number.isInteger(value));
  if (!isWanted) throw new UsageError(`${key} is to be ${types.join(' or ')}`);
  return value;
};

const fromJson = (key: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${key}: "${text.slice(0, 40)}" is not JSON`);
  }
};
