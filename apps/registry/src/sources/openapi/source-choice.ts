import { fail } from '#libs/errors';
import type { Choice } from '#libs/openapi';
import type { ReadSource } from '../read-source.js';
import type { OpenApiBody } from './openapi.body.js';

const NEW: ReadSource = {
  documentUrl: null,
  serverUrl: null,
  serverIndex: null,
  variables: {},
  choice: {},
  credentialParameters: [],
  bodyMediaTypes: {},
  responseFilters: {},
  readOnlyOperations: [],
  publishesOutputSchemas: false,
};

/**
 * What a body says of a document. `before`: what the gateway was read with; what the body leaves out stays, but for the
 * choice, which is taken as a whole. Throws `http.invalid` where there is no document, or two.
 */
export const sourceFrom = (body: OpenApiBody, before: ReadSource = NEW): ReadSource => ({
  documentUrl: documentUrlOf(body, before),
  serverUrl: body.serverUrl ?? before.serverUrl,
  serverIndex: body.serverIndex ?? before.serverIndex,
  variables: body.variables ?? before.variables,
  choice: choiceOf(body) ?? before.choice,
  credentialParameters: body.credentialParameters ?? before.credentialParameters,
  bodyMediaTypes: body.bodyMediaTypes ?? before.bodyMediaTypes,
  responseFilters: body.responseFilters ?? before.responseFilters ?? {},
  readOnlyOperations: body.readOnlyOperations ?? before.readOnlyOperations ?? [],
  publishesOutputSchemas: body.outputSchemas ?? before.publishesOutputSchemas,
});

const documentUrlOf = ({ document, documentUrl }: OpenApiBody, before: ReadSource): string | null => {
  if (document !== undefined) {
    if (documentUrl !== undefined) throw invalid('give either document or documentUrl');
    return null;
  }
  const url = documentUrl ?? before.documentUrl;
  if (url === null) throw invalid('document or documentUrl is needed');
  return url;
};

/** Null where nothing is chosen: everything, or what was chosen before. */
const choiceOf = ({ tags, methods, paths, operations }: OpenApiBody): Choice | null => {
  const given = Object.entries({ tags, methods, paths, operations }).filter(([, words]) => words !== undefined);
  return given.length === 0 ? null : Object.fromEntries(given);
};

const invalid = (problem: string) => fail('http.invalid', { message: `openapi: ${problem}` });
