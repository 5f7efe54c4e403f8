import { describe, expect, it } from 'vitest';
import { MASK } from '#contracts/auth/upstream-secrets.rules';
import type { CredentialShape } from '../gateway.entity.js';
import { credentialFrom, withUrlUser } from './credential-form.js';
import { changedCredential, sealArguments, sealUrl } from './sealed-address.js';

const REFUSED = expect.objectContaining({ code: 'http.invalid' });
const NONE: CredentialShape = { authType: 'none', username: null, headerNames: [], envNames: [] };
const BEARER: CredentialShape = { ...NONE, authType: 'bearer', headerNames: ['Authorization'] };
const SEALED = { ...NONE, sealsAddress: true };
const token = credentialFrom({ authToken: 't' }, 'AUTO', null);
const key = credentialFrom({ authQueryParamKey: 'api key', authQueryParamValue: 'a+b' }, 'AUTO', null);

describe('the address of an upstream', () => {
  it('sealUrl keeps what was shown as it is, and takes the query of a new one', () => {
    const before = `https://a.example/?key=${MASK}`;
    expect(sealUrl(before, before)).toEqual({ shown: before, secrets: null });
    expect(sealUrl(before, 'https://a.example/?key=kept-in-clear')).toMatchObject({ secrets: null });
    expect(sealUrl('https://a.example/?key=s', null)).toEqual({ shown: before, secrets: { query: 'key=s' } });
    expect(sealUrl('https://a.example/', before)).toEqual({ shown: 'https://a.example/', secrets: {} });
    expect(() => sealUrl(`https://a.example/?key=${MASK}`, null)).toThrow(REFUSED);
    expect(() => sealUrl(`https://a.example/?key=${MASK}&more=1`, before)).toThrow(REFUSED);
  });

  it('sealArguments keeps all arguments where one is a secret, and none where none is', () => {
    expect(sealArguments(['--token', 's', 'x'], [])).toEqual({
      shown: ['--token', MASK, 'x'],
      secrets: { args: ['--token', 's', 'x'] },
    });
    expect(sealArguments(['-y', 'server'], [])).toEqual({ shown: ['-y', 'server'], secrets: {} });
    expect(sealArguments(['--token', MASK], ['--token', MASK]).secrets).toBeNull();
    expect(() => sealArguments(['--token', MASK, 'y'], ['--token', MASK, 'x'])).toThrow(REFUSED);
  });

  it.each<[string, CredentialShape, ReturnType<typeof credentialFrom>, object | null, object | null]>([
    ['nothing', SEALED, null, null, null],
    ['the credential alone', NONE, token, null, { headers: { Authorization: 'Bearer t' } }],
    ['an address without secrets', BEARER, null, {}, null],
    ['an address with a secret', NONE, null, { query: 'k=s' }, { query: 'k=s' }],
    ['a key behind the query of the address', NONE, key, { query: 'k=s' }, { query: 'k=s&api%20key=a%2Bb' }],
    ['both', BEARER, token, { query: 'k=s' }, { headers: { Authorization: 'Bearer t' }, query: 'k=s' }],
  ])(
    'changedCredential keeps what is to be kept when an update gives %s',
    (_what, shape, form, secrets, credential) => {
      expect(changedCredential({ credentialShape: shape }, form, secrets)?.credential ?? null).toEqual(credential);
    },
  );

  it('changedCredential forgets the address when the new one holds no secret', () => {
    expect(changedCredential({ credentialShape: SEALED }, null, {})).toEqual({ shape: NONE, credential: null });
  });

  it('changedCredential asks for the whole when a part of it would be lost', () => {
    const both = { ...BEARER, sealsAddress: true };
    expect(() => changedCredential({ credentialShape: both }, token, null)).toThrow(REFUSED);
    expect(() => changedCredential({ credentialShape: both }, null, {})).toThrow(REFUSED);
    expect(() => changedCredential({ credentialShape: BEARER }, null, { query: 'k=s' })).toThrow(REFUSED);
  });

  it('withUrlUser makes a credential of the user and the password of a URL', () => {
    expect(withUrlUser({ url: 'https://me:p%40w@a.example/mcp?x=1' })).toEqual({
      url: 'https://a.example/mcp?x=1',
      authType: 'basic',
      authUsername: 'me',
      authPassword: 'p@w',
    });
    const body = { url: 'https://a.example/' };
    expect(withUrlUser(body)).toBe(body);
    expect(() => withUrlUser({ url: 'https://me:pw@a.example/', authToken: 't' })).toThrow(REFUSED);
    expect(() => withUrlUser({ url: 'https://me:%ff@a.example/' })).toThrow(REFUSED);
  });
});
