import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { authOptions } from '../auth.config.js';
import { settingsOf } from '../auth.settings.js';
import { KeyRing, keyRingOf } from './key-ring.js';

const ringOf = (env: Record<string, string>) => keyRingOf(settingsOf(parseConfig(authOptions, env)).encryption);
const secret = () => randomBytes(48).toString('base64url');

const NOT_AUTHENTIC = /unable to authenticate|too short/;

describe('KeyRing', () => {
  it('KeyRing opens what it sealed, for what it was sealed for', () => {
    const ring = new KeyRing(secret(), []);
    const sealed = ring.seal('{"headers":{"X":"planted"}}', 'u1');

    expect(ring.open(sealed, 'u1')).toBe('{"headers":{"X":"planted"}}');
    expect(sealed.bytes.toString('latin1')).not.toContain('planted');
    expect(ring.seal('same', 'u1').bytes).not.toEqual(ring.seal('same', 'u1').bytes);
  });

  it('KeyRing does not open a row that was copied to another upstream', () => {
    const ring = new KeyRing(secret(), []);

    expect(() => ring.open(ring.seal('x', 'u1'), 'u2')).toThrow(NOT_AUTHENTIC);
  });

  it('KeyRing does not open what was changed, cut, or sealed with a foreign key', () => {
    const ring = new KeyRing(secret(), []);
    const { keyId, bytes } = ring.seal('some text', 'u1');

    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => ring.open({ keyId, bytes: changed }, 'u1')).toThrow(NOT_AUTHENTIC);
      expect(() => ring.open({ keyId, bytes: bytes.subarray(0, at) }, 'u1')).toThrow(NOT_AUTHENTIC);
    }
    expect(() => new KeyRing(secret(), []).open({ keyId, bytes }, 'u1')).toThrow(/not configured/);
  });

  it('KeyRing gives keys to sign with for each purpose, the current one first', () => {
    const [current, old] = [secret(), secret()];
    const [now, former] = new KeyRing(current, [old]).signingKeys('u1');
    expect([now]).toEqual(new KeyRing(current, []).signingKeys('u1'));
    expect([former]).toEqual(new KeyRing(old, []).signingKeys('u1'));
    expect(now).not.toBe(former);
    expect(new KeyRing(current, []).signingKeys('u2')).not.toEqual([now]);
  });

  it('KeyRing reads what former keys sealed and writes with the current one', () => {
    const [old, current] = [secret(), secret()];
    const sealed = new KeyRing(old, []).seal('x', 'u1');
    const rotated = ringOf({
      AUTH_ENCRYPTION_SECRET: current,
      AUTH_ENCRYPTION_SECRETS_PREVIOUS: ` ${secret()}, ${old},`,
    });

    expect(rotated.open(sealed, 'u1')).toBe('x');
    expect(rotated.seal('x', 'u1').keyId).not.toBe(sealed.keyId);
    expect(() => new KeyRing(current, []).open(sealed, 'u1')).toThrow(/not configured/);
  });

  it('KeyRing does not take one key for another that calls itself by its id', () => {
    const [one, two] = [new KeyRing(secret(), []), new KeyRing(secret(), [])];

    expect(() => two.open({ ...one.seal('x', 'u1'), keyId: two.currentKeyId }, 'u1')).toThrow(NOT_AUTHENTIC);
  });

  it('KeyRing does not start without a secret', () => {
    expect(() => ringOf({})).toThrow(/AUTH_ENCRYPTION_SECRET is required/);
  });
});
