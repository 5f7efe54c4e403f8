import { isObject } from '#libs/mcp';

/** An object as `JSON.parse` gives it. */
export type Json = Readonly<Record<string, unknown>>;

/** A JSON Schema that is not a boolean. */
export type Schema = Readonly<Record<string, unknown>>;

export const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The member of an object, and of nothing else: not of its prototype. */
export const memberOf = (object: unknown, key: string): unknown =>
  isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;

export const entriesOf = (object: unknown): [string, unknown][] => (isObject(object) ? Object.entries(object) : []);

export const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** One segment of a JSON pointer. https://www.rfc-editor.org/rfc/rfc6901 */
export const pointerSegment = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
