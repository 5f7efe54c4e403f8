// The types of the REST API for the admin console, of which it uses nothing that is not in the OpenAPI document.
import openapiTypescript, { astToString } from 'openapi-typescript';

const FAILURE = {
  description: 'Whatever went wrong.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/FailureView' } } },
};

/** Every failure has the same form, so that there is one of them in the types of an operation. */
const withOneFailure = (operation) => {
  const successes = Object.entries(operation.responses ?? {}).filter(([status]) => Number(status) < 400);
  return { ...operation, responses: { ...Object.fromEntries(successes), default: FAILURE } };
};

const lean = (document) => ({
  ...document,
  paths: Object.fromEntries(
    Object.entries(document.paths).map(([path, operations]) => [
      path,
      Object.fromEntries(Object.entries(operations).map(([method, it]) => [method, withOneFailure(it)])),
    ]),
  ),
});

export const consoleTypes = async (document, generated) => {
  const nodes = await openapiTypescript(lean(JSON.parse(JSON.stringify(document))), {
    alphabetize: true,
    defaultNonNullable: false,
  });
  return `// ${generated}\n\n${astToString(nodes)}`;
};
