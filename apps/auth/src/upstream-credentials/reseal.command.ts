import { fail } from '#libs/errors';
import type { EncryptionSettings } from '../auth.settings.js';
import { keyRingOf } from './key-ring.js';
import { resealAll } from './rotation.js';
import type { UpstreamCredentialRepository } from './upstream-credential.repository.js';

/** What the command needs of the database, until it closes it. */
interface CredentialStore {
  readonly upstreamCredentials: UpstreamCredentialRepository;
  readonly settings: { readonly encryption: EncryptionSettings };
  close(): Promise<void>;
}

/** Answers the line to print. */
export const resealSecrets = async (open: () => Promise<CredentialStore>): Promise<string> => {
  const store = await open();
  try {
    const { resealed, unreadable } = await resealAll(store.upstreamCredentials, keyRingOf(store.settings.encryption));
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
