import type { KeyRing, Sealed } from '../encryption/key-ring.js';
import type { Rotation } from './rotation.js';

/** A row that holds something sealed. */
export interface SealedRow {
  /** Rows are in the order of it. */
  readonly id: string;
  /** What it was sealed for. */
  readonly purpose: string;
  readonly keyId: string;
  readonly sealed: Buffer;
}

/** Rows beside the credentials that hold something sealed. */
export interface SealedTable {
  /** The next rows, by id, that are sealed with another key than this. */
  notSealedWith(keyId: string, afterId: string, limit: number): Promise<readonly SealedRow[]>;
  /** Replaces the seal of a row that has not changed since it was read. */
  reseal(row: SealedRow, sealed: Sealed): Promise<void>;
}

const BATCH = 100;

/**
 * Seals every row with the current key. What is sealed with a key that is not given is of no use, and stays; what a given key does
 * not open although it should stays too, and is named in `unreadable`.
 */
export const resealTable = async (table: SealedTable, keyRing: KeyRing): Promise<Rotation> => {
  const unreadable: string[] = [];
  let resealed = 0;
  let after = '';
  for (;;) {
    const batch = await table.notSealedWith(keyRing.currentKeyId, after, BATCH);
    for (const row of batch) {
      after = row.id;
      if (!keyRing.keyIds.includes(row.keyId)) continue;
      const text = opened(keyRing, row);
      if (text === null) {
        unreadable.push(row.purpose);
        continue;
      }
      await table.reseal(row, keyRing.seal(text, row.purpose));
      resealed += 1;
    }
    if (batch.length < BATCH) return { resealed, unreadable };
  }
};

/** `null`: it is damaged, or was sealed for something else. */
const opened = (keyRing: KeyRing, { keyId, sealed, purpose }: SealedRow): string | null => {
  try {
    return keyRing.open({ keyId, bytes: sealed }, purpose);
  } catch {
    return null;
  }
};
