import { type JsonWebKey, createPublicKey } from 'node:crypto';
import { fail } from '#libs/errors';
import type { MachineAuthMethod, MachineClient } from './machine-client.entity.js';

const KEYS_MAX = 5;
const CHARS_MAX = 16_384;
/** Members that a public key does not have. https://www.rfc-editor.org/rfc/rfc7518#section-6 */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The public keys of a client that has them; `null` for one with a secret. Throws `http.invalid`. */
export const publicKeysOf = (
  method: MachineAuthMethod,
  jwks: Readonly<Record<string, unknown>> | null,
): MachineClient['jwks'] => {
  if (method !== 'private_key_jwt') {
    if (jwks !== null) throw invalid('keys are for private_key_jwt alone');
    return null;
  }
  const keys = jwks?.['keys'];
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > KEYS_MAX)
    throw invalid(`private_key_jwt needs a JWK Set of 1 to ${KEYS_MAX} public keys`);
  if (JSON.stringify(keys).length > CHARS_MAX) throw invalid('the keys are too long');
  return { keys: keys.map(publicKeyOf) };
};

const publicKeyOf = (key: unknown): JsonWebKey => {
  if (typeof key !== 'object' || key === null) throw invalid('a key is no JWK');
  if (PRIVATE.some((member) => member in key)) throw invalid('a key is private: keep it, and register its public half');
  try {
    createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
  } catch {
    throw invalid('a key cannot be read');
  }
  return key as JsonWebKey;
};

const invalid = (message: string) =>
  fail('http.invalid', { message: `jwks: ${message}`, data: { errors: [{ field: 'jwks', message }] } });
