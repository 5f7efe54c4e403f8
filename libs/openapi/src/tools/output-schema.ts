import { isObject } from '#libs/mcp';
import type { ApiDocument, Operation } from '../document/document.js';
import { isJsonType } from '../document/media-type.js';
import { Unusable } from '../document/references.js';
import type { Schema } from '../json.js';
import { closureOf, withDefinitions } from '../schema/closure.js';
import type { SchemaConverter } from '../schema/converter.js';
import { inline } from '../schema/inline.js';
import type { ToolLimits } from './limits.js';

/** Keywords that tell what something is without refusing anything. */
const TELLING = new Set(['title', 'description', 'format', 'deprecated']);

/**
 * What an operation answers, for clients to read. Clients check results against it and servers do not keep to their own
 * descriptions, so nothing in it refuses a value: it names properties and says what they are. `undefined` where the
 * document does not tell, or where it is too long.
 */
export const outputSchemaOf = (
  { success }: Operation,
  { references }: ApiDocument,
  converter: SchemaConverter,
  limits: ToolLimits,
  spend: (chars: number) => void,
): Schema | undefined => {
  if (success === undefined || !isJsonType(success.mediaType)) return undefined;
  try {
    const { schema, uses } = converter.convert(success.schema, 'result');
    if (!isObject(schema)) return undefined;
    const closure = closureOf(uses, converter, limits.schemaCharsMax * 4);
    spend(closure.chars);
    const whole = withDefinitions(schema, closure);
    const shown = inline(whole, limits.shownCharsMax, limits.schemaCharsMax);
    if (shown === null) return undefined;
    const told = telling(shown.schema) as Schema;
    const isObjectAnswer =
      isTypeOf(references.object(success.schema)['type'], 'object') || told['properties'] !== undefined;
    return isObjectAnswer ? { ...told, type: 'object' } : { type: 'object', properties: { result: told } };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    spend(error.chars);
    return undefined;
  }
};

const isTypeOf = (type: unknown, wanted: string): boolean =>
  type === wanted || (Array.isArray(type) && type.includes(wanted));

const telling = (schema: unknown): Schema | boolean => {
  if (!isObject(schema)) return {};
  const out: [string, unknown][] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (TELLING.has(keyword)) out.push([keyword, value]);
    else if (keyword === 'items') out.push([keyword, telling(value)]);
    else if (keyword === 'properties' && isObject(value)) out.push([keyword, mapped(value)]);
    else if (keyword === 'additionalProperties' && isObject(value)) out.push([keyword, telling(value)]);
    else if (keyword === 'allOf' && Array.isArray(value)) out.push([keyword, value.map(telling)]);
    else if ((keyword === 'anyOf' || keyword === 'oneOf') && Array.isArray(value)) {
      out.push(['anyOf', value.map(telling)]);
    }
  }
  return Object.fromEntries(out);
};

const mapped = (properties: Schema): Schema =>
  Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, telling(property)]));
