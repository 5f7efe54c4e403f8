import { createDecipheriv } from 'node:crypto';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { fail } from '#libs/errors';
import { isObject, type FileEntry } from '../file-entry.js';
import type { NamedEntry } from '../import/import-file.js';
import { headOf, keyFor } from './passphrase-key.js';
import { placeOf } from './place.js';

/** Where an entry has its sealed credential. */
export const SEALED = 'sealed_credential';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CHARS_MAX = 262_144;
/** Of one file: one that was put together of several has several. */
const KEYS_MAX = 8;

/** Opens the credentials of a file that were sealed with a passphrase. */
export class SealedCredentials {
  private constructor(private readonly keys: ReadonlyMap<string, Buffer>) {}

  /**
   * Before anything is made of the file. Throws `http.invalid` where the passphrase is not that of all of them, and where the file
   * asks for more than is taken.
   */
  static async of(entries: readonly NamedEntry[], passphrase: string | undefined): Promise<SealedCredentials> {
    const heads = new Set(
      entries.flatMap(({ entry }) => {
        const sealed = entry[SEALED];
        return typeof sealed === 'string' ? [headOf(sealed) ?? ''] : [];
      }),
    );
    heads.delete('');
    if (passphrase === undefined || heads.size === 0) return new SealedCredentials(new Map());
    if (heads.size > KEYS_MAX)
      throw fail('http.invalid', { message: `The file was sealed in more than ${KEYS_MAX} ways` });
    const keys = new Map<string, Buffer>();
    for (const head of heads) keys.set(head, (await keyFor(passphrase, head)).key);
    return new SealedCredentials(keys);
  }

  /** Null: none is sealed. Throws `http.invalid` with a sentence that quotes nothing. */
  open(entry: FileEntry): UpstreamCredential | null {
    const sealed = entry[SEALED];
    if (sealed === undefined || sealed === null) return null;
    const head = typeof sealed === 'string' && sealed.length <= CHARS_MAX ? headOf(sealed) : null;
    if (typeof sealed !== 'string' || head === null) throw unopened('its sealed_credential is none');
    const key = this.keys.get(head);
    if (key === undefined) throw unopened('its credential is sealed: give the passphrase of the export');
    const bytes = Buffer.from(sealed.slice(head.length), 'base64url');
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) throw unopened('its sealed_credential is cut short');
    const value: unknown = JSON.parse(decrypted(bytes, key, placeOf(entry)));
    if (!isObject(value)) throw unopened('its sealed_credential is none');
    return value as UpstreamCredential;
  }
}

const decrypted = (bytes: Buffer, key: Buffer, place: string): string => {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw unopened('its credential was sealed for another address, or somebody has changed it: give it anew');
  }
};

const unopened = (message: string) => fail('http.invalid', { message });
