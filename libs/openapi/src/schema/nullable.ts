import type { Json, Schema } from '../json.js';

const COMPOSED = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'const'];

const NULL_TYPE: Schema = { type: 'null' };

/**
 * Lets `null` in where the document says `nullable` (3.0) or `x-nullable` (2.0). Vendors mean it beside `allOf`, `anyOf`
 * and `$ref` too, although 3.0.3 gives it no effect there.
 */
export const withNull = (raw: Json, schema: Schema): Schema => {
  if (raw['nullable'] !== true && raw['x-nullable'] !== true) return schema;
  if (COMPOSED.some((keyword) => Object.hasOwn(schema, keyword))) return alternativelyNull(schema);
  const { type, enum: values } = schema;
  return {
    ...schema,
    ...(type !== undefined && { type: withNullType(type) }),
    ...(Array.isArray(values) && !values.includes(null) && { enum: [...values, null] }),
  };
};

const withNullType = (type: unknown): unknown => {
  const types = Array.isArray(type) ? type : [type];
  return types.includes('null') ? type : [...types, 'null'];
};

const alternativelyNull = (schema: Schema): Schema => {
  const { title, description, ...rest } = schema;
  const keywords = Object.keys(rest);
  const words = { ...(title !== undefined && { title }), ...(description !== undefined && { description }) };
  if (keywords.length === 1 && Array.isArray(rest['anyOf'])) return { ...words, anyOf: [...rest['anyOf'], NULL_TYPE] };
  return { ...words, anyOf: [rest, NULL_TYPE] };
};
