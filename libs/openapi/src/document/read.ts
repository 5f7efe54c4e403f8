import { isObject } from '#libs/mcp';
import { type Json, memberOf, stringOf } from '../json.js';
import type { ApiDocument } from './document.js';
import { READ_LIMITS, type ReadLimits } from './limits.js';
import { operationsOf } from './operations.js';
import { invalid, parseText } from './parse-text.js';
import { References } from './references.js';
import { securitySchemesOf } from './security.js';
import { serversOf, serversOfSwagger } from './servers.js';

/** Where the document came from, if from a URL: references by that URL stay inside. */
export interface ReadOptions {
  readonly documentUrl?: string;
  readonly limits?: ReadLimits;
}

/**
 * Reads an OpenAPI document of version 2.0, 3.0, 3.1 or 3.2, in JSON or YAML. What is wrong with one operation costs that
 * operation alone (`skipped`). Throws `http.invalid` where the text is no such document or is over a limit.
 * https://spec.openapis.org/oas/
 */
export const readDocument = (text: string, { documentUrl, limits = READ_LIMITS }: ReadOptions = {}): ApiDocument => {
  const root = parseText(text, limits);
  const version = versionOf(root);
  const isSwagger = version === '2.0';
  const references = new References(root, documentUrl);
  const warnings: string[] = [];
  const info = isObject(root['info']) ? root['info'] : {};
  const description = stringOf(info['description']);
  const schemes = isSwagger ? root['securityDefinitions'] : memberOf(root['components'], 'securitySchemes');
  if (!isObject(root['paths'])) warnings.push('the document has no paths');
  return {
    version,
    title: stringOf(info['title']) ?? '',
    ...(description !== undefined && { description }),
    apiVersion: typeof info['version'] === 'number' ? String(info['version']) : (stringOf(info['version']) ?? ''),
    servers: isSwagger ? serversOfSwagger(root) : (serversOf(root['servers']) ?? []),
    securitySchemes: securitySchemesOf(schemes, references, warnings),
    tags: tagsOf(root['tags']),
    ...operationsOf(root, references, isSwagger, limits),
    warnings,
    references,
  };
};

const versionOf = (root: Json): ApiDocument['version'] => {
  const written = root['openapi'] ?? root['swagger'];
  const version = typeof written === 'number' ? written.toFixed(1) : (stringOf(written) ?? '');
  const found = /^(2\.0|3\.[0-2])(\.|$)/.exec(version)?.[1];
  if (found !== undefined && (found === '2.0') === (root['openapi'] === undefined))
    return found as ApiDocument['version'];
  throw invalid(
    written === undefined
      ? 'The document has neither "openapi" nor "swagger": it is no OpenAPI document'
      : `The version "${version.slice(0, 32)}" is not served: 2.0, 3.0, 3.1 and 3.2 are`,
  );
};

const tagsOf = (value: unknown): { name: string; description?: string }[] => {
  if (!Array.isArray(value)) return [];
  return value.flatMap((tag: unknown) => {
    const name = stringOf(memberOf(tag, 'name'));
    const description = stringOf(memberOf(tag, 'description'));
    return name === undefined ? [] : [{ name, ...(description !== undefined && { description }) }];
  });
};
