import { createCipheriv, createDecipheriv, hkdfSync, randomFillSync } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const TEXT = /^[A-Za-z0-9_-]+$/;

/**
 * Text that goes out to a client and comes back: neither to be read nor changed there. Keys are derived once; all replicas
 * must have the same secret, or each the other's among its former ones, which open and do not close. `purpose` keeps one
 * kind of text from being used as another.
 */
export class Seal {
  private readonly key: Buffer;
  private readonly formerKeys: readonly Buffer[];

  constructor(secret: string, ...formerSecrets: readonly string[]) {
    this.key = deriveKey(secret);
    this.formerKeys = formerSecrets.map(deriveKey);
  }

  close(purpose: string, value: unknown): string {
    const iv = randomFillSync(Buffer.allocUnsafe(IV_BYTES));
    const cipher = createCipheriv(ALGORITHM, this.key, iv).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([
      iv,
      cipher.update(JSON.stringify(value), 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return sealed.toString('base64url');
  }

  /** `undefined` for anything that `close` did not make for this purpose. */
  open(purpose: string, text: string): unknown {
    if (!TEXT.test(text)) return undefined;
    const sealed = Buffer.from(text, 'base64url');
    if (sealed.length <= IV_BYTES + TAG_BYTES || sealed.toString('base64url') !== text) return undefined;
    const opened = openWith(this.key, purpose, sealed);
    if (opened !== undefined) return opened;
    for (const key of this.formerKeys) {
      const former = openWith(key, purpose, sealed);
      if (former !== undefined) return former;
    }
    return undefined;
  }
}

const deriveKey = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'switchyard/ingress/seal/v1', KEY_BYTES));

const openWith = (key: Buffer, purpose: string, sealed: Buffer): unknown => {
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return JSON.parse(
      decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8'),
    );
  } catch {
    return undefined;
  }
};
