import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentsRefused, buildRequest, compileCheck, type HttpTool, importTools, readDocument } from '#libs/openapi';
import { ToolNames } from './names.js';

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head'] as const;
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('id', 'ids[]', 'a/b', '__proto__', 'body', 'X-A'),
);

/** Schemas as documents have them, and as they should not. */
const schema: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.record(
      {
        type: fc.constantFrom('string', 'integer', 'number', 'boolean', 'null', 'file', 'any', ['string', 'null'], 7),
        nullable: fc.boolean(),
        enum: fc.oneof(fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 4 }), fc.constant('x')),
        minimum: fc.oneof(fc.integer(), fc.string()),
        exclusiveMinimum: fc.oneof(fc.boolean(), fc.integer()),
        maxLength: fc.oneof(fc.integer(), fc.double()),
        pattern: fc.oneof(fc.string(), fc.constantFrom('[a-z\\:]+', '(', '^\\d+$')),
        format: fc.constantFrom('binary', 'date', 'uuid', 1),
        multipleOf: fc.oneof(fc.integer(), fc.constant(0)),
        readOnly: fc.boolean(),
        uniqueItems: fc.oneof(fc.boolean(), fc.string()),
        example: fc.jsonValue({ maxDepth: 1 }),
      },
      { requiredKeys: [] },
    ),
    fc.record({
      $ref: fc.constantFrom('#/components/schemas/A', '#/components/schemas/B', '#/components/schemas/C'),
      nullable: fc.boolean(),
    }),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.oneof(fc.dictionary(text, tie('node'), { maxKeys: 3 }), fc.constant(null)),
        required: fc.oneof(fc.array(text, { maxLength: 3 }), fc.constant(true)),
        additionalProperties: fc.oneof(fc.boolean(), tie('node')),
        patternProperties: fc.dictionary(fc.constantFrom('^x', '('), tie('node'), { maxKeys: 2 }),
        nullable: fc.boolean(),
      },
      { requiredKeys: ['properties'] },
    ),
    fc.record({ type: fc.constant('array'), items: fc.oneof(tie('node'), fc.array(tie('node'), { maxLength: 2 })) }),
    fc.record(
      {
        allOf: fc.array(tie('node'), { maxLength: 2 }),
        anyOf: fc.array(tie('node'), { maxLength: 2 }),
        oneOf: fc.array(tie('node'), { maxLength: 2 }),
        not: tie('node'),
        nullable: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    fc.constantFrom(true, false, null, 'string', []),
  ),
}))['node'] as fc.Arbitrary<unknown>;

const parameter = fc.record(
  {
    name: text,
    in: fc.constantFrom('query', 'path', 'header', 'cookie', 'nowhere'),
    style: fc.constantFrom('form', 'simple', 'deepObject', 'pipeDelimited', 'label', 'matrix'),
    explode: fc.boolean(),
    allowReserved: fc.boolean(),
    schema,
  },
  { requiredKeys: ['name', 'in'] },
);

const operation = fc.record(
  {
    operationId: text,
    parameters: fc.array(parameter, { maxLength: 4 }),
    requestBody: fc.record({
      content: fc.dictionary(
        fc.constantFrom(
          'application/json',
          'application/x-www-form-urlencoded',
          'multipart/form-data',
          'text/plain',
          'image/png',
          '*/*',
        ),
        fc.record({ schema }),
        { maxKeys: 2 },
      ),
    }),
  },
  { requiredKeys: [] },
);

const document = fc.record({
  openapi: fc.constantFrom('3.0.3', '3.1.0', '3.2.0'),
  servers: fc.constant([{ url: 'https://a.test/v1' }]),
  paths: fc.dictionary(
    fc.oneof(
      text.map((part) => `/${part}`),
      fc.constantFrom('/a/{id}', '/b/{ids[]}/{x}'),
    ),
    fc.dictionary(fc.constantFrom(...METHODS), operation, { maxKeys: 3 }),
    { maxKeys: 4 },
  ),
  components: fc.record({ schemas: fc.record({ A: schema, B: schema }) }),
});

/** Compiles as any client would, meta-schema and all. */
const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });

const toolsOf = (generated: object): readonly HttpTool[] => importTools(readDocument(JSON.stringify(generated))).tools;

describe('whatever a document holds', () => {
  it('the names of tools and arguments are valid and different', () => {
    fc.assert(
      fc.property(document, (generated) => {
        const tools = toolsOf(generated);
        const names = tools.map((tool) => tool.name.toLowerCase());
        expect(new Set(names).size).toBe(names.length);
        for (const { name, inputSchema } of tools) {
          expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
          for (const argument of Object.keys(inputSchema['properties'] as object)) {
            expect(argument).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('every schema is JSON Schema 2020-12, and the shown one needs no reference', () => {
    fc.assert(
      fc.property(document, (generated) => {
        for (const { inputSchema, argumentsSchema } of toolsOf(generated)) {
          expect(() => ajv.compile(inputSchema)).not.toThrow();
          expect(inputSchema['type']).toBe('object');
          expect(JSON.stringify(inputSchema)).not.toContain('"$ref"');
          if (argumentsSchema !== null) expect(() => ajv.compile(argumentsSchema)).not.toThrow();
          expect(() => compileCheck(argumentsSchema ?? inputSchema)({ body: {} })).not.toThrow();
        }
      }),
      { numRuns: 25 },
    );
  });

  it('no request has a line break in its target or a header, or leaves its server', () => {
    fc.assert(
      fc.property(
        document,
        fc.array(fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }), { minLength: 8, maxLength: 8 }),
        (generated, values) => {
          for (const { inputSchema, binding } of toolsOf(generated)) {
            const names = Object.keys(inputSchema['properties'] as object);
            const given = Object.fromEntries(names.map((name, index) => [name, values[index % values.length]]));
            try {
              const { url, headers } = buildRequest(binding, 'https://a.test/v1', JSON.stringify(given), () => null);
              expect(url).toMatch(/^https:\/\/a\.test\/v1\/[\u0021-\u007e]*$/);
              // No URL parser moves it: it arrives as it was built.
              expect(new URL(url).href.split('?')[0]).toBe(url.split('?')[0]);
              for (const [name, value] of headers) {
                expect(name).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
                expect(value).toMatch(/^[\t\u0020-\u007e]*$/);
              }
            } catch (error) {
              expect(error).toBeInstanceOf(ArgumentsRefused);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('a name that was given stays, whatever else comes or goes', () => {
    const ids = fc.uniqueArray(fc.tuple(fc.constantFrom('A', 'a', 'a.', 'a/', 'x'.repeat(70)), fc.nat(20)), {
      minLength: 1,
    });
    fc.assert(
      fc.property(ids, fc.integer({ min: 0, max: 48 }), (pairs, prefixChars) => {
        const operations = pairs.map(([operationId, path]) => ({
          key: `GET /${operationId}${path}`,
          method: 'GET',
          path: `/${path}`,
          operationId,
        }));
        const first = new ToolNames(prefixChars);
        const given = new Map(operations.map((each) => [each.key, first.nameFor(each)]));
        const again = new ToolNames(prefixChars, given);
        const added = { key: 'POST /new', method: 'POST', path: '/new', operationId: 'a' };
        const newName = again.nameFor(added);
        for (const each of [...operations].reverse()) expect(again.nameFor(each)).toBe(given.get(each.key));
        const all = [...given.values(), newName].map((name) => name.toLowerCase());
        expect(new Set(all).size).toBe(given.size + 1);
        for (const name of all) expect(prefixChars + name.length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
