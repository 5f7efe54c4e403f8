import { isObject } from '#libs/mcp';
import { entriesOf, type Json, stringOf, stringsOf } from '../json.js';
import { bodyOf, mediaTypesOf, successOf, swaggerBodyOf } from './bodies.js';
import type { Operation, Parameter, Skipped } from './document.js';
import type { ReadLimits } from './limits.js';
import { mergedParameters, parameterOf, swaggerParameterOf } from './parameters.js';
import { invalid } from './parse-text.js';
import { checkPath, placeholdersOf } from './path-template.js';
import { type References, Unusable } from './references.js';
import { requirementsOf } from './security.js';
import { serversOf } from './servers.js';

/** Methods that a path item names as its members; `query` since 3.2. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];
const METHOD = /^[A-Z][A-Z-]{0,31}$/;
/** These open a tunnel or echo credentials. */
const NEVER_CALLED = new Set(['CONNECT', 'TRACE']);

const KEY_CHARS_MAX = 2_000;

interface OperationList {
  readonly operations: readonly Operation[];
  readonly skipped: readonly Skipped[];
}

/** Every operation of the document, each by itself: what one of them lacks does not cost the others. */
export const operationsOf = (
  root: Json,
  references: References,
  isSwagger: boolean,
  limits: ReadLimits,
): OperationList => {
  const operations: Operation[] = [];
  const skipped: Skipped[] = [];
  for (const [path, rawItem] of entriesOf(root['paths'])) {
    if (path.startsWith('x-')) continue;
    let found: [method: string, raw: unknown][];
    let item: Json;
    try {
      item = pathItemOf(rawItem, references);
      found = methodsOf(item);
    } catch (error) {
      skipped.push({ key: `* ${path}`.slice(0, KEY_CHARS_MAX), reason: reasonOf(error) });
      continue;
    }
    for (const [method, raw] of found) {
      if (operations.length + skipped.length >= limits.operationsMax) {
        throw invalid(`The document has more than ${limits.operationsMax} operations`);
      }
      const key = `${method} ${path}`;
      try {
        if (key.length > KEY_CHARS_MAX) throw new Unusable('its path is too long');
        operations.push(operationOf({ root, item, path, method, raw, references, isSwagger }));
      } catch (error) {
        skipped.push({ key: key.slice(0, KEY_CHARS_MAX), reason: reasonOf(error) });
      }
    }
  }
  return { operations, skipped };
};

const reasonOf = (error: unknown): string => {
  if (error instanceof Unusable) return error.message;
  throw error;
};

/** A path item, with what its `$ref` leads to behind its own members. */
const pathItemOf = (raw: unknown, references: References): Json => {
  if (!isObject(raw)) throw new Unusable('its path item is not an object');
  return typeof raw['$ref'] === 'string' ? { ...references.object(raw), ...raw } : raw;
};

const methodsOf = (item: Json): [string, unknown][] => {
  const named = METHODS.filter((method) => item[method] !== undefined).map((method): [string, unknown] => [
    method.toUpperCase(),
    item[method],
  ]);
  return [...named, ...entriesOf(item['additionalOperations'])];
};

interface RawOperation {
  readonly root: Json;
  readonly item: Json;
  readonly path: string;
  readonly method: string;
  readonly raw: unknown;
  readonly references: References;
  readonly isSwagger: boolean;
}

const operationOf = ({ root, item, path, method, raw, references, isSwagger }: RawOperation): Operation => {
  if (!METHOD.test(method)) throw new Unusable('its method is not one');
  if (NEVER_CALLED.has(method)) throw new Unusable(`${method} is never called`);
  const template = checkPath(path);
  const operation = references.object(raw);
  const warnings: string[] = [];
  const rawParameters = mergedParameters(item['parameters'], operation['parameters'], references);
  const parameters = rawParameters
    .filter((parameter) => !isSwagger || (parameter['in'] !== 'body' && parameter['in'] !== 'formData'))
    .map((parameter) =>
      isSwagger ? swaggerParameterOf(parameter, warnings) : parameterOf(parameter, references, warnings),
    )
    .filter((parameter) => parameter !== null);
  const body = isSwagger
    ? swaggerBodyOf(rawParameters, mediaTypesOf(operation['consumes'], root['consumes']))
    : bodyOf(operation['requestBody'], references);
  const servers = isSwagger ? undefined : (serversOf(operation['servers']) ?? serversOf(item['servers']));
  const security = requirementsOf(operation['security']) ?? requirementsOf(root['security']);
  const success = successIn(
    operation['responses'],
    references,
    mediaTypesOf(operation['produces'], root['produces']),
    warnings,
  );
  const operationId = textOf(operation['operationId']);
  const summary = textOf(operation['summary']) ?? textOf(item['summary']);
  const description = textOf(operation['description']) ?? textOf(item['description']);
  return {
    key: `${method} ${path}`,
    method,
    path: template,
    ...(operationId !== undefined && { operationId }),
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    tags: [...new Set(stringsOf(operation['tags']))],
    deprecated: operation['deprecated'] === true,
    parameters: placedInPath(parameters, template, warnings),
    ...(body !== undefined && { body }),
    ...(success !== undefined && { success }),
    ...(servers !== undefined && { servers }),
    ...(security !== undefined && { security }),
    warnings,
  };
};

const textOf = (value: unknown): string | undefined => {
  const text = stringOf(value)?.trim();
  return text === '' ? undefined : text;
};

/** An answer that leads nowhere costs the operation its output schema, nothing else. */
const successIn = (responses: unknown, references: References, produces: string[], warnings: string[]) => {
  try {
    return successOf(responses, references, produces);
  } catch (error) {
    warnings.push(`its answer is not described: ${reasonOf(error)}`);
    return undefined;
  }
};

/** Every placeholder has a parameter, and every path parameter has a placeholder. */
const placedInPath = (parameters: readonly Parameter[], path: string, warnings: string[]): Parameter[] => {
  const names = placeholdersOf(path);
  const placed = parameters.filter((parameter) => {
    if (parameter.in !== 'path' || names.includes(parameter.name)) return true;
    warnings.push(`path parameter "${parameter.name}" does not stand in the path and was left out`);
    return false;
  });
  for (const name of names) {
    if (placed.some((parameter) => parameter.in === 'path' && parameter.name === name)) continue;
    warnings.push(`"${name}" stands in the path and is declared nowhere; it became a required string`);
    placed.push({
      name,
      in: 'path',
      required: true,
      deprecated: false,
      schema: { type: 'string' },
      style: 'simple',
      explode: false,
      allowReserved: false,
    });
  }
  return placed;
};
