import { createDecipheriv, createHash } from 'node:crypto';
import { fail } from '#libs/errors';

const CHARS_MAX = 65_536;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BASE64URL = /^[A-Za-z0-9_-]+={0,2}$/;

/**
 * The object of texts that ContextForge sealed: AES-256-GCM under the SHA-256 of its AUTH_ENCRYPTION_SECRET, as base64url
 * of nonce, ciphertext and tag. Throws `http.invalid` with a sentence
 * that quotes nothing.
 */
export const openSealed = (sealed: unknown, secret: string | undefined): Readonly<Record<string, string>> => {
  if (secret === undefined) throw unopened('its credential is sealed, and no secret was given to open it with');
  if (typeof sealed !== 'string' || sealed.length > CHARS_MAX || !BASE64URL.test(sealed)) throw UNREADABLE();
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length <= NONCE_BYTES + TAG_BYTES) throw UNREADABLE();
  return textsOf(decrypted(bytes, createHash('sha256').update(secret).digest()));
};

export const UNREADABLE = () => unopened('its credential is not one that ContextForge sealed');

export const unopened = (message: string) => fail('http.invalid', { message });

const decrypted = (bytes: Buffer, key: Buffer): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw unopened('its credential was sealed with another secret');
  }
};

const textsOf = (plain: Buffer): Readonly<Record<string, string>> => {
  let value: unknown;
  try {
    value = JSON.parse(plain.toString('utf8'));
  } catch {
    throw UNREADABLE();
  }
  const isTexts =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((member) => typeof member === 'string');
  if (!isTexts) throw UNREADABLE();
  return value as Record<string, string>;
};
