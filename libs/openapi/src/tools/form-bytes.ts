import type { References } from '../document/references.js';
import { entriesOf, type Json } from '../json.js';
import type { PropertyBinding } from '../request/binding.js';
import { bodyFormOf } from './body-form.js';

const DEPTH_MAX = 8;

/** Is a property of a form bytes, a list of them, or either or null? `contentType`: that of its part. */
export const isBytes = (property: unknown, references: References, contentType?: string, depth = 0): boolean => {
  const found = references.object(property);
  if (depth > DEPTH_MAX) return false;
  const inner = (schema: unknown): boolean => isBytes(schema, references, contentType, depth + 1);
  if (found['type'] === 'array') return found['items'] !== undefined && inner(found['items']);
  const choices = choicesOf(found)?.filter((choice) => references.object(choice)['type'] !== 'null') ?? [];
  return choices.length > 0 ? choices.every(inner) : isOneOfBytes(found, contentType);
};

const isOneOfBytes = (schema: Json, contentType?: string): boolean => {
  if (schema['type'] === 'file' || schema['format'] === 'binary') return true;
  const mediaType = schema['contentMediaType'];
  if (typeof mediaType === 'string' && schema['contentEncoding'] === undefined)
    return bodyFormOf(mediaType) === 'binary';
  const isUntyped = schema['type'] === undefined && schema['properties'] === undefined;
  return isUntyped && contentType !== undefined && bodyFormOf(contentType.split(',', 1)[0] ?? '') === 'binary';
};

/** The schema of a multipart form, with those of its properties called base64 that are bytes: as arguments they are that. */
export const withBase64Named = (
  raw: unknown,
  properties: Readonly<Record<string, PropertyBinding>>,
  references: References,
  depth = 0,
): unknown => {
  if (depth > DEPTH_MAX || !Object.values(properties).some((property) => property.isBinary)) return raw;
  const found = references.object(raw);
  const named = entriesOf(references.object(found['properties'])).map(([name, property]): [string, unknown] => [
    name,
    properties[name]?.isBinary ? base64Named(property, references) : property,
  ]);
  const parts = found['allOf'];
  return {
    ...found,
    ...(named.length > 0 && { properties: Object.fromEntries(named) }),
    ...(Array.isArray(parts) && {
      allOf: parts.map((part) => withBase64Named(part, properties, references, depth + 1)),
    }),
  };
};

const base64Named = (property: unknown, references: References, depth = 0): unknown => {
  const found = references.object(property);
  if (depth > DEPTH_MAX || found['type'] === 'null') return property;
  const inner = (schema: unknown): unknown => base64Named(schema, references, depth + 1);
  if (found['type'] === 'array') return { ...found, items: inner(found['items']) };
  const keyword = CHOICES.find((each) => Array.isArray(found[each]));
  if (keyword !== undefined) return { ...found, [keyword]: (found[keyword] as unknown[]).map(inner) };
  const { description } = found;
  const words =
    typeof description === 'string' && description !== '' ? `${description} (base64)` : 'The bytes as base64';
  return { ...found, type: found['type'] ?? 'string', contentEncoding: 'base64', description: words };
};

const CHOICES = ['anyOf', 'oneOf'] as const;

const choicesOf = (schema: Json): readonly unknown[] | undefined => {
  const keyword = CHOICES.find((each) => Array.isArray(schema[each]));
  return keyword === undefined ? undefined : (schema[keyword] as unknown[]);
};
