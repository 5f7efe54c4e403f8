import { describe, expect, it } from 'vitest';
import { headerMirrorsOf, mirrorHeaders } from './header-params.js';

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const param = (header: unknown, type: unknown = 'string') => ({ type, 'x-mcp-header': header });

describe('headerMirrorsOf', () => {
  it('headerMirrorsOf finds mirrors along chains of properties', () => {
    const schema = object({
      region: param('Region'),
      where: object({ zone: param('Zone', 'integer') }),
      free: { type: 'string' },
    });

    expect(headerMirrorsOf(schema)).toEqual({
      mirrors: [
        { header: 'Region', path: ['region'], type: 'string' },
        { header: 'Zone', path: ['where', 'zone'], type: 'integer' },
      ],
    });
  });

  it('headerMirrorsOf lets a parameter have the name of the keyword, and data hold it', () => {
    const schema = object({
      'x-mcp-header': { type: 'string' },
      other: { type: 'object', default: { 'x-mcp-header': 'no' } },
    });

    expect(headerMirrorsOf(schema)).toEqual({ mirrors: [] });
  });

  it.each([
    ['an empty name', object({ a: param('') })],
    ['no string', object({ a: param(7) })],
    ['a space', object({ a: param('My Region') })],
    ['a line end', object({ a: param('A\r\nB') })],
    ['a colon', object({ a: param('A:B') })],
    ['the same name in another case', object({ a: param('Region'), b: param('REGION') })],
    ['a number', object({ a: param('A', 'number') })],
    ['an object', object({ a: param('A', 'object') })],
    ['several types', object({ a: param('A', ['string', 'null']) })],
    ['items', object({ a: { type: 'array', items: param('A') } })],
    ['oneOf', object({ a: { oneOf: [param('A')] } })],
    ['properties under anyOf', { type: 'object', anyOf: [object({ a: param('A') })] }],
    ['$defs', object({}, { $defs: { a: param('A') } })],
    ['else', object({}, { if: {}, else: object({ a: param('A') }) })],
    ['additionalProperties', object({}, { additionalProperties: param('A') })],
    ['the root', { type: 'object', 'x-mcp-header': 'A' }],
  ])('headerMirrorsOf refuses %s', (_name, schema) => {
    expect(headerMirrorsOf(schema)).toHaveProperty('reason');
  });

  it('headerMirrorsOf refuses a schema without end instead of following it', () => {
    let schema: object = { type: 'string' };
    for (let depth = 0; depth < 500; depth++) schema = object({ deeper: schema });

    expect(headerMirrorsOf(schema)).toHaveProperty('reason');
  });
});

describe('mirrorHeaders', () => {
  const mirror = (header: string, path: string[]) => ({ header, path, type: 'string' as const });

  it('mirrorHeaders reads values where they stand and writes them as they are', () => {
    const text = '{"name":"t","arguments":{"a":"x y","n":9007199254740991,"b":true,"in":{"z":"ü"},"null":null}}';
    const mirrors = [
      mirror('A', ['a']),
      mirror('N', ['n']),
      mirror('B', ['b']),
      mirror('Z', ['in', 'z']),
      mirror('No', ['null']),
      mirror('Gone', ['gone']),
      mirror('Deep', ['a', 'b']),
    ];

    expect(mirrorHeaders(mirrors, text)).toEqual([
      'mcp-param-A',
      'x y',
      'mcp-param-N',
      '9007199254740991',
      'mcp-param-B',
      'true',
      'mcp-param-Z',
      '=?base64?w7w=?=',
    ]);
  });

  it('mirrorHeaders sends nothing for a call without arguments', () => {
    expect(mirrorHeaders([mirror('A', ['a'])], '{"name":"t"}')).toEqual([]);
  });
});
