import { describe, expect, it } from 'vitest';
import { readCredential } from './credential.js';

const read = (...rawHeaders: string[]) => readCredential({ rawHeaders, url: '/mcp' });
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'accepted';
};

describe('readCredential', () => {
  it('readCredential takes a bearer token, however scheme and header are spelled', () => {
    expect(read('Host', 'x', 'Authorization', 'Bearer a.b-c_d~e+f/g==')).toBe('a.b-c_d~e+f/g==');
    expect(read('AUTHORIZATION', 'bEARER   abc ')).toBe('abc');
  });

  it('readCredential answers null where none is brought', () => {
    expect(read('Host', 'x', 'X-Authorization', 'Bearer abc', 'Cookie', 'jwt_token=abc')).toBeNull();
  });

  it.each([
    ['Basic YWRtaW46YWRtaW4='],
    ['Bearer'],
    ['Bearer '],
    ['abc'],
    ['Bearer a b'],
    ['Bearer a, Bearer b'],
    ['Bearera.b.c'],
    ['Bearer\ta.b.c'],
    [`Bearer ${'a'.repeat(8192)}`],
    [''],
  ])('readCredential refuses %j', (value) => {
    expect(refusal(() => read('authorization', value))).toBe('auth.credential_invalid');
  });

  it('readCredential refuses two headers, of which Node would keep the first', () => {
    expect(refusal(() => read('Authorization', 'Bearer a', 'x', 'y', 'authorization', 'Bearer a'))).toBe(
      'auth.credential_ambiguous',
    );
  });

  it('readCredential refuses a token in the URL, also beside a good header, without repeating it', () => {
    const carrier = { rawHeaders: ['Authorization', 'Bearer abc'], url: '/mcp?x=1&Access_Token=planted' };

    expect(refusal(() => readCredential(carrier))).toBe('auth.credential_invalid');
    expect(() => readCredential(carrier)).not.toThrow(/planted/);
    expect(readCredential({ rawHeaders: [], url: '/access_token=1?token_access=2' })).toBeNull();
  });
});
