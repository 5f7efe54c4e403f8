import { describe, expect, it } from 'vitest';
import { importTools, READ_LIMITS, readDocument } from '#libs/openapi';

const OK = { responses: { 200: { description: 'ok' } } };
const doc = (paths: object, rest: object = {}) =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'T', version: '1' },
    servers: [{ url: 'https://a.test' }],
    paths,
    ...rest,
  });

describe('readDocument', () => {
  it('readDocument reads YAML like JSON, with comments, anchors and numbers as keys', () => {
    const yaml = [
      '# an API',
      'openapi: 3.0.3',
      'info: {title: Y, version: 1.0}',
      'servers: [{url: "https://a.test"}]',
      'paths:',
      '  /a:',
      '    get: &get',
      '      operationId: first',
      '      responses: {200: {description: ok, content: {application/json: {schema: {type: object}}}}}',
      '  /b: {post: *get}',
    ].join('\n');
    const document = readDocument(yaml);
    expect(document).toMatchObject({ version: '3.0', title: 'Y', apiVersion: '1' });
    expect(document.operations.map(({ key }) => key)).toEqual(['GET /a', 'POST /b']);
    expect(document.operations[0]?.success?.mediaType).toBe('application/json');
  });

  it.each([
    ['no OpenAPI document', '{"a":1}', 'neither "openapi" nor "swagger"'],
    ['OpenAPI 4', '{"openapi":"4.0.0","paths":{}}', 'The version "4.0.0" is not served'],
    ['Swagger 1.2', '{"swagger":"1.2","paths":{}}', 'The version "1.2" is not served'],
    ['a list', '[]', 'is not an object'],
    ['broken YAML', 'openapi: 3.0.0\npaths:\n  /a: [', 'neither JSON nor YAML'],
    ['tagged YAML', 'openapi: !!js/function "x"', 'neither JSON nor YAML'],
    ['nothing', '', 'neither JSON nor YAML'],
  ])('readDocument refuses %s', (_, text, message) => {
    expect(() => readDocument(text)).toThrow(message);
  });

  it('readDocument names the line where YAML goes wrong and quotes nothing of it', () => {
    const text = 'openapi: 3.0.0\npaths:\n  /a: {secret-token: "x\n';
    expect(() => readDocument(text)).toThrow(/line \d+, column \d+/);
    expect(() => readDocument(text)).not.toThrow(/secret-token/);
  });

  it.each([
    ['bytes', { bytesMax: 100 }, doc({ '/a': { get: OK } }), 'has 157 bytes; the limit is 100'],
    ['values', { valuesMax: 5 }, doc({ '/a': { get: OK } }), 'more than 5 values'],
    ['operations', { operationsMax: 1 }, doc({ '/a': { get: OK, put: OK } }), 'more than 1 operations'],
    ['depth', { depthMax: 5 }, doc({ '/a': { get: OK } }), 'nests deeper than 5 at #/paths/~1a/get/responses/200'],
  ])('readDocument refuses a document over the limit of %s', (_, limit, text, message) => {
    expect(() => readDocument(text, { limits: { ...READ_LIMITS, ...limit } })).toThrow(message);
  });

  it.each([
    ['JSON', '{"x": [{},{},{},{},{},{},'],
    ['YAML in lines', 'x:\n- a\n- b\n- c\n"'],
    ['YAML in one line', 'x: [{},{},{},{},{},{},'],
    ['YAML of lists in lists', 'x:\n - - - - - - "'],
  ])('readDocument counts the values of %s before it reads them', (_, text) => {
    const limits = { ...READ_LIMITS, valuesMax: 5 };
    expect(() => readDocument(text, { limits })).toThrow('more than 5 values');
    expect(() => readDocument(text)).toThrow('neither JSON nor YAML');
  });

  it('readDocument refuses YAML whose aliases swell, before they do', () => {
    const lines = ['openapi: 3.0.0', 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level++) {
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    }
    expect(() => readDocument(lines.join('\n'))).toThrow('more than 2000000 values');
  });

  it('readDocument refuses YAML that holds itself', () => {
    expect(() => readDocument('openapi: 3.0.0\nx: &x {y: *x}\n')).toThrow(/deeper than 100|neither JSON nor YAML/);
  });

  it('readDocument skips what one operation lacks and keeps the others', () => {
    const document = readDocument(
      doc({
        '/ok': { get: OK },
        '/outside': { get: { ...OK, parameters: [{ $ref: 'common.yaml#/p' }] } },
        '/nowhere': { get: { ...OK, requestBody: { $ref: '#/components/requestBodies/None' } } },
        '/circle': { $ref: '#/paths/~1circle' },
        '/a/../b': { get: OK },
        '/hash#x': { get: OK },
        '/trace': { trace: OK },
        '/list': [],
      }),
    );
    expect(document.operations.map(({ key }) => key)).toEqual(['GET /ok']);
    const reasons = Object.fromEntries(document.skipped.map(({ key, reason }) => [key, reason]));
    expect(reasons['GET /outside']).toContain('common.yaml#/p');
    expect(reasons['GET /nowhere']).toContain('leads nowhere');
    expect(reasons['* /circle']).toContain('leads in a circle');
    expect(reasons['GET /a/../b']).toContain('dots only');
    expect(reasons['GET /hash#x']).toContain('"#"');
    expect(reasons['TRACE /trace']).toContain('never called');
    expect(reasons['* /list']).toContain('not an object');
  });

  it('readDocument skips an operation whose schema lies in another document', () => {
    const body = { content: { 'application/json': { schema: { $ref: '#/components/schemas/A' } } } };
    const schemas = {
      A: { properties: { b: { $ref: '#/components/schemas/B' } } },
      B: { $ref: 'https://x.test/b.json' },
    };
    const document = readDocument(
      doc({ '/a': { post: { ...OK, requestBody: body } }, '/b': { get: OK } }, { components: { schemas } }),
    );
    const { tools, skipped } = importTools(document);
    expect(tools.map(({ key }) => key)).toEqual(['GET /b']);
    expect(skipped).toEqual([{ key: 'POST /a', reason: expect.stringContaining('https://x.test/b.json') }]);
  });

  it('readDocument follows references by the full name of the document itself', () => {
    const parameters = [{ $ref: 'https://a.test/api.json#/components/parameters/P' }];
    const components = { parameters: { P: { name: 'p', in: 'query', schema: { type: 'string' } } } };
    const text = doc(
      { '/a': { get: { ...OK, parameters } } },
      { openapi: '3.2.0', $self: 'https://a.test/api.json', components },
    );
    expect(readDocument(text).operations[0]?.parameters[0]?.name).toBe('p');
  });

  it('readDocument reads what 3.2 brings: QUERY, further methods, a parameter that is the whole query', () => {
    const whole = {
      name: 'q',
      in: 'querystring',
      content: { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } },
    };
    const document = readDocument(
      doc(
        {
          '/a': {
            query: OK,
            additionalOperations: { COPY: OK, 'bad method': OK },
            get: { ...OK, parameters: [whole] },
          },
        },
        { openapi: '3.2.0' },
      ),
    );
    expect(document.operations.map(({ key }) => key)).toEqual(['GET /a', 'QUERY /a', 'COPY /a']);
    expect(document.skipped.map(({ key }) => key)).toEqual(['bad method /a']);
    expect(importTools(document).tools[1]?.annotations).toMatchObject({ readOnlyHint: true });
  });

  it('readDocument keeps what a name means to JavaScript an ordinary name', () => {
    const properties = JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"string"}}') as object;
    const parameters = [{ name: '__proto__', in: 'query', schema: { type: 'string' } }];
    const body = {
      content: { 'application/json': { schema: { type: 'object', properties, required: ['__proto__'] } } },
    };
    const { tools } = importTools(readDocument(doc({ '/a': { post: { ...OK, parameters, requestBody: body } } })));
    const shown = tools[0]?.inputSchema['properties'] as Record<string, { properties: object }>;
    expect(Object.keys(shown)).toEqual(['__proto___', 'body']);
    expect(Object.keys(shown['body']?.properties ?? {})).toEqual(['__proto__', 'constructor']);
  });
});

