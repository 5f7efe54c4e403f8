import { describe, expect, it } from 'vitest';
import { initialOf, kindOf, resolve } from './schema.ts';

describe('the form of a schema', () => {
  it.each([
    ['city', { type: 'string' }, 'text'],
    ['message', { type: 'string' }, 'long-text'],
    ['x', { type: ['integer', 'null'] }, 'integer'],
    ['x', { type: 'array', items: { type: 'string' } }, 'list'],
    ['x', { type: 'array' }, 'json'],
    ['x', { type: 'object', properties: {} }, 'group'],
    ['x', { type: 'object' }, 'json'],
    ['x', {}, 'json'],
    ['x', { enum: ['a', 1] }, 'choice'],
    ['x', { oneOf: [{ const: 'a', title: 'A' }] }, 'choice'],
  ] as const)('kindOf asks for %s of %j as %s', (name, schema, kind) => {
    expect(kindOf(name, schema).kind).toBe(kind);
  });

  it('resolve follows references within the document, and takes null out of a choice', () => {
    const root = { $defs: { 'a/b': { type: 'string' } } } as object;
    expect(resolve({ $ref: '#/$defs/a~1b', title: 'T' }, root)).toEqual({ type: 'string', title: 'T' });
    expect(resolve({ anyOf: [{ type: 'number' }, { type: 'null' }] }, root)).toEqual({ type: 'number' });
    expect(resolve({ $ref: 'https://elsewhere.example/schema' }, root)).toEqual({});
  });

  it('resolve ends when a reference leads to itself', () => {
    const root = { $defs: { loop: { $ref: '#/$defs/loop' } } } as object;
    expect(resolve({ $ref: '#/$defs/loop' }, root)).toEqual({});
  });

  it('initialOf begins with the defaults that there are', () => {
    expect(initialOf({ properties: { a: { default: 0 }, b: { default: null }, c: {} } })).toEqual({ a: 0 });
  });
});
