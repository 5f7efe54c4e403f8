import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { weaknessOf } from './secret-strength.js';

const WEAK = [
  'changeme',
  'secret',
  'my-test-key',
  'my-test-key-but-longer-than-32-characters',
  'changemechangemechangemechangeme1',
  'please-change-me-before-production-2026',
  'JWT_SECRET_KEY_FOR_SWITCHYARD_2026_X1',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'abababababababababababababababababab',
  'Ab3$Ab3$Ab3$Ab3$Ab3$Ab3$Ab3$Ab3$Ab3$',
  '0123456789abcdef0123456789abcdef',
  '0123456789abcdef0123456789abcdef0123',
  '12345678901234567890123456789012',
  'abcdefghijklmnopqrstuvwxyzABCDEFGH12',
  'correct-horse-battery-staple-and-more',
  'thisisaverylongsentencewithoutentropy',
  'qwertyuiopasdfghjklzxcvbnm1234567890',
  'Password1234Password5678Password90ab',
  '00000000000000000000000000000000000001',
  'a1a1a1a1b2b2b2b2c3c3c3c3d4d4d4d4a1a1b2',
  'your-256-bit-signing-key-goes-here-42',
  'Zq8vN2',
];

describe('a secret from the environment', () => {
  it.each(WEAK)('a secret from the environment is refused when it could be guessed: %s', (secret) => {
    expect(weaknessOf(secret)).not.toBeNull();
  });

  it('a secret from the environment is accepted when it is random, in any usual alphabet', () => {
    for (let round = 0; round < 5_000; round++) {
      const bytes = createHash('sha256').update(`round ${round}`).digest();
      for (const encoding of ['hex', 'base64', 'base64url'] as const)
        expect(weaknessOf(bytes.toString(encoding))).toBeNull();
      expect(weaknessOf(bytes.toString('hex', 0, 16))).toBeNull();
    }
  });

  it('a secret from the environment is never repeated in the reason', () => {
    for (const secret of WEAK) expect(weaknessOf(secret)).not.toContain(secret);
  });
});
