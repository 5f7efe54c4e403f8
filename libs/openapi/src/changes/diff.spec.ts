import { describe, expect, it } from 'vitest';
import { diffTools, importTools, readDocument } from '#libs/openapi';

const string = { type: 'string' };
const BASE = {
  summary: 'Does it',
  parameters: [{ name: 'q', in: 'query', schema: { type: 'integer', maximum: 10 } }],
  requestBody: {
    content: {
      'application/json': {
        schema: { type: 'object', required: ['a'], properties: { a: string, b: { enum: ['x', 'y'] } } },
      },
    },
  },
};
type Operation = typeof BASE & Record<string, unknown>;

const toolsOf = (paths: object, servers = [{ url: 'https://a.test' }]) =>
  importTools(readDocument(JSON.stringify({ openapi: '3.1.0', paths, servers }))).tools;

const change = (edit: (operation: Operation) => void) => {
  const after = structuredClone(BASE) as Operation;
  edit(after);
  return diffTools(toolsOf({ '/a': { post: BASE } }), toolsOf({ '/a': { post: after } }));
};
const schemaOf = (operation: Operation) =>
  operation.requestBody.content['application/json'].schema as unknown as Record<string, never> & {
    properties: Record<string, unknown>;
    required: string[];
  };

describe('diffTools', () => {
  it('diffTools says nothing of what is the same', () => {
    expect(change(() => undefined)).toEqual([]);
  });

  it('diffTools tells what came and what went', () => {
    const changes = diffTools(toolsOf({ '/a': { get: {} } }), toolsOf({ '/b': { get: {} } }));
    expect(changes).toEqual([
      { key: 'GET /b', name: 'get_b', kind: 'added' },
      { key: 'GET /a', name: 'get_a', kind: 'removed' },
    ]);
  });

  it.each<[string, (operation: Operation) => void, string]>([
    ['an argument that is required now', (op) => schemaOf(op).required.push('b'), '"body.b" is required now'],
    ['an argument that is gone', (op) => op.parameters.pop(), '"q" is gone'],
    [
      'a type that takes less',
      (op) => (schemaOf(op).properties['a'] = { type: 'integer' }),
      '"body.a" takes fewer types',
    ],
    ['a value that is gone', (op) => (schemaOf(op).properties['b'] = { enum: ['x'] }), '"body.b" takes fewer values'],
    [
      'a lower bound',
      (op) => ((op.parameters[0] as { schema: unknown }).schema = { type: 'integer', maximum: 5 }),
      'maximum of "q" changed',
    ],
    [
      'a new pattern',
      (op) => (schemaOf(op).properties['a'] = { ...string, pattern: '^x' }),
      'the rules of "body.a" changed',
    ],
    ['another credential', (op) => (op['security'] = [{ key: [] }]), 'another credential is asked for'],
  ])('diffTools finds %s breaking', (_, edit, reason) => {
    expect(change(edit)).toEqual([expect.objectContaining({ kind: 'breaking', reasons: [reason] })]);
  });

  it('diffTools finds another server breaking, which is shown no credential', () => {
    const own = { '/a': { get: {}, servers: [{ url: 'https://b.test' }] } };
    expect(diffTools(toolsOf({ '/a': { get: {} } }), toolsOf(own))).toEqual([
      expect.objectContaining({
        kind: 'breaking',
        reasons: ['another credential is asked for', 'another server is called'],
      }),
    ]);
  });

  it.each<[string, (operation: Operation) => void, string]>([
    ['an argument that is optional now', (op) => schemaOf(op).required.pop(), '"body.a" is optional now'],
    ['a new argument', (op) => (schemaOf(op).properties['c'] = string), '"body.c" is new'],
    ['more values', (op) => (schemaOf(op).properties['b'] = { enum: ['x', 'y', 'z'] }), '"body.b" takes more values'],
    [
      'a wider number',
      (op) => ((op.parameters[0] as { schema: unknown }).schema = { type: 'number', maximum: 10 }),
      '"q" takes more types',
    ],
    [
      'another style',
      (op) => Object.assign(op.parameters[0] as object, { explode: false }),
      'the request is written differently',
    ],
  ])('diffTools finds %s compatible', (_, edit, reason) => {
    expect(change(edit)).toEqual([expect.objectContaining({ kind: 'compatible', reasons: [reason] })]);
  });

  it('diffTools finds other words to be words', () => {
    expect(change((operation) => (operation.summary = 'Does it well'))).toEqual([
      expect.objectContaining({ kind: 'text', reasons: ['its words changed'] }),
    ]);
  });
});
