import { describe, expect, it } from 'vitest';
import { compileCheck, importTools, readDocument } from '#libs/openapi';

const toolFor = (schema: object, schemas: object = {}) => {
  const document = {
    openapi: '3.1.0',
    info: { title: 'T', version: '1' },
    servers: [{ url: 'https://a.test' }],
    paths: { '/a': { post: { requestBody: { required: true, content: { 'application/json': { schema } } } } } },
    components: { schemas },
  };
  const { tools, skipped } = importTools(readDocument(JSON.stringify(document)));
  expect(skipped).toEqual([]);
  const tool = tools[0] as (typeof tools)[number];
  return { tool, check: compileCheck(tool.argumentsSchema ?? tool.inputSchema) };
};

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('compileCheck', () => {
  it('compileCheck names the place and the rule, and never the value', () => {
    const { check } = toolFor({ type: 'object', properties: { age: { type: 'integer' } } });
    const problem = check({ body: { age: 'hunter2' } });
    expect(problem).toContain('"body.age" must be integer');
    expect(problem).not.toContain('hunter2');
    expect(check({ body: {}, colour: 1 })).toContain('colour');
  });

  it('compileCheck follows recursion to any depth, also where the shown schema is cut', () => {
    const Node = { type: 'object', required: ['n'], properties: { n: { type: 'number' }, next: ref('Node') } };
    const { check, tool } = toolFor(ref('Node'), { Node });
    const chain = (depth: number, last: unknown): object =>
      depth === 0 ? { n: last } : { n: 1, next: chain(depth - 1, last) };
    expect(JSON.stringify(tool.inputSchema)).not.toContain('$ref');
    expect(check({ body: chain(40, 2) })).toBeNull();
    expect(check({ body: chain(40, 'x') })).toContain('must be number');
  });

  it('compileCheck gives up where a schema doubles the work with every level of the value', () => {
    const branch = { type: 'object', required: ['next'], properties: { next: ref('Node') } };
    const Node = { anyOf: [branch, { ...branch, minProperties: 1 }, { type: 'null' }] };
    const { check } = toolFor(ref('Node'), { Node });
    let value: object = { next: { z: 1 } };
    for (let depth = 0; depth < 60; depth++) value = { next: value };
    expect(check({ body: value })).toContain('too long to check');
  });

  it('compileCheck matches patterns in linear time', () => {
    const { check } = toolFor({ type: 'string', pattern: '^(a+)+$' });
    expect(check({ body: `${'a'.repeat(50_000)}!` })).toContain('must match pattern');
    expect(check({ body: 'aaa' })).toBeNull();
  });

  it('compileCheck leaves a pattern that looks around to the server', () => {
    expect(toolFor({ type: 'string', pattern: '^(?!x).*$' }).check({ body: 'x' })).toBeNull();
  });

  it('compileCheck finds equal items in linear time, whatever their order of members', () => {
    const { check } = toolFor({ type: 'array', uniqueItems: true });
    expect(
      check({
        body: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      }),
    ).toContain('body');
    expect(check({ body: ['1', 1, true, 'true'] })).toBeNull();
    const many = Array.from({ length: 200_000 }, (_, index) => ({ index }));
    expect(check({ body: many })).toBeNull();
  });
});

describe('schemas', () => {
  it.each([
    ['itself', { A: ref('A') }],
    ['each other', { A: { allOf: [ref('B')] }, B: { anyOf: [ref('A'), { type: 'string' }] } }],
    ['each other through "not"', { A: { not: ref('B') }, B: { not: ref('A') } }],
  ])('schemas that are made of %s end somewhere', (_, schemas) => {
    const { check } = toolFor(ref('A'), schemas);
    expect(() => check({ body: 1 })).not.toThrow();
  });

  it('schemas of a long chain of compositions do not fill the stack', () => {
    const schemas: Record<string, object> = {};
    for (let index = 0; index < 5_000; index++)
      schemas[`A${index}`] = { allOf: [ref(`A${index + 1}`)], properties: { x: ref(`B${index}`) } };
    for (let index = 0; index < 5_000; index++) schemas[`B${index}`] = { properties: { next: ref(`B${index + 1}`) } };
    schemas['A5000'] = schemas['B5000'] = { type: 'string' };
    const document = {
      openapi: '3.1.0',
      servers: [{ url: 'https://a.test' }],
      paths: { '/a': { post: { requestBody: { content: { 'application/json': { schema: ref('A0') } } } } } },
      components: { schemas },
    };
    const { skipped } = importTools(readDocument(JSON.stringify(document)));
    expect(skipped[0]?.reason).toContain('longer than');
  });

  it('schemas that swell when they are written out are shown in part', () => {
    const schemas: Record<string, object> = { L0: { type: 'string', description: 'x'.repeat(500) } };
    for (let level = 1; level <= 20; level++) {
      const names = Array.from({ length: 5 }, (_, index) => [`p${index}`, ref(`L${level - 1}`)]);
      schemas[`L${level}`] = { type: 'object', properties: Object.fromEntries(names) };
    }
    const { tool } = toolFor(ref('L20'), schemas);
    expect(JSON.stringify(tool.inputSchema).length).toBeLessThan(128 * 1024);
    expect(JSON.stringify(tool.inputSchema)).toContain('not shown in full');
    expect(JSON.stringify(tool.argumentsSchema)).not.toContain('description');
  });

  it('schemas ask for no readOnly property, also where another part of the composition requires it', () => {
    const Base = { type: 'object', properties: { id: { type: 'string', readOnly: true }, at: ref('Stamp') } };
    const { tool, check } = toolFor(
      {
        allOf: [
          ref('Base'),
          { type: 'object', required: ['id', 'at', 'name'], properties: { name: { type: 'string' } } },
        ],
      },
      { Base, Stamp: { type: 'string', readOnly: true } },
    );
    expect(JSON.stringify(tool.inputSchema)).not.toMatch(/"id"|"at"/);
    expect(check({ body: { name: 'n' } })).toBeNull();
    expect(check({ body: {} })).toContain('name');
  });

  it('schemas mend what documents get wrong', () => {
    const { check, tool } = toolFor(
      {
        type: 'object',
        required: true,
        properties: {
          a: { type: 'int', minimum: '3' },
          b: { type: 'string', enum: ['x', 'x', 'y'], nullable: true },
          c: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
          d: { type: 'wibble' },
          e: { type: ['string', 'null'], minLength: -1 },
          f: 'string',
          g: { $ref: '#/components/schemas/Named', nullable: true },
          h: { type: 'number', exclusiveMaximum: true, maximum: 5 },
        },
        additionalProperties: { type: 'boolean' },
      },
      { Named: { type: 'object', properties: { n: { type: 'string' } } } },
    );
    expect(check({ body: { a: 1, b: null, c: ['s', 1], d: {}, e: null, g: null, h: 4, z: true } })).toBeNull();
    for (const wrong of [{ a: 'x' }, { b: 'z' }, { c: [1] }, { g: 1 }, { h: 5 }, { z: 1 }]) {
      expect(check({ body: wrong }), JSON.stringify(wrong)).not.toBeNull();
    }
    expect(tool.warnings.join()).toContain('"d"');
  });
});
