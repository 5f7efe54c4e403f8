import type { KeyRing } from '../encryption/key-ring.js';
import type { UpstreamCredentialRepository } from './upstream-credential.repository.js';

const BATCH = 100;

export interface Rotation {
  readonly resealed: number;
  /** Sealed with a key that is not configured, or not for the upstream they lie under. */
  readonly unreadable: readonly string[];
}

/** Seals every row with the current key. May run beside the gateway, and again after it was interrupted. */
export const resealAll = async (rows: UpstreamCredentialRepository, keyRing: KeyRing): Promise<Rotation> => {
  const unreadable: string[] = [];
  let resealed = 0;
  let after = '';
  for (;;) {
    const batch = await rows.notSealedWith(keyRing.currentKeyId, after, BATCH);
    for (const row of batch) {
      after = row.upstreamId;
      try {
        const text = keyRing.open({ keyId: row.keyId, bytes: row.sealed }, row.upstreamId);
        await rows.reseal(row, keyRing.seal(text, row.upstreamId));
        resealed += 1;
      } catch {
        unreadable.push(row.upstreamId);
      }
    }
    if (batch.length < BATCH) return { resealed, unreadable };
  }
};
