import { fail } from '#libs/errors';
import type { EncryptionSettings } from '../auth.settings.js';
import { keyRingOf } from '../encryption/key-ring.js';
import { resealAll } from './rotation.js';
import { type SealedTable, resealTable } from './sealed-table.js';
import type { UpstreamCredentialRepository } from './upstream-credential.repository.js';

/** What the command needs of the database, until it closes it. */
interface CredentialStore {
  readonly upstreamCredentials: UpstreamCredentialRepository;
  /** What else is sealed. */
  readonly sealedTables: readonly SealedTable[];
  readonly settings: { readonly encryption: EncryptionSettings };
  close(): Promise<void>;
}

/** Answers the line to print. */
export const resealSecrets = async (open: () => Promise<CredentialStore>): Promise<string> => {
  const store = await open();
  try {
    const keyRing = keyRingOf(store.settings.encryption);
    const rotations = [await resealAll(store.upstreamCredentials, keyRing)];
    for (const table of store.sealedTables) rotations.push(await resealTable(table, keyRing));
    const resealed = rotations.reduce((sum, rotation) => sum + rotation.resealed, 0);
    const unreadable = rotations.flatMap((rotation) => rotation.unreadable);
    if (unreadable.length > 0) {
      throw fail('config.invalid', {
        message: `resealed ${resealed}; no given secret opens the credentials of: ${unreadable.join(', ')}`,
      });
    }
    return `resealed ${resealed}`;
  } finally {
    await store.close();
  }
};
