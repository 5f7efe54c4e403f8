import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan, Not } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import type { Sealed } from '../encryption/key-ring.js';
import { UpstreamCredentialRow } from './upstream-credential.entity.js';

/** The rows of `auth.upstream_credentials`. Never sees a credential in the clear. */
@Injectable()
export class UpstreamCredentialRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find(upstreamId: string): Promise<UpstreamCredentialRow | null> {
    return this.database.getRepository(UpstreamCredentialRow).findOneBy({ upstreamId });
  }

  async keep(upstreamId: string, { keyId, bytes }: Sealed, version: string): Promise<void> {
    const row = { upstreamId, keyId, sealed: bytes, version, updatedAt: () => 'now()' };
    await this.database
      .createQueryBuilder()
      .insert()
      .into(UpstreamCredentialRow)
      .values(row)
      .orUpdate(['key_id', 'sealed', 'version', 'updated_at'], ['upstream_id'])
      .execute();
  }

  /** With what was begun and registered for it. */
  async forget(upstreamId: string): Promise<void> {
    await this.database.getRepository(UpstreamCredentialRow).delete({ upstreamId });
    for (const table of ['consent_flows', 'upstream_clients'])
      await this.database.query(`DELETE FROM auth.${table} WHERE upstream_id = $1`, [upstreamId]);
  }

  /** The next rows, by id, that are sealed with another key than this. */
  async notSealedWith(keyId: string, afterUpstreamId: string, limit: number): Promise<UpstreamCredentialRow[]> {
    return this.database.getRepository(UpstreamCredentialRow).find({
      where: { keyId: Not(keyId), upstreamId: MoreThan(afterUpstreamId) },
      order: { upstreamId: 'ASC' },
      take: limit,
    });
  }

  /** Replaces the seal of a row that has not changed since it was read. */
  async reseal(row: UpstreamCredentialRow, { keyId, bytes }: Sealed): Promise<void> {
    const { upstreamId, version } = row;
    await this.database
      .getRepository(UpstreamCredentialRow)
      .update({ upstreamId, version, keyId: row.keyId }, { keyId, sealed: bytes });
  }

  /** How many rows no key of these opens. */
  async countNotSealedWithAny(keyIds: readonly string[]): Promise<number> {
    const [{ count }] = (await this.database.query(
      'SELECT count(*)::int AS count FROM auth.upstream_credentials WHERE NOT key_id = ANY($1)',
      [keyIds],
    )) as [{ count: number }];
    return count;
  }
}
