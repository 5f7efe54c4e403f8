import { describe, expect, it } from 'vitest';
import { credentialMembers } from './credential.js';
import { openSealed } from './sealed-value.js';

/** Made with Python's `cryptography`: nonce 0 to 11, the key SHA-256 of "correct horse". */
const SEALED = 'AAECAwQFBgcICQoLdOW9FX8sDFOAjmLGFgl9k6sZ45sti1vyHHsxWNfD7Z9sOpwC4D1Ke5y2PHDclwKF8TGPbMrjwLLjGJAmqA';

describe('a value that ContextForge sealed', () => {
  it('a sealed value is opened with the secret that it was sealed with', () => {
    const headers = { Authorization: 'Bearer abc', 'X-Key': 'k' };
    expect(openSealed(SEALED, 'correct horse')).toEqual(headers);
    expect(openSealed(`${SEALED}==`, 'correct horse')).toEqual(headers);
  });

  it.each([
    ['the secret is another', SEALED, 'wrong', 'sealed with another secret'],
    ['there is no secret', SEALED, undefined, 'no secret was given'],
    ['a character is another', SEALED.replace('dOW9', 'dOW8'), 'correct horse', 'sealed with another secret'],
    ['it is too short', SEALED.slice(0, 36), 'correct horse', 'not one that ContextForge sealed'],
    ['it is no base64url', 'a b', 'correct horse', 'not one that ContextForge sealed'],
    ['it is no text', 3, 'correct horse', 'not one that ContextForge sealed'],
    ['it is too long', 'A'.repeat(65_537), 'correct horse', 'not one that ContextForge sealed'],
  ])('a sealed value is refused when %s', (_case, sealed, secret, message) => {
    expect(() => openSealed(sealed, secret)).toThrow(message);
  });

  it('headers of a credential are kept as headers when they are several', () => {
    expect(credentialMembers({ auth_type: 'authheaders', auth_value: SEALED }, 'correct horse')).toEqual({
      authType: 'authheaders',
      authHeaders: [
        { key: 'Authorization', value: 'Bearer abc' },
        { key: 'X-Key', value: 'k' },
      ],
    });
  });

  it.each([
    ['oauth', 'only gateways can be reached with OAuth'],
    ['kerberos', 'auth_type "kerberos" is not supported'],
  ])('an entry is left out when its credential is of the kind %s', (auth_type, message) => {
    expect(() => credentialMembers({ auth_type, auth_value: SEALED }, 'correct horse')).toThrow(message);
  });
});
