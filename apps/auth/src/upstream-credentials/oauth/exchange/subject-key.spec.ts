import { UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { subjectKeyOf } from './subject-key.js';

const ANN = 'ann@example.org';
const CLAIMS = { iss: 'https://idp.example.org', sub: 'ann', scope: 'read write', groups: ['a', 'b'], jti: '1' };
const keyOf = (claims: object, principalId = ANN): string =>
  subjectKeyOf(new UnsecuredJWT({ ...CLAIMS, ...claims }).encode(), principalId);

describe('subjectKeyOf', () => {
  it.each([
    { jti: '2', exp: 2_000_000_000, iat: 1, nbf: 1 },
    { uti: 'x', aio: 'y', rh: 'z' },
    { scope: 'write read' },
    { groups: ['b', 'a'] },
  ])('subjectKeyOf is the same when a token of the same person differs in %o', (claims) => {
    expect(keyOf(claims)).toBe(keyOf({}));
  });

  it.each([
    { sub: 'bob' },
    { scope: 'read' },
    { groups: ['a'] },
    { groups: ['a,b'] },
    { acr: 'password' },
    { act: { sub: 'an agent' } },
    { realm_access: { roles: ['clerk'] } },
    { authorization_details: [{ type: 'orders', actions: ['read'] }] },
    { sub: undefined },
    { not_known_here: true },
  ])('subjectKeyOf is another when a token has %o', (claims) => {
    expect(keyOf(claims)).not.toBe(keyOf({}));
  });

  it('subjectKeyOf is another for another person when their tokens say the same', () => {
    expect(keyOf({ sub: undefined }, 'bob@example.org')).not.toBe(keyOf({ sub: undefined }));
  });

  it('subjectKeyOf has members in one order when they come in another', () => {
    expect(keyOf({ act: { sub: 'x', iss: 'y' } })).toBe(keyOf({ act: { iss: 'y', sub: 'x' } }));
  });
});
