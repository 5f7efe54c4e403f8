import { describe, expect, it } from 'vitest';
import { compileForeignCheck } from '#libs/openapi';

const checkOf = (schema: object) => compileForeignCheck(JSON.stringify(schema));

describe('compileForeignCheck', () => {
  it.each([
    ['its own references', { $defs: { n: { type: 'integer' } }, properties: { a: { $ref: '#/$defs/n' } } }],
    [
      'definitions as before 2019-09',
      { definitions: { n: { type: 'integer' } }, properties: { a: { $ref: '#/definitions/n' } } },
    ],
    [
      'an older dialect',
      { $schema: 'http://json-schema.org/draft-07/schema#', properties: { a: { type: 'integer' } } },
    ],
    ['a property with the name of a keyword', { properties: { const: { const: 1 }, a: { enum: [{ type: 'x' }, 1] } } }],
    ['a reference to its root', { properties: { a: { type: 'integer' }, b: { $ref: '#' } } }],
  ])('compileForeignCheck checks arguments when their schema has %s', (_, schema) => {
    const check = checkOf({ type: 'object', ...schema });
    expect(check?.({ a: 1 })).toBeNull();
    expect(check?.({ a: 'planted' })).toMatch(/^"a"/);
    expect(check?.({ a: 'planted' })).not.toContain('planted');
  });

  it.each([
    ['a reference to elsewhere', { $ref: 'https://elsewhere.test/schema' }],
    ['a reference to nothing', { $ref: '#/$defs/nothing' }],
    ['an id', { $id: 'https://a.test', type: 'object' }],
    ['an answer that comes later', { $async: true, type: 'object' }],
    ['a keyword of another kind', { type: 'object', required: 'a' }],
    ['more than can be compiled meanwhile', { type: 'object', description: 'x'.repeat(65_536) }],
    ['too many levels', Array.from({ length: 100 }).reduce<object>((inner) => ({ not: inner }), {})],
  ])('compileForeignCheck answers null when the schema has %s', (_, schema) => {
    expect(checkOf(schema)).toBeNull();
  });

  it('compileForeignCheck answers null when the text is no JSON', () => {
    expect(compileForeignCheck('{')).toBeNull();
  });

  it('compileForeignCheck ends when a schema leads back into itself twice at every level', () => {
    const check = checkOf({
      type: 'object',
      properties: { a: { anyOf: [{ $ref: '#' }, { $ref: '#' }] }, end: { type: 'integer' } },
    });
    const value = Array.from({ length: 60 }).reduce<object>((inner) => ({ a: inner }), { end: 'x' });
    expect(check?.(value)).toContain('too long');
  });

  it('compileForeignCheck ends when a schema leads back to where it stands', () => {
    expect(checkOf({ $ref: '#' })?.({})).toContain('too long');
    expect(checkOf({ allOf: [{ $ref: '#' }, { $ref: '#' }] })?.({})).toContain('too long');
  });

  it('compileForeignCheck matches a pattern in linear time', () => {
    const check = checkOf({ properties: { a: { type: 'string', pattern: '^(a+)+$' } } });
    expect(check?.({ a: `${'a'.repeat(50_000)}!` })).toMatch(/^"a"/);
  });
});
