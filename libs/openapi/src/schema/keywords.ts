import { isObject } from '#libs/mcp';
import { stringsOf } from '../json.js';
import { isPattern } from './patterns.js';

/** What a keyword is worth in 2020-12, or `undefined` where its value is none that the keyword takes. */
type Reading = (value: unknown) => unknown;

const asCount: Reading = (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined);
const asNumber: Reading = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const asString: Reading = (value) => (typeof value === 'string' ? value : undefined);
const asFlag: Reading = (value) => (typeof value === 'boolean' ? value : undefined);
const asIs: Reading = (value) => value;

/** Keywords whose value is no schema. Everything that stands neither here nor in `SUBSCHEMAS` is dropped. */
export const PLAIN_KEYWORDS: Readonly<Record<string, Reading>> = {
  title: asString,
  description: asString,
  default: asIs,
  const: asIs,
  format: asString,
  deprecated: asFlag,
  minimum: asNumber,
  maximum: asNumber,
  multipleOf: (value) => (typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined),
  minLength: asCount,
  maxLength: asCount,
  minItems: asCount,
  maxItems: asCount,
  minContains: asCount,
  maxContains: asCount,
  minProperties: asCount,
  maxProperties: asCount,
  uniqueItems: asFlag,
  contentEncoding: asString,
  contentMediaType: asString,
  pattern: (value) => (typeof value === 'string' && isPattern(value) ? value : undefined),
  dependentRequired: (value) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([name, needed]) => [name, [...new Set(stringsOf(needed))]]))
      : undefined,
};

/** Applied where the value itself stands: a cycle through these alone never ends. */
export const IN_PLACE: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
]);

const ONE = ['additionalProperties', 'propertyNames', 'unevaluatedProperties', 'unevaluatedItems', 'contains'];
const ONE_IN_PLACE = ['not', 'if', 'then', 'else'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const MAPS = ['properties', 'patternProperties', 'dependentSchemas'];

/** Keywords that hold a schema, a list of them, or a map. */
export const SUBSCHEMAS: Readonly<Record<string, 'one' | 'list' | 'map'>> = Object.fromEntries([
  ...[...ONE, ...ONE_IN_PLACE].map((keyword) => [keyword, 'one'] as const),
  ...LISTS.map((keyword) => [keyword, 'list'] as const),
  ...MAPS.map((keyword) => [keyword, 'map'] as const),
]);

const TYPES = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']);

/** Words of other languages that documents use for types. */
const MEANT: Readonly<Record<string, string>> = {
  file: 'string',
  int: 'integer',
  long: 'integer',
  int32: 'integer',
  int64: 'integer',
  float: 'number',
  double: 'number',
  decimal: 'number',
  bool: 'boolean',
  date: 'string',
  datetime: 'string',
  'date-time': 'string',
  uuid: 'string',
  map: 'object',
  list: 'array',
};

/** The types that a `type` names; `undefined` where it names none that is known, so that anything is allowed. */
export const typesOf = (value: unknown): string[] | undefined => {
  const words = typeof value === 'string' ? [value] : stringsOf(value);
  const types = words.map((word) => (TYPES.has(word) ? word : MEANT[word.toLowerCase()]));
  if (types.length === 0 || types.includes(undefined)) return undefined;
  return [...new Set(types as string[])];
};

/** The values of an `enum`, each once. */
export const enumOf = (value: unknown): unknown[] | undefined => {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return [...new Map(value.map((item: unknown) => [JSON.stringify(item), item])).values()];
};

/**
 * The bounds of a number. 3.0 writes `exclusiveMinimum: true` beside `minimum`, later versions the number itself.
 * https://json-schema.org/draft/2020-12/json-schema-validation#name-exclusiveminimum
 */
export const boundsOf = (raw: Readonly<Record<string, unknown>>): Record<string, number> => {
  const bounds: Record<string, number> = {};
  for (const [plain, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    const limit = asNumber(raw[plain]) as number | undefined;
    const strict = raw[exclusive];
    if (typeof strict === 'number' && Number.isFinite(strict)) bounds[exclusive] = strict;
    if (limit === undefined) continue;
    if (strict === true) bounds[exclusive] = limit;
    else bounds[plain] = limit;
  }
  return bounds;
};
