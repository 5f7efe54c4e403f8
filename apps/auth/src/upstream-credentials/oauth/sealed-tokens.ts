import type { DataSource } from 'typeorm';
import type { Sealed } from '../../encryption/key-ring.js';
import type { SealedRow, SealedTable } from '../sealed-table.js';
import { tokenPurpose } from './token-store.js';
import type { TokenKey } from './upstream-token.repository.js';

/** Of an upstream, a user and a subject, none of which has a tab in it. */
const idOf = ({ upstreamId, userEmail, subject }: TokenKey): string => `${upstreamId}\t${userEmail}\t${subject}`;

/** The tokens of `auth.upstream_tokens` that lie there and not in a vault: people's own, and those that all callers are shown. */
export const sealedTokenTable = (database: DataSource): SealedTable => ({
  notSealedWith: async (keyId, afterId, limit) => {
    const rows = (await database.query(
      `SELECT upstream_id AS "upstreamId", user_email AS "userEmail", subject, key_id AS "keyId", sealed
       FROM auth.upstream_tokens
       WHERE key_id <> $1 AND sealed IS NOT NULL AND (upstream_id, user_email, subject) > ($2, $3, $4)
       ORDER BY upstream_id, user_email, subject LIMIT $5`,
      [keyId, ...partsOf(afterId), limit],
    )) as (Omit<SealedRow, 'purpose' | 'id'> & TokenKey)[];
    return rows.map((row) => ({ ...row, id: idOf(row), purpose: tokenPurpose(row) }));
  },
  reseal: async ({ id, sealed: before }, { keyId, bytes }: Sealed) => {
    await database.query(
      `UPDATE auth.upstream_tokens SET key_id = $4, sealed = $5
       WHERE upstream_id = $1 AND user_email = $2 AND subject = $3 AND sealed = $6`,
      [...partsOf(id), keyId, bytes, before],
    );
  },
});

const partsOf = (id: string): readonly [string, string, string] => {
  const [upstreamId = '', userEmail = '', subject = ''] = id.split('\t');
  return [upstreamId, userEmail, subject];
};
