import { isObject } from '#libs/mcp';
import { entriesOf, type Json, stringOf } from '../json.js';
import type { Parameter, ParameterPlace, ParameterStyle } from './document.js';
import { type References, Unusable } from './references.js';

const PLACES: readonly unknown[] = ['path', 'query', 'querystring', 'header', 'cookie'];

/** Which styles a place takes, its default first. https://spec.openapis.org/oas/v3.2.0#style-values */
const STYLES: Readonly<Record<ParameterPlace, readonly ParameterStyle[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  querystring: ['form'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
};

/** The raw parameters of a path and of one of its operations in one list: the operation's take the place of the path's. */
export const mergedParameters = (ofPath: unknown, ofOperation: unknown, references: References): Json[] => {
  const merged = new Map<string, Json>();
  for (const list of [ofPath, ofOperation]) {
    for (const raw of Array.isArray(list) ? list : []) {
      const parameter = references.object(raw);
      merged.set(`${parameter['in'] as string} ${parameter['name'] as string}`, parameter);
    }
  }
  return [...merged.values()];
};

/** A parameter of 3.x; `null` where it is not understood and nobody needs it. Throws `Unusable` where it is needed. */
export const parameterOf = (raw: Json, references: References, warnings: string[]): Parameter | null => {
  const name = stringOf(raw['name']);
  const place = raw['in'] as ParameterPlace;
  if (name === undefined || name === '' || !PLACES.includes(place)) {
    return leftOut(raw, `parameter "${name ?? ''}" has no name or stands in no known place`, warnings);
  }
  const content = contentOf(raw, references);
  const style = (raw['style'] ?? STYLES[place][0]) as ParameterStyle;
  if (content === null && !STYLES[place].includes(style)) {
    return leftOut(raw, `parameter "${name}" has a style that ${place} does not take`, warnings);
  }
  const description = stringOf(raw['description']);
  return {
    name,
    in: place,
    required: raw['required'] === true || place === 'path',
    ...(description !== undefined && { description }),
    deprecated: raw['deprecated'] === true,
    schema: content === null ? (raw['schema'] ?? {}) : content.schema,
    style,
    explode:
      typeof raw['explode'] === 'boolean'
        ? raw['explode']
        : style === 'form' || style === 'cookie' || style === 'deepObject',
    allowReserved: raw['allowReserved'] === true,
    ...(content !== null && { mediaType: content.mediaType }),
  };
};

export const leftOut = (raw: Json, problem: string, warnings: string[]): null => {
  if (raw['required'] === true) throw new Unusable(problem);
  warnings.push(`${problem} and was left out`);
  return null;
};

const contentOf = (raw: Json, references: References): { mediaType: string; schema: unknown } | null => {
  for (const [mediaType, value] of entriesOf(raw['content'])) {
    if (mediaType.includes('/')) return { mediaType, schema: references.object(value)['schema'] ?? {} };
  }
  return null;
};

const SWAGGER_STYLES: Readonly<Record<string, Pick<Parameter, 'style' | 'explode'>>> = {
  csv: { style: 'form', explode: false },
  ssv: { style: 'spaceDelimited', explode: false },
  tsv: { style: 'tabDelimited', explode: false },
  pipes: { style: 'pipeDelimited', explode: false },
  multi: { style: 'form', explode: true },
};

/** How 2.0 writes an array, in the words of 3.x. */
export const swaggerStyle = (collectionFormat: unknown): Pick<Parameter, 'style' | 'explode'> =>
  SWAGGER_STYLES[stringOf(collectionFormat) ?? 'csv'] ?? { style: 'form', explode: false };

/** A parameter of 2.0 other than `body` and `formData`, whose schema stands in the parameter itself. */
export const swaggerParameterOf = (raw: Json, warnings: string[]): Parameter | null => {
  const name = stringOf(raw['name']);
  const place = raw['in'];
  if (name === undefined || name === '' || (place !== 'path' && place !== 'query' && place !== 'header')) {
    return leftOut(raw, `parameter "${name ?? ''}" has no name or stands in no known place`, warnings);
  }
  const description = stringOf(raw['description']);
  const style = swaggerStyle(raw['collectionFormat']);
  return {
    name,
    in: place,
    required: raw['required'] === true || place === 'path',
    ...(description !== undefined && { description }),
    deprecated: raw['deprecated'] === true,
    schema: swaggerSchemaOf(raw),
    ...(place === 'query' ? style : { style: 'simple', explode: false }),
    allowReserved: false,
  };
};

/** Words of the parameter, not of its schema. */
const PARAMETER_WORDS = new Set([
  'name',
  'in',
  'required',
  'description',
  'collectionFormat',
  'allowEmptyValue',
  'deprecated',
]);

/** The schema of a 2.0 parameter: what is left of it; some documents have a `schema` as in 3.x all the same. */
export const swaggerSchemaOf = (raw: Json): unknown =>
  isObject(raw['schema'])
    ? raw['schema']
    : Object.fromEntries(Object.entries(raw).filter(([word]) => !PARAMETER_WORDS.has(word)));
