import { describe, expect, it } from 'vitest';
import { openSecret } from './sealed-secret.js';

const SECRET = 'the-secret-of-the-other';
/** Made by ContextForge 1.1.0 of "planted oauth secret: ü & +". */
const BUNDLE = {
  version: 'v2',
  kdf: 'argon2id',
  t: 3,
  m: 65536,
  p: 1,
  salt: 'bwr3+h3GXrFzNoUk6tO59Q==',
  token:
    'gAAAAABrDGBPl7qRHtKgvpYIrMtv-7Lwabe91sgA0s1obgjr7R_8rxnXtthSfuA5ZToaUZL1aPeuJ_vWOKbmgLFqPxIY-9Vzm203MleqNKTzWGQJst7SYIY=',
};
const sealed = (more: object = {}, mark = 'v2:') => `${mark}${JSON.stringify({ ...BUNDLE, ...more })}`;

describe('a client secret that ContextForge sealed', () => {
  it.each(['v2:', ''])(
    'a sealed secret is opened with the secret that it was sealed with, marked by "%s"',
    async (mark) => {
      expect(await openSecret(sealed({}, mark), SECRET)).toBe('planted oauth secret: ü & +');
    },
  );

  it('a secret is taken as it is when nothing of it says that it is sealed', async () => {
    expect(await openSecret('v2-of-my-secret', undefined)).toBe('v2-of-my-secret');
  });

  it.each([
    ['the secret is another', sealed(), 'wrong', 'sealed with another secret'],
    ['there is no secret', sealed(), undefined, 'no secret was given'],
    ['its token is cut', sealed({ token: BUNDLE.token.slice(0, 60) }), SECRET, 'not one that ContextForge sealed'],
    ['its token is none', sealed({ token: 'a b' }), SECRET, 'not one that ContextForge sealed'],
    ['it asks for a gigabyte', sealed({ m: 1_048_576 }), SECRET, 'not one that ContextForge sealed'],
    ['it asks for many passes', sealed({ t: 1_000 }), SECRET, 'not one that ContextForge sealed'],
    ['a cost is no number', sealed({ p: '1' }), SECRET, 'not one that ContextForge sealed'],
    ['a cost is no whole number', sealed({ t: 1.5 }), SECRET, 'not one that ContextForge sealed'],
    ['its salt is no base64', sealed({ salt: '§' }), SECRET, 'not one that ContextForge sealed'],
    ['its key is made otherwise', sealed({ kdf: 'pbkdf2' }), SECRET, 'not one that ContextForge sealed'],
    ['it is no JSON', 'v2:{', SECRET, 'not one that ContextForge sealed'],
    ['it is a bare token', BUNDLE.token, SECRET, 'not one that ContextForge sealed'],
    ['it is too long', `v2:${'x'.repeat(65_536)}`, SECRET, 'not one that ContextForge sealed'],
  ])('a sealed secret is refused when %s', async (_case, given, secret, message) => {
    await expect(openSecret(given, secret)).rejects.toMatchObject({
      code: 'http.invalid',
      message: expect.stringContaining(message),
    });
  });
});
