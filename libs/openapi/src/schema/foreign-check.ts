import { isObject } from '#libs/mcp';
import type { Schema } from '../json.js';
import { type Check, STEP, compileStepped } from './check.js';
import { SUBSCHEMAS } from './keywords.js';

/** More of it would keep everybody waiting while it is compiled. */
const SCHEMA_CHARS_MAX = 65_536;
const NESTED_MAX = 64;
/** What changes where a reference leads, or what a check answers. */
const REFUSED: ReadonlySet<string> = new Set(['$id', '$async', '$anchor', '$dynamicAnchor', '$recursiveAnchor']);
/** As before 2019-09, and still in use. */
const OLD_MAPS: ReadonlySet<string> = new Set(['definitions']);

/**
 * A check against a JSON Schema that somebody else wrote, in the dialect 2020-12, in bounded time as `compileCheck` does.
 * `null` where it cannot be had: the schema is too large, not valid, or refers to what is not in it.
 */
export const compileForeignCheck = (schemaText: string): Check | null => {
  if (schemaText.length > SCHEMA_CHARS_MAX) return null;
  try {
    return compileStepped(stepped(JSON.parse(schemaText) as Schema, 0) as Schema);
  } catch {
    return null;
  }
};

class Unusable extends Error {}

/** A reference may lead anywhere, so every schema is a step. */
const stepped = (schema: Schema | boolean, depth: number): Schema | boolean => {
  if (!isObject(schema)) return schema;
  if (depth > NESTED_MAX) throw new Unusable();
  const marked: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === '$schema') continue;
    if (REFUSED.has(keyword) || keyword === STEP) throw new Unusable();
    marked[keyword] = steppedIn(keyword, value, depth + 1);
  }
  return { [STEP]: true, ...marked };
};

const steppedIn = (keyword: string, value: unknown, depth: number): unknown => {
  const kind = Object.hasOwn(SUBSCHEMAS, keyword)
    ? SUBSCHEMAS[keyword]
    : OLD_MAPS.has(keyword)
      ? 'map'
      : keyword === 'items'
        ? 'one'
        : undefined;
  if (kind === 'one') return stepped(value as Schema, depth);
  if (kind === 'list') return (value as Schema[]).map((inner) => stepped(inner, depth));
  if (kind !== 'map') return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, Schema>).map(([name, inner]) => [name, stepped(inner, depth)]),
  );
};
