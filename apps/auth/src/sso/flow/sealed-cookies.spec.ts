import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../encryption/key-ring.js';
import { SealedCookies } from './sealed-cookies.js';

const ring = new KeyRing(randomUUID(), []);
const MINUTE_MS = 60_000;

/** What a browser sends back of a `Set-Cookie`. */
const sent = (line: string): string => line.split(';')[0] ?? '';

describe('SealedCookies', () => {
  it('SealedCookies keeps what no other host can plant when people come over https', () => {
    const cookies = new SealedCookies(ring, 'a test', true);
    const line = cookies.keep('one', { who: 'ann' }, MINUTE_MS);
    expect(line).toMatch(/^__Host-one=/);
    expect(line.split('; ').slice(1)).toEqual(['Path=/', 'Max-Age=60', 'HttpOnly', 'SameSite=Lax', 'Secure']);
    expect(cookies.read('one', sent(line))).toEqual({ who: 'ann' });
    for (const prefix of ['__Secure-', ''])
      expect(cookies.read('one', sent(line).replace('__Host-', prefix))).toBeNull();
    expect(cookies.names('o', `a=b; ${sent(line)}`)).toEqual(['one']);
    expect(cookies.drop('one')).toMatch(/^__Host-one=; Path=\/; Max-Age=0;.*Secure$/);
  });

  it('SealedCookies keeps a plain name when people come over http', () => {
    const cookies = new SealedCookies(ring, 'a test', false);
    const line = cookies.keep('one', {}, MINUTE_MS);
    expect([line.startsWith('one='), line.includes('Secure')]).toEqual([true, false]);
    expect(cookies.read('one', sent(line))).toEqual({});
  });

  it('SealedCookies reads nothing when it was kept by another name, for something else, or is over', () => {
    const cookies = new SealedCookies(ring, 'a test', true);
    const line = sent(cookies.keep('one', {}, MINUTE_MS));
    expect(cookies.read('two', line.replace('one', 'two'))).toBeNull();
    expect(new SealedCookies(ring, 'another', true).read('one', line)).toBeNull();
    expect(cookies.read('one', sent(cookies.keep('one', {}, -1)))).toBeNull();
  });
});
