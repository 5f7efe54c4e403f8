import { describe, expect, it } from 'vitest';
import { type HttpAnswer, jsonToFilter, PAGINATION_META, resultOf, type ResultOptions } from '#libs/openapi';

const answer = (body: string | Uint8Array, rest: Partial<HttpAnswer> = {}): HttpAnswer => ({
  status: 200,
  statusText: 'OK',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? Buffer.from(body) : body,
  ...rest,
});
const of = (given: HttpAnswer, options: Partial<ResultOptions> = {}) => {
  const result = resultOf(given, { bodyBytesMax: 100, ...options });
  return { ...result, parsed: JSON.parse(result.text) as { content: { text: string }[]; structuredContent?: unknown } };
};

describe('resultOf', () => {
  it('resultOf passes JSON on as it was written, digits and all', () => {
    const json = '{"id": 12345678901234567890, "b":1.0}';
    expect(of(answer(json)).text).toContain(`"structuredContent":${json}`);
    expect(of(answer(json)).parsed.content[0]?.text).toBe(json);
  });

  it.each([
    ['null', '{"result":null}'],
    ['"text"', '{"result":"text"}'],
    ['[1]', '{"result":[1]}'],
  ])('resultOf wraps %s, which is no object', (json, structured) => {
    expect(of(answer(json)).text).toContain(`"structuredContent":${structured}`);
  });

  it('resultOf tells an empty answer by its status', () => {
    expect(of(answer('', { status: 204, statusText: 'No Content' })).parsed).toEqual({
      content: [{ type: 'text', text: '204 No Content' }],
      isError: false,
    });
  });

  it('resultOf puts what was filtered in the place of a success, and of no error', () => {
    const filtered = '[1,2]';
    expect(of(answer('{"a":[1,2]}'), { filtered }).parsed.structuredContent).toEqual({ result: [1, 2] });
    expect(of(answer('{"a":1}', { status: 404 }), { filtered }).parsed.content[0]?.text).toContain('{"a":1}');
  });

  it.each([
    ['JSON', answer('{"a":1}'), '{"a":1}'],
    ['JSON of no media type', answer('[1]', { headers: {} }), '[1]'],
    ['what only claims to be JSON', answer('<p>'), null],
    ['a page', answer('<p>', { headers: { 'content-type': 'text/html' } }), null],
    ['bytes that are no text', answer(Buffer.from([255]), { headers: {} }), null],
    ['an empty success', answer('', { status: 204 }), undefined],
    ['an error', answer('{"a":1}', { status: 404 }), undefined],
    ['an answer that is too large', { ...answer(''), body: null }, undefined],
  ])('jsonToFilter knows %s', (_, given, json) => {
    expect(jsonToFilter(given)).toBe(json);
  });

  it('resultOf makes bytes an embedded resource with no address of the upstream', () => {
    const given = answer(Buffer.from([0, 1]), { headers: { 'content-type': 'application/pdf' } });
    expect(of(given).parsed.content).toEqual([
      { type: 'resource', resource: { uri: 'urn:switchyard:response', mimeType: 'application/pdf', blob: 'AAE=' } },
    ]);
  });

  it('resultOf takes what has no media type for JSON, text or bytes, as it is', () => {
    expect(of(answer('{"a":1}', { headers: {} })).parsed.structuredContent).toEqual({ a: 1 });
    expect(of(answer('plain', { headers: {} })).parsed.content[0]?.text).toBe('plain');
    expect(of(answer(Buffer.from([255, 0]), { headers: {} })).parsed.content).toMatchObject([{ type: 'resource' }]);
  });

  it('resultOf names the credential that was refused, never its value', () => {
    const refused = answer('no', {
      status: 401,
      statusText: 'Unauthorized',
      headers: { 'content-type': 'text/plain' },
    });
    expect(of(refused, { credentials: ['apiKey'] }).parsed.content[0]?.text).toBe(
      '401 Unauthorized\nThe credential that was sent: apiKey.\nno',
    );
    expect(of(refused).parsed.content[0]?.text).toContain('No credential was sent.');
  });

  it('resultOf cuts a long error and does not print bytes', () => {
    expect(of(answer('x'.repeat(20_000), { status: 500 })).parsed.content[0]?.text.length).toBeLessThan(8_100);
    const bytes = answer(Buffer.from([1, 2]), { status: 500, headers: { 'content-type': 'image/png' } });
    expect(of(bytes).parsed.content[0]?.text).toContain('(2 bytes of image/png)');
  });

  it('resultOf tells when to come again, and what is left of a limit, and no other header', () => {
    const headers = { 'retry-after': '7', 'x-ratelimit-remaining': '0', ratelimit: '"a";r=0;t=7', 'x-trace': 'abc' };
    expect(of(answer('', { status: 429, statusText: 'Too Many Requests', headers })).parsed.content[0]?.text).toBe(
      '429 Too Many Requests\nretry-after: 7\nratelimit: "a";r=0;t=7\nx-ratelimit-remaining: 0',
    );
  });

  it('resultOf tells of a redirect that is not followed', () => {
    expect(of(answer('', { status: 302, statusText: 'Found' })).parsed.content[0]?.text).toContain('not followed');
  });

  it('resultOf puts where a list goes on into _meta and fetches nothing', () => {
    const given = answer('{"data":[],"has_more":true,"next_cursor":"c"}', {
      headers: { 'content-type': 'application/json', link: '<https://a.test/?page=2>; rel="next"' },
    });
    expect(of(given).meta).toEqual({
      [PAGINATION_META]: { link: '<https://a.test/?page=2>; rel="next"', next_cursor: 'c', has_more: true },
    });
    expect(of(answer('[]')).meta).toBeUndefined();
  });

  it('resultOf takes a charset nobody knows for UTF-8', () => {
    const given = answer('ü', { headers: { 'content-type': 'text/plain; charset="x-unknown"' } });
    expect(of(given).parsed.content[0]?.text).toBe('ü');
  });
});
