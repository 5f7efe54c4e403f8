import { isObject } from '#libs/mcp';
import type { ApiDocument, BodyChoice, Operation, Parameter } from '../document/document.js';
import { type References, Unusable } from '../document/references.js';
import type { Schema } from '../json.js';
import type { BodyBinding, ParameterBinding } from '../request/binding.js';
import type { Closure } from '../schema/closure.js';
import { closureOf, withBareDefinitions, withDefinitions } from '../schema/closure.js';
import type { SchemaConverter } from '../schema/converter.js';
import { inline } from '../schema/inline.js';
import { argumentNames, BODY } from './argument-names.js';
import { bodyBindingOf, chosenBody, isEmptyObject } from './body-choice.js';
import { withBase64Named } from './form-bytes.js';
import type { ToolLimits } from './limits.js';
import { isIgnoredHeader, isSchemeParameter } from './withheld.js';

export interface InputOptions {
  readonly converter: SchemaConverter;
  readonly limits: ToolLimits;
  /** Parameters whose values come from a stored credential, by the names on the wire. */
  readonly withheld: ReadonlySet<string>;
  readonly bodyMediaType?: string;
}

/** What a tool asks for, and where each argument goes. */
export interface Input {
  readonly inputSchema: Schema;
  readonly argumentsSchema: Schema | null;
  readonly parameters: readonly ParameterBinding[];
  readonly body: BodyBinding | null;
  readonly warnings: readonly string[];
  /** Of the schemas, for the limit on all of them together. */
  readonly chars: number;
}

/** Throws `Unusable` where the schemas cannot be used or are too long. */
export const inputOf = (operation: Operation, document: ApiDocument, options: InputOptions): Input => {
  const { converter, limits } = options;
  const warnings: string[] = [];
  const parameters = operation.parameters.filter((parameter) =>
    isAsked(parameter, operation, document, options, warnings),
  );
  const choice = bodyChoiceOf(operation, document, options.bodyMediaType);
  const names = argumentNames(parameters, choice !== null);
  const properties: [string, Schema][] = [];
  const required: string[] = [];
  const uses = new Set<string>();
  const add = (argument: string, raw: unknown, words: Schema, isRequired: boolean): void => {
    const converted = converter.convert(raw, argument);
    for (const use of converted.uses) uses.add(use);
    warnings.push(...converted.warnings);
    properties.push([argument, described(converted.schema, words)]);
    if (isRequired) required.push(argument);
  };
  for (const parameter of parameters) {
    add(names.get(parameter) as string, parameter.schema, wordsOf(parameter), parameter.required);
  }
  const body = choice === null ? null : bodyBindingOf(choice, BODY, document.references);
  if (choice !== null && body !== null) {
    const description = operation.body?.description;
    const words = { ...(description !== undefined && { description }) };
    add(BODY, bodySchemaOf(choice, body, document.references), words, operation.body?.required === true);
  }
  if (properties.length > limits.argumentsMax) throw new Unusable(`it has more than ${limits.argumentsMax} arguments`);
  const closure = closureOf(uses, converter, limits.schemaCharsMax * 4);
  for (const component of closure.components) warnings.push(...component.warnings);
  return {
    ...schemasOf(rootOf(properties, required), closure, limits),
    parameters: parameters.map((parameter) => bindingOf(parameter, names.get(parameter) as string)),
    body,
    warnings,
  };
};

const isAsked = (
  parameter: Parameter,
  operation: Operation,
  document: ApiDocument,
  { withheld }: InputOptions,
  warnings: string[],
): boolean => {
  if (isSchemeParameter(parameter, operation, document) || withheld.has(parameter.name)) return false;
  if (!isIgnoredHeader(parameter)) return true;
  warnings.push(`header "${parameter.name}" is not for arguments and was left out`);
  return false;
};

const bodyChoiceOf = (
  { body, method }: Operation,
  { references }: ApiDocument,
  mediaType?: string,
): BodyChoice | null => {
  if (body === undefined) return null;
  const choice = chosenBody(body.choices, mediaType);
  return (method === 'GET' || method === 'HEAD') && isEmptyObject(choice, references) ? null : choice;
};

const bodySchemaOf = (
  choice: BodyChoice,
  { form, mediaType, properties }: BodyBinding,
  references: References,
): unknown => {
  if (form === 'text') return { type: 'string', description: `The body as text (${mediaType})` };
  if (form === 'binary') return { type: 'string', format: 'binary', description: `The body as base64 (${mediaType})` };
  return form === 'multipart' ? withBase64Named(choice.schema, properties, references) : choice.schema;
};

const wordsOf = ({ description, deprecated }: Parameter): Schema => ({
  ...(description !== undefined && { description }),
  ...(deprecated && { deprecated }),
});

const described = (schema: Schema | boolean, words: Schema): Schema =>
  isObject(schema) ? { ...schema, ...words } : schema ? words : { not: {}, ...words };

const rootOf = (properties: readonly [string, Schema][], required: readonly string[]): Schema => ({
  type: 'object',
  properties: Object.fromEntries(properties),
  ...(required.length > 0 && { required }),
  additionalProperties: false,
});

/** The shown and the checked form of a schema. Throws `Unusable` where it is too long. */
export const schemasOf = (root: Schema, closure: Closure, limits: ToolLimits) => {
  const shown = inline(withDefinitions(root, closure), limits.shownCharsMax, limits.schemaCharsMax);
  const whole = shown?.isCut === false ? null : withBareDefinitions(root, closure);
  const wholeChars = whole === null ? 0 : JSON.stringify(whole).length;
  if (shown === null || wholeChars > limits.schemaCharsMax) {
    throw new Unusable(`its schema is longer than ${limits.schemaCharsMax} characters`, closure.chars);
  }
  return {
    inputSchema: shown.schema,
    argumentsSchema: whole,
    chars: JSON.stringify(shown.schema).length + wholeChars,
  };
};

const bindingOf = (parameter: Parameter, argument: string): ParameterBinding => ({
  argument,
  name: parameter.name,
  in: parameter.in,
  style: parameter.style,
  explode: parameter.explode,
  ...(parameter.allowReserved && { allowReserved: true }),
  ...(parameter.mediaType !== undefined && { mediaType: parameter.mediaType }),
});
