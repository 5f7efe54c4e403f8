import type { DataSource } from 'typeorm';
import type { Sealed } from '../../encryption/key-ring.js';
import type { SealedRow, SealedTable } from '../../upstream-credentials/sealed-table.js';
import { clientPurpose } from './client-registration.service.js';

const NONE = '00000000-0000-0000-0000-000000000000';

/** The secrets of the clients that the gateway has registered, in `auth.upstream_clients`. */
export const sealedClientTable = (database: DataSource): SealedTable => ({
  notSealedWith: async (keyId, afterId, limit) => {
    const rows = (await database.query(
      `SELECT id, upstream_id AS "upstreamId", issuer, key_id AS "keyId", sealed FROM auth.upstream_clients
       WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT $3`,
      [keyId, afterId || NONE, limit],
    )) as (Omit<SealedRow, 'purpose'> & { readonly upstreamId: string; readonly issuer: string })[];
    return rows.map((row) => ({ ...row, purpose: clientPurpose(row.upstreamId, row.issuer) }));
  },
  reseal: async ({ id, sealed: before }, { keyId, bytes }: Sealed) => {
    await database.query('UPDATE auth.upstream_clients SET key_id = $2, sealed = $3 WHERE id = $1 AND sealed = $4', [
      id,
      keyId,
      bytes,
      before,
    ]);
  },
});
