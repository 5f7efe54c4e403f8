import { describe, expect, it } from 'vitest';
import { buildRequest, type HttpBinding } from '#libs/openapi';
import type { ParameterStyle } from '../document/document.js';
import { bodyOf } from './body.js';
import type { BodyBinding, ParameterBinding } from './binding.js';

const parameter = (
  where: ParameterBinding['in'],
  style: ParameterStyle,
  explode: boolean,
  rest: object = {},
): ParameterBinding => ({
  argument: 'c',
  name: 'c',
  in: where,
  style,
  explode,
  ...rest,
});
const binding = (parameters: ParameterBinding[], rest: Partial<HttpBinding> = {}): HttpBinding => ({
  method: 'GET',
  baseUrl: null,
  path: parameters.some((each) => each.in === 'path') ? '/p/{c}' : '/p',
  parameters,
  body: null,
  others: 'refused',
  headers: {},
  security: null,
  ...rest,
});
const built = (of: HttpBinding, values: object | string) =>
  buildRequest(of, 'https://a.test', typeof values === 'string' ? values : JSON.stringify(values), () => null);
const sent = (of: ParameterBinding, value: unknown): string =>
  built(binding([of]), { c: value }).url.slice('https://a.test'.length);

const LIST = ['blue', 'black', 'br own'];
const OBJECT = { R: 100, G: 200 };

