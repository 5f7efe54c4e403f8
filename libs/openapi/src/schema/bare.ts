import { isObject } from '#libs/mcp';
import type { Schema } from '../json.js';
import { SUBSCHEMAS } from './keywords.js';

const WORDS = new Set([
  'title',
  'description',
  'default',
  'deprecated',
  'format',
  'contentEncoding',
  'contentMediaType',
]);

/** A schema without what no check looks at. */
export const bare = (schema: Schema | boolean): Schema | boolean => {
  if (!isObject(schema)) return schema;
  const out: [string, unknown][] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (WORDS.has(keyword)) continue;
    const kind = keyword === 'items' ? 'one' : Object.hasOwn(SUBSCHEMAS, keyword) ? SUBSCHEMAS[keyword] : undefined;
    if (kind === 'one') out.push([keyword, bare(value as Schema)]);
    else if (kind === 'list') out.push([keyword, (value as Schema[]).map(bare)]);
    else if (kind === 'map') {
      const entries = Object.entries(value as Record<string, Schema>);
      out.push([keyword, Object.fromEntries(entries.map(([name, inner]) => [name, bare(inner)]))]);
    } else out.push([keyword, value]);
  }
  return Object.fromEntries(out);
};
