import { describe, expect, it } from 'vitest';
import type { ScopedCall } from './calls.js';
import { passableHeadersOf, passedHeadersOf } from './passed-headers.js';

const OWN = 'eyJhbGciOiJIUzI1NiJ9.e30.sig';

const passed = (wanted: readonly string[] | undefined, ...headers: readonly (readonly [string, string])[]) =>
  passedHeadersOf(
    {
      catalog: { passedHeaders: () => wanted } as unknown as ScopedCall['catalog'],
      carrier: {
        socket: {},
        headers: {},
        rawHeaders: ['Authorization', `Bearer ${OWN}`, ...headers.flat()],
      } as unknown as ScopedCall['carrier'],
    },
    'u1',
  );
const WANTED = ['x-tenant', 'x-upstream-authorization'];

describe('passedHeadersOf', () => {
  it('passedHeadersOf takes what its gateway names and nothing else, in any spelling', () => {
    expect(passed(WANTED, ['X-Tenant', 'one'], ['X-Other', 'two'], ['Cookie', 'c=1'])).toEqual({ 'x-tenant': 'one' });
    expect(passed(WANTED, ['X-TENANT', 'one'], ['x-tenant', 'two'])).toEqual({ 'x-tenant': 'one, two' });
    expect(passed(undefined, ['X-Tenant', 'one'])).toBeUndefined();
    expect(passed(WANTED, ['X-Other', 'two'])).toBeUndefined();
  });

  it('passedHeadersOf leaves out what the client says is for its connection alone', () => {
    expect(passed(WANTED, ['X-Tenant', 'one'], ['Connection', 'keep-alive, X-Tenant'])).toBeUndefined();
  });

  it.each([
    ['it holds the credential for the gateway', ['X-Upstream-Authorization', `Bearer ${OWN}`]],
    ['it hides the credential for the gateway', ['X-Tenant', `a=${OWN};b`]],
    ['it is too long', ['X-Tenant', 'a'.repeat(4_097)]],
    ['it is not printable', ['X-Tenant', 'secret\u00e9']],
  ] as const)('passedHeadersOf refuses a header without repeating it when %s', (_, header) => {
    const refusing = () => passed(WANTED, header);
    expect(refusing).toThrow(expect.objectContaining({ code: 'http.malformed' }));
    expect(refusing).toThrow(new RegExp(header[0], 'i'));
    expect(refusing).not.toThrow(new RegExp(header[1].slice(0, 20)));
  });

  it('passedHeadersOf refuses headers that are too long together', () => {
    const names = ['x-a', 'x-b', 'x-c', 'x-d', 'x-e'];
    const headers = names.map((name) => [name, 'a'.repeat(4_000)] as const);
    expect(() => passed(names, ...headers)).toThrow(expect.objectContaining({ code: 'http.malformed' }));
    expect(passed(names, ...headers.slice(1))).toBeDefined();
  });
});

describe('passableHeadersOf', () => {
  it('passableHeadersOf takes what may go on to any upstream, without what is for the gateway or the connection', () => {
    const sent = [
      'Authorization',
      `Bearer ${OWN}`,
      'X-Tenant',
      'one',
      'Cookie',
      'c=1',
      'X-Hop',
      'hop',
      'X-Trace-Id',
      '1',
    ];
    expect(passableHeadersOf([...sent, 'Connection', 'X-Hop', 'x-tenant', 'two'])).toEqual([
      'x-tenant',
      'one',
      'x-tenant',
      'two',
    ]);
  });

  it('passableHeadersOf refuses more than may go with one call', () => {
    expect(() => passableHeadersOf(['X-A', 'a'.repeat(8_200), 'X-B', 'b'.repeat(8_200)])).toThrow(
      expect.objectContaining({ code: 'http.malformed' }),
    );
    expect(passableHeadersOf(['X-A', 'a'.repeat(8_000), 'X-B', 'b'.repeat(8_000)])).toHaveLength(4);
  });
});
