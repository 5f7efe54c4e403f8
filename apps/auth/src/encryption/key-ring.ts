import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type EncryptionSettings, requiredSecret } from '../auth.settings.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const CIPHER = 'aes-256-gcm';

export interface Sealed {
  readonly keyId: string;
  /** Nonce, ciphertext, tag. */
  readonly bytes: Buffer;
}

/**
 * Encrypts with the current key and decrypts with that or a former one. Keys are derived when the ring is made, never
 * for a request. What is sealed for one purpose (an upstream's id) does not open for another.
 */
export class KeyRing {
  private readonly keys: ReadonlyMap<string, Buffer>;
  readonly currentKeyId: string;

  constructor(current: string, previous: readonly string[]) {
    const first = deriveKey(current);
    this.keys = new Map([first, ...previous.map(deriveKey)]);
    this.currentKeyId = first[0];
  }

  get keyIds(): readonly string[] {
    return [...this.keys.keys()];
  }

  /** Encrypts with the current key. */
  seal(plaintext: string, purpose: string): Sealed {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key(this.currentKeyId), nonce);
    cipher.setAAD(associated(this.currentKeyId, purpose));
    const bytes = Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { keyId: this.currentKeyId, bytes };
  }

  /** Throws when the key is unknown, or the bytes were not sealed for this purpose. */
  open({ keyId, bytes }: Sealed, purpose: string): string {
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('sealed bytes are too short');
    const decipher = createDecipheriv(CIPHER, this.key(keyId), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associated(keyId, purpose));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }

  /** Keys for others to sign with, one for each of the ring, the current first. They tell nothing of those of the ring. */
  signingKeys(purpose: string): string[] {
    return [...this.keys.values()].map((key) =>
      createHmac('sha256', key).update(`switchyard.v1\nsigning\n${purpose}`).digest('base64url'),
    );
  }

  private key(keyId: string): Buffer {
    const key = this.keys.get(keyId);
    if (key === undefined) throw new Error(`encryption key ${keyId} is not configured`);
    return key;
  }
}

const associated = (keyId: string, purpose: string): Buffer =>
  Buffer.from(`switchyard.v1\n${keyId}\n${purpose}`, 'utf8');

const deriveKey = (secret: string): [string, Buffer] => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'switchyard upstream credential key', KEY_BYTES));
  const keyId = createHash('sha256').update('key id').update(key).digest('hex').slice(0, 16);
  return [keyId, key];
};

/** Throws `config.invalid` where there is no current secret. */
export const keyRingOf = ({ secret, previousSecrets }: EncryptionSettings): KeyRing =>
  new KeyRing(requiredSecret('AUTH_ENCRYPTION_SECRET', secret), previousSecrets);
