import { isObject } from '#libs/mcp';
import type { BodyChoice } from '../document/document.js';
import { essenceOf, isFormType, isJsonType, isMultipartType, isTextType } from '../document/media-type.js';
import { type References, Unusable } from '../document/references.js';
import { entriesOf, type Json, memberOf } from '../json.js';
import type { BodyBinding, BodyForm, PropertyBinding } from '../request/binding.js';

/** Which of several media types is taken, the first preferred. */
const PREFERENCE: readonly ((mediaType: string) => boolean)[] = [
  (mediaType) => essenceOf(mediaType) === 'application/json',
  (mediaType) => essenceOf(mediaType) === 'application/merge-patch+json',
  isJsonType,
  isFormType,
  isMultipartType,
  isTextType,
  () => true,
];

/** The media type a body is sent in: the one that the operator wants, else the one that is written most safely. */
export const chosenBody = (choices: readonly BodyChoice[], wanted?: string): BodyChoice => {
  if (wanted !== undefined) {
    const found = choices.find((choice) => essenceOf(choice.mediaType) === essenceOf(wanted));
    if (found === undefined) throw new Unusable(`its body has no media type ${wanted.slice(0, 100)}`);
    return found;
  }
  for (const prefers of PREFERENCE) {
    const found = choices.find((choice) => prefers(choice.mediaType));
    if (found !== undefined) return found;
  }
  throw new Unusable('its body has no media type');
};

export const bodyFormOf = (mediaType: string): BodyForm => {
  if (isJsonType(mediaType)) return 'json';
  if (isFormType(mediaType)) return 'urlencoded';
  if (isMultipartType(mediaType)) return 'multipart';
  return isTextType(mediaType) ? 'text' : 'binary';
};

/** A range such as `*`+`/*` becomes a type that can be sent. */
const sentTypeOf = (mediaType: string, form: BodyForm): string => {
  if (!essenceOf(mediaType).includes('*')) return mediaType;
  if (form === 'json') return 'application/json';
  if (form === 'multipart') return 'multipart/form-data';
  return form === 'text' ? 'text/plain' : 'application/octet-stream';
};

export const bodyBindingOf = (choice: BodyChoice, argument: string, references: References): BodyBinding => {
  const form = bodyFormOf(choice.mediaType);
  const isForm = form === 'urlencoded' || form === 'multipart';
  return {
    argument,
    form,
    mediaType: sentTypeOf(choice.mediaType, form),
    properties: isForm ? propertyBindings(choice, references) : {},
  };
};

const DEPTH_MAX = 8;

const propertyBindings = (
  { schema, encoding }: BodyChoice,
  references: References,
): Record<string, PropertyBinding> => {
  const bindings = new Map<string, PropertyBinding>(Object.entries(encoding));
  const visit = (raw: unknown, depth: number): void => {
    const found = references.object(raw);
    if (depth > DEPTH_MAX) return;
    for (const [name, property] of entriesOf(references.object(found['properties']))) {
      if (isBinary(property, references, bindings.get(name)?.contentType)) {
        bindings.set(name, { ...bindings.get(name), isBinary: true });
      }
    }
    if (Array.isArray(found['allOf'])) for (const part of found['allOf']) visit(part, depth + 1);
  };
  visit(schema, 0);
  return Object.fromEntries(bindings);
};

/** Bytes, or a list of them. */
const isBinary = (property: unknown, references: References, contentType?: string): boolean => {
  const found = references.object(property);
  const items = found['type'] === 'array' ? memberOf(found, 'items') : undefined;
  return isBytes(items === undefined ? found : references.object(items), contentType);
};

const isBytes = (schema: Json, contentType?: string): boolean => {
  if (schema['type'] === 'file' || schema['format'] === 'binary') return true;
  const mediaType = schema['contentMediaType'];
  if (typeof mediaType === 'string' && schema['contentEncoding'] === undefined)
    return bodyFormOf(mediaType) === 'binary';
  const isUntyped = schema['type'] === undefined && schema['properties'] === undefined;
  return isUntyped && contentType !== undefined && bodyFormOf(contentType.split(',', 1)[0] ?? '') === 'binary';
};

/** Is this the empty form that some documents declare for requests that have no body? */
export const isEmptyObject = (choice: BodyChoice, references: References): boolean => {
  const schema: Json = references.object(choice.schema);
  const hasNone = entriesOf(schema['properties']).length === 0;
  const isComposed = ['allOf', 'anyOf', 'oneOf', 'enum', 'items'].some((keyword) => schema[keyword] !== undefined);
  const isObjectType = schema['type'] === undefined || schema['type'] === 'object';
  return (
    isObjectType &&
    hasNone &&
    !isComposed &&
    !isObject(schema['additionalProperties']) &&
    schema['additionalProperties'] !== true
  );
};