/** https://spec.openapis.org/oas/v3.1.1#style-examples */
describe('a parameter', () => {
  it.each([
    ['path', 'simple', false, '/p/blue', '/p/blue,black,br%20own', '/p/R,100,G,200'],
    ['path', 'simple', true, '/p/blue', '/p/blue,black,br%20own', '/p/R=100,G=200'],
    ['path', 'label', false, '/p/.blue', '/p/.blue,black,br%20own', '/p/.R,100,G,200'],
    ['path', 'label', true, '/p/.blue', '/p/.blue.black.br%20own', '/p/.R=100.G=200'],
    ['path', 'matrix', false, '/p/;c=blue', '/p/;c=blue,black,br%20own', '/p/;c=R,100,G,200'],
    ['path', 'matrix', true, '/p/;c=blue', '/p/;c=blue;c=black;c=br%20own', '/p/;R=100;G=200'],
    ['query', 'form', false, '/p?c=blue', '/p?c=blue,black,br%20own', '/p?c=R,100,G,200'],
    ['query', 'form', true, '/p?c=blue', '/p?c=blue&c=black&c=br%20own', '/p?R=100&G=200'],
    ['query', 'spaceDelimited', false, '/p?c=blue', '/p?c=blue%20black%20br%20own', '/p?c=R%20100%20G%20200'],
    ['query', 'pipeDelimited', false, '/p?c=blue', '/p?c=blue%7Cblack%7Cbr%20own', '/p?c=R%7C100%7CG%7C200'],
    ['query', 'tabDelimited', false, '/p?c=blue', '/p?c=blue%09black%09br%20own', '/p?c=R%09100%09G%09200'],
    [
      'query',
      'deepObject',
      true,
      '/p?c=blue',
      '/p?c%5B0%5D=blue&c%5B1%5D=black&c%5B2%5D=br%20own',
      '/p?c%5BR%5D=100&c%5BG%5D=200',
    ],
  ] as const)(
    'a parameter in %s of style %s, explode %s, is written as the specification says',
    (where, style, explode, one, list, object) => {
      const of = parameter(where, style, explode);
      expect([sent(of, 'blue'), sent(of, LIST), sent(of, OBJECT)]).toEqual([one, list, object]);
    },
  );

  it('a parameter nested in a deepObject keeps its way', () => {
    const value = { a: [{ b: 'x&y' }], 'c]': null };
    expect(sent(parameter('query', 'deepObject', true), value)).toBe('/p?c%5Ba%5D%5B0%5D%5Bb%5D=x%26y&c%5Bc%5D%5D=');
  });

  it.each([
    ['query', '/p?c=a/b?c:d@e!$%27()*,;=%26%23%2B%25%5B%5D'],
    ['path', '/p/a%2Fb%3Fc:d@e!$%27()*,;=%26%23%2B%25%5B%5D'],
  ] as const)('a parameter with allowReserved in %s cannot end its value', (where, expected) => {
    const of = parameter(where, where === 'path' ? 'simple' : 'form', false, { allowReserved: true });
    expect(decodeURIComponent(sent(of, "a/b?c:d@e!$'()*,;=&#+%[]"))).toBe(decodeURIComponent(expected));
    expect(sent(of, 'x&y=1#z')).not.toMatch(/[&#]/);
    expect(sent(of, 'a/b:c')).toBe(where === 'path' ? '/p/a%2Fb:c' : '/p?c=a/b:c');
  });

  it.each(['.', '..', '...', '', '%2e%2E'])(
    'a parameter of the path refuses or encodes %j, so that it stays where it is',
    (value) => {
      const of = parameter('path', 'simple', false);
      if (value === '%2e%2E') expect(sent(of, value)).toBe('/p/%252e%252E');
      else expect(() => sent(of, value)).toThrow(/dots only|is empty/);
    },
  );

  it.each(['a/../b', '..\\x', 'a?b#c', 'ü\u0000\r\n'])('a parameter of the path keeps %j in one segment', (value) => {
    const url = new URL(`https://a.test${sent(parameter('path', 'simple', false), value)}`);
    expect(url.pathname.split('/')).toHaveLength(3);
    expect(decodeURIComponent(url.pathname.slice(3))).toBe(value);
    expect([url.search, url.hash]).toEqual(['', '']);
  });

  it('a parameter of the path cannot make dots out of two values', () => {
    const of = binding(
      [parameter('path', 'simple', false), { ...parameter('path', 'simple', false), argument: 'd', name: 'd' }],
      {
        path: '/p/{c}{d}/x',
      },
    );
    expect(() => built(of, { c: '.', d: '.' })).toThrow('dots only');
    expect(() => built(of, { c: '.' })).toThrow('"d" is missing');
  });

  it.each(['a\r\nx: y', 'a\nb', 'a\u0000', 'ü', '\u2028'])('a parameter of a header refuses %j', (value) => {
    expect(() => built(binding([parameter('header', 'simple', false, { name: 'X-C' })]), { c: value })).toThrow(
      'cannot carry',
    );
  });

  it('a parameter of a header joins lists and objects, and of a cookie encodes what would end it', () => {
    const of = binding([
      parameter('header', 'simple', false, { name: 'X-C' }),
      parameter('cookie', 'form', true, { argument: 'k', name: 'sid' }),
      parameter('cookie', 'cookie', true, { argument: 'raw', name: 'raw' }),
    ]);
    const { headers } = built(of, { c: [1, 2], k: 'a;b=c', raw: 'x=y' });
    expect(Object.fromEntries(headers)).toMatchObject({ 'x-c': '1,2', cookie: 'sid=a%3Bb%3Dc; raw=x=y' });
    expect(() => built(of, { raw: 'a;b' })).toThrow('a cookie cannot carry');
  });

  it('a parameter that is the whole query is a form, or any text in percent form', () => {
    const form = parameter('querystring', 'form', true, { mediaType: 'application/x-www-form-urlencoded' });
    expect(sent(form, { a: [1, 2], b: 'x y' })).toBe('/p?a=1&a=2&b=x%20y');
    expect(sent(parameter('querystring', 'form', true, { mediaType: 'application/json' }), { a: 1 })).toBe(
      '/p?%7B%22a%22%3A1%7D',
    );
  });

  it('a parameter without a value, of null, or of an empty list sends nothing', () => {
    const of = parameter('query', 'form', true);
    expect([sent(of, null), sent(of, []), sent(of, {}), sent(of, undefined)]).toEqual(['/p', '/p', '/p', '/p']);
  });

  it('a parameter that is a number is sent as it was written', () => {
    const body: BodyBinding = { argument: 'body', form: 'json', mediaType: 'application/json', properties: {} };
    const of = binding([parameter('query', 'form', true)], { body, method: 'POST' });
    const request = built(of, '{"c":[12345678901234567890,1.50],"body":{"id":98765432109876543210,"n":2}}');
    expect(request.url).toContain('?c=12345678901234567890&c=1.50');
    expect(request.body).toBe('{"id":98765432109876543210,"n":2}');
  });

  it('a parameter is put behind a query that the path has of its own', () => {
    expect(built(binding([parameter('query', 'form', true)], { path: '/p?Action=Do' }), { c: 1 }).url).toBe(
      'https://a.test/p?Action=Do&c=1',
    );
  });

  it.each([
    ['/p?a b', '/p?a%20b'],
    ['/p? ', '/p?%20'],
    ['/p?a\r\nb#c', '/p?a%0D%0Ab%23c'],
    ['/p?a=%20&b[]=1', '/p?a=%20&b[]=1'],
    ['/\u{1f600}?\u{1f600}', '/%F0%9F%98%80?%F0%9F%98%80'],
  ])('a path is written as a URL may hold it when the document says %j', (path, target) => {
    expect(built(binding([], { path }), {}).url).toBe(`https://a.test${target}`);
  });
});

describe('a body', () => {
  const form = (properties: BodyBinding['properties'] = {}): BodyBinding => ({
    argument: 'body',
    form: 'urlencoded',
    mediaType: 'application/x-www-form-urlencoded',
    properties,
  });

  it('a body as a form repeats lists and nests what is deeper', () => {
    const value = { a: ['x y', 'z'], items: [{ price: 'p1', n: 2 }], meta: { 'k&': 'v=' }, none: null };
    expect(bodyOf(form(), value).bytes).toBe(
      'a=x+y&a=z&items%5B0%5D%5Bprice%5D=p1&items%5B0%5D%5Bn%5D=2&meta%5Bk%26%5D=v%3D&none=',
    );
  });

  it('a body as a form follows the encoding of a property', () => {
    const properties = {
      csv: { explode: false },
      deep: { style: 'deepObject' as const, explode: true },
      json: { contentType: 'application/json' },
    };
    expect(bodyOf(form(properties), { csv: ['a', 'b,c'], deep: ['x'], json: { a: 1 } }).bytes).toBe(
      'csv=a,b%2Cc&deep%5B0%5D=x&json=%7B%22a%22%3A1%7D',
    );
  });

  it('a body as multipart writes files, JSON and text, no file that is null, and no name can break out of its header', () => {
    const binding: BodyBinding = {
      argument: 'body',
      form: 'multipart',
      mediaType: 'multipart/form-data',
      properties: { files: { isBinary: true, contentType: 'image/png, image/jpeg' } },
    };
    const { bytes, mediaType } = bodyOf(
      { ...binding, properties: { ...binding.properties, none: { isBinary: true } } },
      {
        files: ['aGk=', 'eW8'],
        none: null,
        meta: { a: 1 },
        tags: ['x', 'y'],
        'n"\r\nX: 1': 'v',
      },
    );
    const text = Buffer.from(bytes).toString();
    const boundary = mediaType.split('boundary=')[1] as string;
    expect(
      text
        .split(`--${boundary}`)
        .slice(1)
        .map((part) => part.trim()),
    ).toEqual([
      'Content-Disposition: form-data; name="files"; filename="files"\r\nContent-Type: image/png\r\n\r\nhi',
      'Content-Disposition: form-data; name="files"; filename="files"\r\nContent-Type: image/png\r\n\r\nyo',
      'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{"a":1}',
      'Content-Disposition: form-data; name="tags"\r\n\r\nx',
      'Content-Disposition: form-data; name="tags"\r\n\r\ny',
      'Content-Disposition: form-data; name="n%22%0D%0AX: 1"\r\n\r\nv',
      '--',
    ]);
  });

  it('a body of bytes is decoded, and refused where it is not base64', () => {
    const bytes: BodyBinding = {
      argument: 'body',
      form: 'binary',
      mediaType: 'application/octet-stream',
      properties: {},
    };
    expect(Buffer.from(bodyOf(bytes, 'AP-_').bytes)).toEqual(Buffer.from([0, 255, 191]));
    for (const wrong of ['a', 'a b', '####', 5]) expect(() => bodyOf(bytes, wrong)).toThrow(/base64|not a string/);
  });

  it('a body that is absent sends neither body nor media type, and null is sent where it is given', () => {
    const body: BodyBinding = {
      argument: 'body',
      form: 'json',
      mediaType: 'application/merge-patch+json',
      properties: {},
    };
    const of = binding([], { body, method: 'PATCH' });
    expect(built(of, {}).headers.map(([name]) => name)).toEqual(['accept']);
    expect(built(of, { body: { gone: null } }).body).toBe('{"gone":null}');
    expect(built(of, { body: null })).toMatchObject({ body: 'null' });
  });
});
