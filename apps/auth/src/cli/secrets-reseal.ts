import { fail } from '#libs/errors';
import { keyRingOf } from '../upstream-credential/key-ring.js';
import { resealAll } from '../upstream-credential/rotation.js';
import type { AuthStore } from './auth-store.js';

export const secretsResealUsage =
  'secrets reseal   encrypts upstream credentials anew with AUTH_ENCRYPTION_SECRET; former ones in AUTH_ENCRYPTION_SECRETS_PREVIOUS';

/** Answers the line to print. */
export const resealSecrets = async (open: () => Promise<AuthStore>): Promise<string> => {
  const store = await open();
  try {
    const { resealed, unreadable } = await resealAll(store.upstreamCredentials, keyRingOf(store.config));
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
