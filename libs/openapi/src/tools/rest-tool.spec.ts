import { describe, expect, it } from 'vitest';
import { buildRequest, compileCheck, type RestDefinition, restToolOf } from '#libs/openapi';

const built = (definition: RestDefinition, values: object) => {
  const tool = restToolOf(definition);
  return buildRequest(tool.binding, tool.baseUrl, JSON.stringify(values), compileCheck(tool.argumentsSchema));
};
const URL_WITH_ID = 'https://a.test/v1/items/{id}?key=k%2F1';

describe('restToolOf', () => {
  it('restToolOf fills placeholders and puts the rest into the query where the method has no body', () => {
    const { url, body, method } = built(
      { url: URL_WITH_ID, method: 'GET' },
      { id: 'a/b', tags: ['x', 'y'], deep: { a: 1 } },
    );
    expect(url).toBe('https://a.test/v1/items/a%2Fb?key=k%2F1&tags=x&tags=y&deep=%7B%22a%22%3A1%7D');
    expect([method, body]).toEqual(['GET', null]);
  });

  it('restToolOf puts the rest into the body where the method has one, as JSON or as a form', () => {
    const values = { id: '1', item: 'tea', n: 2 };
    expect(built({ url: URL_WITH_ID, method: 'PUT' }, values).body).toBe('{"item":"tea","n":2}');
    const contentType = 'application/x-www-form-urlencoded';
    const form = built({ url: URL_WITH_ID, method: 'POST', contentType }, values);
    expect([form.body, Object.fromEntries(form.headers)['content-type']]).toEqual(['item=tea&n=2', contentType]);
  });

  it('restToolOf sends what mappings name under its new name, and nothing else in the query', () => {
    const definition = {
      url: URL_WITH_ID,
      method: 'GET',
      queryMapping: { q: 'search' },
      headerMapping: { who: 'X-Who' },
    };
    const { url, headers } = built(definition, { id: '1', q: 'a b', who: 'me' });
    expect(url).toBe('https://a.test/v1/items/1?key=k%2F1&search=a%20b');
    expect(Object.fromEntries(headers)).toMatchObject({ 'x-who': 'me' });
    expect(() => built(definition, { id: '1', other: 1 })).toThrow('There is no argument "other"');
  });

  it('restToolOf puts a path template in the place of the path and keeps the query', () => {
    const definition = { url: 'https://a.test/old?key=1', method: 'GET', pathTemplate: '/new/{id}' };
    expect(built(definition, { id: '7' }).url).toBe('https://a.test/new/7?key=1');
  });

  it('restToolOf asks for what the path needs, whatever the schema says', () => {
    const inputSchema = { type: 'object', properties: { id: { type: 'integer', nullable: true } } };
    const tool = restToolOf({ url: URL_WITH_ID, method: 'GET', inputSchema });
    expect(tool.inputSchema).toMatchObject({ required: ['id'], properties: { id: { type: ['integer', 'null'] } } });
    expect(() => built({ url: URL_WITH_ID, method: 'GET', inputSchema }, { id: 'x' })).toThrow('must be integer');
  });

  it('restToolOf follows the references of the schema itself', () => {
    const inputSchema = { type: 'object', properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: { type: 'boolean' } } };
    expect(() => built({ url: 'https://a.test', method: 'POST', inputSchema }, { a: 'x' })).toThrow('must be boolean');
    expect(built({ url: 'https://a.test', method: 'POST', inputSchema }, { a: true }).body).toBe('{"a":true}');
  });

  it.each<[string, Partial<RestDefinition>, string]>([
    ['a placeholder in the host', { url: 'https://{host}/x' }, 'in its host'],
    ['another scheme', { url: 'ftp://a.test' }, 'http or https'],
    ['a fragment', { url: 'https://a.test/#x' }, 'without a fragment'],
    ['a credential in the URL', { url: 'https://u:p@a.test/' }, 'user or a password'],
    ['dot segments', { url: 'https://a.test/a/../b' }, 'dots only'],
    ['a header of the gateway', { headerMapping: { a: 'Host' } }, '"Host"'],
    ['a header that is none', { headerMapping: { a: 'X\r\nY' } }, 'may not set'],
    ['a body of bytes', { contentType: 'application/pdf' }, 'as JSON or as a form'],
    ['a schema of no object', { inputSchema: { type: 'string' } }, 'describe an object'],
    ['a schema that leads out', { inputSchema: { properties: { a: { $ref: 'b.json' } } } }, 'another document'],
  ])('restToolOf refuses %s', (_, changes, message) => {
    expect(() => restToolOf({ url: 'https://a.test', method: 'POST', ...changes })).toThrow(message);
  });
});
