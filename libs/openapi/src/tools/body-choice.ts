import { isObject } from '#libs/mcp';
import type { BodyChoice } from '../document/document.js';
import { essenceOf, isFormType, isJsonType, isMultipartType, isTextType } from '../document/media-type.js';
import { type References, Unusable } from '../document/references.js';
import { entriesOf, type Json } from '../json.js';
import type { BodyBinding, BodyForm, PropertyBinding } from '../request/binding.js';
import { bodyFormOf } from './body-form.js';
import { isBytes } from './form-bytes.js';

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
      if (isBytes(property, references, bindings.get(name)?.contentType)) {
        bindings.set(name, { ...bindings.get(name), isBinary: true });
      }
    }
    if (Array.isArray(found['allOf'])) for (const part of found['allOf']) visit(part, depth + 1);
  };
  visit(schema, 0);
  return Object.fromEntries(bindings);
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