describe('servers', () => {
  const servers = [{ url: 'https://{region}.a.test/v1', variables: { region: { default: 'eu', enum: ['eu', 'us'] } } }];
  const paths = {
    '/a': { get: OK },
    '/up': { servers: [{ url: 'https://uploads.test' }], post: OK },
    '/rel': { servers: [{ url: '/v2' }], get: OK },
    '/bad': { servers: [{ url: 'ftp://x' }], get: OK },
  };
  const document = readDocument(doc(paths, { servers, security: [{ key: [] }] }));

  it('servers take the defaults of their variables, or what the operator says, within what is allowed', () => {
    expect(importTools(document).baseUrl).toBe('https://eu.a.test/v1');
    expect(importTools(document, { server: { variables: { region: 'us' } } }).baseUrl).toBe('https://us.a.test/v1');
    expect(() => importTools(document, { server: { variables: { region: 'mars' } } })).toThrow('must be one of eu, us');
    expect(() => importTools(document, { server: { serverIndex: 3 } })).toThrow('none with the index 3');
  });

  it('servers of an operation are kept apart, and another origin is shown no credential', () => {
    const { tools, skipped } = importTools(document);
    const byKey = Object.fromEntries(tools.map((tool) => [tool.key, tool]));
    expect(byKey['GET /a']).toMatchObject({ otherOrigin: null, binding: { baseUrl: null, security: [{ key: [] }] } });
    expect(byKey['POST /up']).toMatchObject({
      otherOrigin: 'https://uploads.test',
      binding: { baseUrl: 'https://uploads.test', security: [] },
    });
    expect(byKey['GET /rel']).toMatchObject({ otherOrigin: null, binding: { baseUrl: 'https://eu.a.test/v2' } });
    expect(skipped.map(({ key }) => key)).toEqual(['GET /bad']);
  });

  it.each([
    ['/v3', 'https://docs.test/specs/api.json', 'https://docs.test/v3'],
    ['v3', 'https://docs.test/specs/api.json', 'https://docs.test/specs/v3'],
  ])('servers that are relative (%s) start where the document was read', (url, documentUrl, base) => {
    expect(importTools(readDocument(doc(paths, { servers: [{ url }] })), { server: { documentUrl } }).baseUrl).toBe(
      base,
    );
  });

  it.each(['https://user:pass@a.test', 'file:///etc', 'https://a.test/?x=1'])('servers refuse %s', (serverUrl) => {
    expect(() => importTools(document, { server: { serverUrl } })).toThrow(/must/);
  });
});
