import { isObject } from '#libs/mcp';
import { entriesOf, type Json, memberOf, stringOf, stringsOf } from '../json.js';
import type { Body, BodyChoice, ParameterStyle, PropertyEncoding, SuccessAnswer } from './document.js';
import { isJsonType, isMediaType } from './media-type.js';
import { swaggerSchemaOf, swaggerStyle } from './parameters.js';
import { type References, Unusable } from './references.js';

/** The `requestBody` of 3.x. Keys of `content` that are no media types are passed over. */
export const bodyOf = (value: unknown, references: References): Body | undefined => {
  if (value === undefined) return undefined;
  const raw = references.object(value);
  const choices = entriesOf(raw['content'])
    .filter(([mediaType]) => isMediaType(mediaType))
    .map(([mediaType, media]) => choiceOf(mediaType, references.object(media)));
  if (choices.length === 0) {
    if (raw['required'] === true) throw new Unusable('its required body has no media type');
    return undefined;
  }
  const description = stringOf(raw['description']);
  return { required: raw['required'] === true, ...(description !== undefined && { description }), choices };
};

const choiceOf = (mediaType: string, media: Json): BodyChoice => {
  if (media['prefixEncoding'] !== undefined || media['itemEncoding'] !== undefined) {
    throw new Unusable('its multipart body is told by position, not by name');
  }
  return {
    mediaType,
    schema: media['schema'] ?? {},
    encoding: Object.fromEntries(
      entriesOf(media['encoding'])
        .filter(([, encoding]) => isObject(encoding))
        .map(([property, encoding]) => [property, encodingOf(encoding as Json)]),
    ),
  };
};

const encodingOf = (raw: Json): PropertyEncoding => ({
  ...(typeof raw['style'] === 'string' && { style: raw['style'] as ParameterStyle }),
  ...(typeof raw['explode'] === 'boolean' && { explode: raw['explode'] }),
  ...(typeof raw['allowReserved'] === 'boolean' && { allowReserved: raw['allowReserved'] }),
  ...(typeof raw['contentType'] === 'string' && { contentType: raw['contentType'] }),
});

/** The body of 2.0: its `body` parameter, or its `formData` parameters as one object. */
export const swaggerBodyOf = (parameters: readonly Json[], consumes: readonly string[]): Body | undefined => {
  const types = consumes.filter(isMediaType);
  const whole = parameters.find((parameter) => parameter['in'] === 'body');
  if (whole !== undefined) {
    const description = stringOf(whole['description']);
    const schema = whole['schema'] ?? {};
    return {
      required: whole['required'] === true,
      ...(description !== undefined && { description }),
      choices: (types.length === 0 ? ['application/json'] : types).map((mediaType) => ({
        mediaType,
        schema,
        encoding: {},
      })),
    };
  }
  const fields = parameters.filter((parameter) => parameter['in'] === 'formData');
  return fields.length === 0 ? undefined : formOf(fields, types);
};

const formOf = (fields: readonly Json[], types: readonly string[]): Body => {
  const named = fields.filter((field) => typeof field['name'] === 'string');
  const properties = named.map((field) => [field['name'] as string, describedSchema(field)] as const);
  const required = named.filter((field) => field['required'] === true).map((field) => field['name'] as string);
  const encoding = named
    .filter((field) => field['type'] === 'array')
    .map((field) => [field['name'] as string, swaggerStyle(field['collectionFormat'])] as const);
  // Form fields are sent as a form, whatever else the operation says it consumes.
  const hasFile = named.some((field) => field['type'] === 'file');
  const forms = types.filter((type) => type.startsWith('multipart/') || type === 'application/x-www-form-urlencoded');
  const usual = hasFile ? ['multipart/form-data'] : ['application/x-www-form-urlencoded'];
  const possible = hasFile ? forms.filter((type) => type.startsWith('multipart/')) : forms;
  return {
    required: required.length > 0,
    choices: (possible.length === 0 ? usual : possible).map((mediaType) => ({
      mediaType,
      schema: { type: 'object', properties: Object.fromEntries(properties), ...(required.length > 0 && { required }) },
      encoding: Object.fromEntries(encoding),
    })),
  };
};

const describedSchema = (field: Json): unknown => ({
  ...(swaggerSchemaOf(field) as Json),
  ...(typeof field['description'] === 'string' && { description: field['description'] }),
});

/** What a success answers, if it is JSON: of the lowest 2xx, else of `2XX`, else of `default`. */
export const successOf = (
  responses: unknown,
  references: References,
  produces: readonly string[],
): SuccessAnswer | undefined => {
  const codes = entriesOf(responses).map(([code]) => code);
  const code = codes.filter((each) => /^2(\d\d|XX)$/i.test(each)).sort()[0] ?? codes.find((each) => each === 'default');
  if (code === undefined) return undefined;
  const answer = references.object(memberOf(responses, code));
  if (answer['schema'] !== undefined) return { mediaType: produces[0] ?? 'application/json', schema: answer['schema'] };
  for (const [mediaType, media] of entriesOf(answer['content'])) {
    const schema = memberOf(references.object(media), 'schema');
    if (isJsonType(mediaType) && schema !== undefined) return { mediaType, schema };
  }
  return undefined;
};

/** `consumes` and `produces`: of the operation, else of the document. */
export const mediaTypesOf = (own: unknown, ofDocument: unknown): string[] =>
  stringsOf(Array.isArray(own) ? own : ofDocument);
