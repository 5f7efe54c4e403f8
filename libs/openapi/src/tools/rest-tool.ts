import { isObject } from '#libs/mcp';
import { essenceOf, isMediaType } from '../document/media-type.js';
import { invalid } from '../document/parse-text.js';
import { checkPath, placeholdersOf } from '../document/path-template.js';
import { References, Unusable } from '../document/references.js';
import { baseUrlOf } from '../document/servers.js';
import type { Schema } from '../json.js';
import type { BodyBinding, HttpBinding, ParameterBinding } from '../request/binding.js';
import { closureOf } from '../schema/closure.js';
import { SchemaConverter } from '../schema/converter.js';
import { bodyFormOf } from './body-form.js';
import { schemasOf } from './input-schema.js';
import { TOOL_LIMITS } from './limits.js';
import { isGatewayHeader } from './withheld.js';

/** One route of an HTTP API, described by hand. */
export interface RestDefinition {
  /** May hold `{placeholders}` in its path, and a query that is always sent. */
  readonly url: string;
  readonly method: string;
  /** Takes the place of the URL's path. */
  readonly pathTemplate?: string | undefined;
  /** Argument → name in the query. With it nothing else goes there. */
  readonly queryMapping?: Readonly<Record<string, string>> | undefined;
  /** Argument → header. */
  readonly headerMapping?: Readonly<Record<string, string>> | undefined;
  /** `Content-Type` decides how the body is written; `Accept` is sent as it is. Others belong to the credential. */
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  readonly inputSchema?: Schema | undefined;
}

/** A tool that a route described by hand makes. */
export interface RestTool {
  /** `METHOD /path`. */
  readonly key: string;
  readonly baseUrl: string;
  readonly binding: HttpBinding;
  readonly inputSchema: Schema;
  readonly argumentsSchema: Schema;
}

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/**
 * The tool that a route makes: arguments fill the placeholders, go where a mapping says, and for the rest into the body,
 * or into the query where the method has none. Throws `http.invalid` where the definition makes no request.
 */
export const restToolOf = (definition: RestDefinition): RestTool => {
  try {
    return assembled(definition);
  } catch (error) {
    if (error instanceof Unusable) throw invalid(`The tool cannot be called: ${error.message}`);
    throw error;
  }
};

const assembled = (definition: RestDefinition): RestTool => {
  const { method, queryMapping = {}, headerMapping = {}, contentType, accept } = definition;
  const { origin, path } = placeOf(definition);
  const names = placeholdersOf(path);
  const parameters = [
    ...names.map((name) => parameter(name, name, 'path')),
    ...Object.entries(queryMapping).map(([argument, name]) => parameter(argument, name, 'query')),
    ...Object.entries(headerMapping).map(([argument, name]) => parameter(argument, checkedHeader(name), 'header')),
  ];
  const hasBody = WITH_BODY.has(method);
  const schemas = checkedSchemas(definition.inputSchema ?? defaultSchema(names), names);
  return {
    key: `${method} ${path}`,
    baseUrl: origin,
    binding: {
      method,
      baseUrl: null,
      path,
      parameters,
      body: hasBody ? bodyOf(contentType ?? 'application/json') : null,
      others: Object.keys(queryMapping).length > 0 ? 'refused' : 'query',
      headers: { ...(accept !== undefined && { accept }) },
      security: null,
    },
    ...schemas,
  };
};

/** The origin, and what is put behind it. Braces are kept from the URL parser. */
const placeOf = ({ url, pathTemplate }: RestDefinition): { origin: string; path: string } => {
  const found = /^(https?:\/\/[^/?#]+)([^#]*)$/i.exec(url);
  if (found === null) throw invalid('url must be an http or https URL without a fragment');
  const [, origin = '', behind = ''] = found;
  if (origin.includes('{')) throw invalid('url must not have a placeholder in its host');
  const query = behind.includes('?') ? behind.slice(behind.indexOf('?')) : '';
  return {
    origin: baseUrlOf([], { serverUrl: origin }),
    path: checkPath(pathTemplate === undefined ? behind : `${pathTemplate}${pathTemplate.includes('?') ? '' : query}`),
  };
};

const parameter = (argument: string, name: string, place: ParameterBinding['in']): ParameterBinding => ({
  argument,
  name,
  in: place,
  style: place === 'query' ? 'form' : 'simple',
  explode: place === 'query',
});

const checkedHeader = (name: string): string => {
  if (isGatewayHeader(name)) throw invalid(`headerMapping may not set the header "${name.slice(0, 64)}"`);
  return name;
};

const bodyOf = (mediaType: string): BodyBinding => {
  if (!isMediaType(mediaType)) throw invalid('the header Content-Type is no media type');
  const form = bodyFormOf(mediaType);
  if (form === 'text' || form === 'binary') {
    throw invalid(`Content-Type ${essenceOf(mediaType)}: arguments can be written as JSON or as a form`);
  }
  return { argument: null, form, mediaType, properties: {} };
};

const defaultSchema = (names: readonly string[]): Schema => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  ...(names.length > 0 && { required: names }),
});

/** The schema as it was given, made JSON Schema 2020-12; what the path needs is required. */
const checkedSchemas = (given: Schema, names: readonly string[]) => {
  const converter = new SchemaConverter(new References(given), { hides: 'readOnly', keepsSiblings: true });
  const { schema, uses } = converter.convert(given, 'inputSchema');
  if (!isObject(schema) || (schema['type'] !== undefined && schema['type'] !== 'object')) {
    throw invalid('inputSchema must describe an object');
  }
  const required = [...new Set([...((schema['required'] as string[] | undefined) ?? []), ...names])];
  const root = { ...schema, type: 'object', ...(required.length > 0 && { required }) };
  const { inputSchema, argumentsSchema } = schemasOf(
    root,
    closureOf(uses, converter, TOOL_LIMITS.schemaCharsMax),
    TOOL_LIMITS,
  );
  return { inputSchema, argumentsSchema: argumentsSchema ?? inputSchema };
};
