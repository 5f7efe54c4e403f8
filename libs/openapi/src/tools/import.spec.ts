import { describe, expect, it } from 'vitest';
import { importTools, previewOf, readDocument, TOOL_LIMITS } from '#libs/openapi';

const string = { type: 'string' };
const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const read = (paths: object, rest: object = {}) =>
  readDocument(JSON.stringify({ openapi: '3.1.0', servers: [{ url: 'https://a.test' }], paths, ...rest }));
const only = (operation: object, rest: object = {}, method = 'post') => {
  const { tools } = importTools(read({ '/a/{id}': { [method]: operation } }, rest));
  return tools[0] as (typeof tools)[number];
};

describe('importTools', () => {
  it('importTools keeps one name for each of several arguments that are called the same', () => {
    const parameters = ['cookie', 'query', 'header', 'path'].map((place) => ({
      name: 'id',
      in: place,
      schema: string,
    }));
    const tool = only({
      parameters: [...parameters, { name: 'body', in: 'query' }],
      requestBody: json({ type: 'object' }),
    });
    expect(tool.binding.parameters.map(({ argument, in: place }) => [place, argument])).toEqual([
      ['cookie', 'id_cookie'],
      ['query', 'id_query'],
      ['header', 'id_header'],
      ['path', 'id'],
      ['query', 'body_query'],
    ]);
    expect(tool.binding.body?.argument).toBe('body');
  });

  it('importTools makes an argument of a placeholder that nobody declares, and says so', () => {
    const tool = only({});
    expect(tool.inputSchema['required']).toEqual(['id']);
    expect(tool.warnings.join()).toContain('declared nowhere');
  });

  it('importTools never asks for a credential, or for a header that the gateway decides', () => {
    const parameters = [
      { name: 'Authorization', in: 'header', required: true, schema: string },
      { name: 'Content-Length', in: 'header', schema: string },
      { name: 'x-key', in: 'header', schema: string },
      { name: 'token', in: 'query', schema: string },
      { name: 'bad name', in: 'header', schema: string },
    ];
    const schemes = { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } } };
    const document = read({ '/a': { get: { parameters, security: [{ key: [] }] } } }, { components: schemes });
    const { tools } = importTools(document, { credentialParameters: ['token'] });
    expect(tools[0]?.inputSchema['properties']).toEqual({});
    expect(tools[0]?.binding.security).toEqual([{ key: [] }]);
  });

  it('importTools gives a tool the filter of its operation, and then no schema of what it answers', () => {
    const document = read({ '/a': { get: { responses: { 200: json({ type: 'object' }) } } }, '/b': { get: {} } });
    const { tools } = importTools(document, { responseFilters: { 'GET /a': '.a' }, publishesOutputSchemas: true });
    expect(tools.map(({ filter, outputSchema }) => [filter, outputSchema])).toEqual([
      ['.a', undefined],
      [undefined, undefined],
    ]);
    const [unfiltered] = importTools(document, { publishesOutputSchemas: true }).tools;
    expect(unfiltered?.outputSchema).toBeDefined();
  });

  it.each([
    ['the JSON of several', { 'text/plain': {}, 'application/json': {} }, 'json', 'application/json'],
    [
      'a form before multipart',
      { 'multipart/form-data': {}, 'application/x-www-form-urlencoded': {} },
      'urlencoded',
      'application/x-www-form-urlencoded',
    ],
    ['JSON for a range', { '*/*': {} }, 'json', 'application/json'],
    [
      'other JSON before a form',
      { 'application/x-www-form-urlencoded': {}, 'application/vnd.a+json': {} },
      'json',
      'application/vnd.a+json',
    ],
    ['bytes for a range of images', { 'image/*': {} }, 'binary', 'application/octet-stream'],
    ['text for XML', { 'application/xml': {} }, 'text', 'application/xml'],
    ['nothing that is no media type', { examples: {}, 'text/csv': {} }, 'text', 'text/csv'],
  ])('importTools takes %s', (_, content, form, mediaType) => {
    expect(only({ requestBody: { content } }).binding.body).toMatchObject({ form, mediaType });
  });

  it('importTools takes the media type that the operator chose', () => {
    const document = read({
      '/a': { post: { requestBody: { content: { 'application/json': {}, 'text/plain': {} } } } },
    });
    const { tools } = importTools(document, { bodyMediaTypes: { 'POST /a': 'text/plain' } });
    expect(tools[0]?.binding.body?.form).toBe('text');
    expect(importTools(document, { bodyMediaTypes: { 'POST /a': 'image/png' } }).skipped[0]?.reason).toContain(
      'image/png',
    );
  });

  it('importTools drops the empty form that a GET declares, and keeps the body of one that has any', () => {
    const form = { content: { 'application/x-www-form-urlencoded': { schema: { type: 'object', properties: {} } } } };
    expect(only({ requestBody: form }, {}, 'get').binding.body).toBeNull();
    expect(
      only({ requestBody: json({ type: 'object', properties: { q: string } }) }, {}, 'get').binding.body,
    ).not.toBeNull();
  });

  it('importTools knows which parts of a form are bytes', () => {
    const schema = {
      allOf: [
        {
          properties: {
            file: { type: 'string', format: 'binary' },
            files: { type: 'array', items: { type: 'string', format: 'binary' } },
          },
        },
        { properties: { raw: { contentMediaType: 'image/png' }, bare: {}, name: string } },
      ],
    };
    const content = { 'multipart/form-data': { schema, encoding: { bare: { contentType: 'application/pdf' } } } };
    const { properties } = only({ requestBody: { content } }).binding.body as { properties: object };
    expect(properties).toEqual({
      file: { isBinary: true },
      files: { isBinary: true },
      raw: { isBinary: true },
      bare: { isBinary: true, contentType: 'application/pdf' },
    });
  });

  it('importTools says which parts of a form are base64 when the document says only that they are bytes', () => {
    const bytes = { type: 'string', contentMediaType: 'application/octet-stream' };
    const Form = {
      type: 'object',
      required: ['file'],
      properties: {
        file: bytes,
        more: { anyOf: [{ type: 'array', items: bytes }, { type: 'null' }], description: 'Others' },
        config: { type: 'string', contentMediaType: 'application/json' },
        encoded: { ...bytes, contentEncoding: 'base64' },
      },
    };
    const content = { 'multipart/form-data': { schema: { $ref: '#/components/schemas/Form' } } };
    const { inputSchema, binding } = only({ requestBody: { content } }, { components: { schemas: { Form } } });
    const named = { ...bytes, contentEncoding: 'base64', description: 'The bytes as base64' };
    expect(inputSchema['properties']).toMatchObject({
      body: {
        required: ['file'],
        properties: {
          file: named,
          more: { anyOf: [{ items: named }, { type: 'null' }], description: 'Others' },
          config: Form.properties.config,
          encoded: Form.properties.encoded,
        },
      },
    });
    expect(binding.body?.properties).toEqual({ file: { isBinary: true }, more: { isBinary: true } });
  });

  it('importTools chooses by tag, method, path and key, all of them together', () => {
    const document = read({
      '/a/1': { get: { tags: ['x'] }, post: { tags: ['x', 'y'] } },
      '/b': { get: { tags: ['y'] } },
    });
    const keys = (choice: object) => importTools(document, { choice }).tools.map(({ key }) => key);
    expect(keys({ tags: ['y'] })).toEqual(['POST /a/1', 'GET /b']);
    expect(keys({ tags: ['y'], methods: ['get'] })).toEqual(['GET /b']);
    expect(keys({ paths: ['/a'] })).toEqual(['GET /a/1', 'POST /a/1']);
    expect(keys({ operations: ['GET /b'] })).toEqual(['GET /b']);
  });

  it('importTools keeps the names that were given before', () => {
    const paths = { '/b': { get: { operationId: 'same' } }, '/a': { get: { operationId: 'Same' } } };
    const first = importTools(read(paths)).tools;
    const pinnedNames = new Map(first.map(({ key, name }) => [key, name]));
    const reversed = Object.fromEntries(Object.entries(paths).reverse());
    const again = importTools(read(reversed), { pinnedNames }).tools;
    expect(new Map(again.map(({ key, name }) => [key, name]))).toEqual(pinnedNames);
    expect(first[0]?.name).toBe('same');
    expect(first[1]?.name).toMatch(/^Same_[0-9a-f]{8}$/);
  });

  it('importTools skips a schema that is too long, and everything once all together are', () => {
    const long = json({
      type: 'object',
      properties: { a: { enum: Array.from({ length: 12_000 }, (_, index) => `value-${index}`) } },
    });
    const document = read({ '/a': { post: { requestBody: long } }, '/b': { post: {} } });
    expect(importTools(document).skipped).toEqual([
      { key: 'POST /a', reason: 'its schema is longer than 131072 characters' },
    ]);
    const limits = { ...TOOL_LIMITS, allSchemasCharsMax: 10 };
    const limited = importTools(read({ '/a': { get: {} }, '/b': { get: {} } }), { limits });
    expect(limited.skipped[0]).toMatchObject({ key: 'GET /b', reason: expect.stringContaining('together') });
  });

  it.each([
    ['get', { readOnlyHint: true, destructiveHint: false, idempotentHint: true }],
    ['put', { readOnlyHint: false, destructiveHint: true, idempotentHint: true }],
    ['delete', { readOnlyHint: false, destructiveHint: true, idempotentHint: true }],
    ['patch', { readOnlyHint: false, destructiveHint: true, idempotentHint: false }],
    ['post', { readOnlyHint: false, destructiveHint: true, idempotentHint: false }],
  ])('importTools hints at what %s does, and says what is deprecated', (method, hints) => {
    const texts = { summary: 'Does it', description: 'In this way.' };
    const tool = only({ ...texts, deprecated: true }, {}, method);
    expect(tool.annotations).toEqual({ title: 'Does it', ...hints });
    expect(tool.description).toBe('Deprecated. Does it\n\nIn this way.');
    expect(only({}, {}, method).description).toBe(`${method.toUpperCase()} /a/{id}`);
  });

  it('importTools hints that an operation only reads when somebody says so, whatever its method', () => {
    const document = read({ '/search': { post: {} }, '/orders': { post: {} } });
    const { tools } = importTools(document, { readOnlyOperations: ['POST /search'] });
    expect(tools.map(({ annotations }) => annotations)).toEqual([
      { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
      { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
    ]);
  });

  it('importTools looks at no more schemas when those before were too long, or no schema, and many', () => {
    const components = {
      schemas: {
        Long: {
          type: 'object',
          properties: { a: { const: 'x'.repeat(2_000) }, b: { $ref: '#/components/schemas/Other' } },
        },
        Other: { const: 'y'.repeat(2_000) },
        Before: {
          type: 'object',
          properties: { a: { const: 'z'.repeat(3_000) }, b: { $ref: '#/components/schemas/Broken' } },
        },
        Broken: { $ref: '#/components/schemas/None' },
      },
    };
    const limits = { ...TOOL_LIMITS, shownCharsMax: 500, schemaCharsMax: 1_000, allSchemasCharsMax: 2_000 };
    for (const name of ['Long', 'Other', 'Before']) {
      const body = { requestBody: json({ $ref: `#/components/schemas/${name}` }) };
      const document = read({ '/a': { post: body }, '/b': { post: body } }, { components });
      const reasons = importTools(document, { limits }).skipped.map(({ reason }) => reason);
      expect(reasons).toEqual([expect.not.stringContaining('together'), expect.stringContaining('together')]);
    }
    const answers = { responses: { 200: json({ $ref: '#/components/schemas/Long' }) } };
    const document = read(
      { '/a': { get: answers }, '/b': { get: { responses: { 200: json(string) } } } },
      { components },
    );
    const published = { limits, publishesOutputSchemas: true };
    expect(importTools(document, published).tools.map(({ outputSchema }) => outputSchema)).toEqual([
      undefined,
      undefined,
    ]);
    expect(importTools(document, { ...published, choice: { paths: ['/b'] } }).tools[0]?.outputSchema).toBeDefined();
  });

  it('importTools publishes an output schema on demand only, and one that refuses nothing', () => {
    const responses = {
      200: json({
        type: 'array',
        items: {
          type: 'object',
          required: ['id'],
          properties: { id: { type: 'integer', description: 'Id' }, key: { type: 'string', writeOnly: true } },
        },
      }),
    };
    const document = read({ '/a': { get: { responses } } });
    expect(importTools(document).tools[0]?.outputSchema).toBeUndefined();
    expect(importTools(document, { publishesOutputSchemas: true }).tools[0]?.outputSchema).toEqual({
      type: 'object',
      properties: { result: { items: { properties: { id: { description: 'Id' } } } } },
    });
  });

  it('importTools reads 10,000 operations', () => {
    const schemas = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [
        `S${index}`,
        { type: 'object', properties: { next: { $ref: `#/components/schemas/S${(index + 7) % 10}` }, name: string } },
      ]),
    );
    const paths = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `/things/${index}/{id}`,
        { put: { requestBody: json({ $ref: `#/components/schemas/S${index % 10}` }) } },
      ]),
    );
    const { tools, skipped } = importTools(read(paths, { components: { schemas } }));
    expect(tools.length + skipped.length).toBe(10_000);
    expect(tools.length).toBeGreaterThan(1_000);
  }, 600_000);
});

describe('previewOf', () => {
  it('previewOf counts by tag and method, estimates tokens, and warns of too many tools', () => {
    const paths = Object.fromEntries(
      Array.from({ length: 130 }, (_, index) => [`/p${index}`, { get: { tags: [index % 2 === 0 ? 'even' : 'odd'] } }]),
    );
    const document = read(
      { ...paths, '/bad': { get: { parameters: [{ $ref: 'x.json' }] } } },
      { tags: [{ name: 'even', description: 'Half' }] },
    );
    const preview = previewOf(document, importTools(document));
    expect(preview).toMatchObject({
      baseUrl: 'https://a.test',
      tags: [
        { name: 'even', description: 'Half', tools: 65 },
        { name: 'odd', tools: 65 },
      ],
      methods: { GET: 130 },
      skipped: [{ key: 'GET /bad' }],
    });
    expect(preview.warnings.join()).toMatch(/130 tools.*no security/s);
    expect(preview.tokens).toBe(preview.tools.reduce((sum, tool) => sum + tool.tokens, 0));
  });
});
