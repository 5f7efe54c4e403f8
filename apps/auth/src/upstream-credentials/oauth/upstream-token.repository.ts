import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import type { Sealed } from '../key-ring.js';
import { type TokenFailure, UpstreamTokenRow } from './upstream-token.entity.js';

/** A row with its times by the clock of the database, which all replicas share. Milliseconds. */
export interface KnownToken
  extends Pick<UpstreamTokenRow, 'credentialVersion' | 'tokenId' | 'keyId' | 'sealed' | 'failure' | 'attempts'> {
  readonly ageMs: number | null;
  /** Null: its end is not known. */
  readonly endsInMs: number | null;
  readonly failedAgoMs: number | null;
}

/** An attempt to get a token, which nobody else makes meanwhile. */
export interface Lease {
  readonly upstreamId: string;
  readonly credentialVersion: string;
  readonly leaseId: string;
}

interface NewToken {
  readonly tokenId: string;
  readonly lifeMs: number | null;
  /** Null: it lies in a vault. */
  readonly sealed: Sealed | null;
}

const MS_FROM_NOW = (column: string) => `(extract(epoch FROM ${column} - now()) * 1000)::float8`;

/** The rows of `auth.upstream_tokens`. Never sees a token in the clear. */
@Injectable()
export class UpstreamTokenRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find(upstreamId: string): Promise<KnownToken | null> {
    const rows = (await this.database.query(
      `SELECT credential_version AS "credentialVersion", token_id AS "tokenId", key_id AS "keyId", sealed, failure, attempts,
         -${MS_FROM_NOW('obtained_at')} AS "ageMs", ${MS_FROM_NOW('expires_at')} AS "endsInMs",
         -${MS_FROM_NOW('failed_at')} AS "failedAgoMs"
       FROM auth.upstream_tokens WHERE upstream_id = $1`,
      [upstreamId],
    )) as KnownToken[];
    return rows[0] ?? null;
  }

  states(upstreamIds: readonly string[]): Promise<UpstreamTokenRow[]> {
    return this.database.getRepository(UpstreamTokenRow).findBy({ upstreamId: In([...upstreamIds]) });
  }

  /**
   * Whether the attempt is this one's to make: the credential is still the one that is kept, nobody makes one, and none has
   * ended since `attempts` were seen.
   */
  async lease({ upstreamId, credentialVersion, leaseId }: Lease, attempts: number, forMs: number): Promise<boolean> {
    const leased = (await this.database.query(
      `INSERT INTO auth.upstream_tokens AS known (upstream_id, credential_version, lease_id, leased_until)
       SELECT upstream_id, version, $3, now() + $5 * interval '1 millisecond'
       FROM auth.upstream_credentials WHERE upstream_id = $1 AND version = $2
       ON CONFLICT (upstream_id) DO UPDATE SET lease_id = excluded.lease_id, leased_until = excluded.leased_until
       WHERE known.attempts = $4 AND (known.leased_until IS NULL OR known.leased_until < now())
       RETURNING 1`,
      [upstreamId, credentialVersion, leaseId, attempts, forMs],
    )) as unknown[];
    return leased.length > 0;
  }

  /** Whether it was kept: not where the lease is over, or the upstream forgotten meanwhile. */
  async succeed({ upstreamId, credentialVersion, leaseId }: Lease, token: NewToken): Promise<boolean> {
    return this.settle(
      `credential_version = $3, token_id = $4, key_id = $5, sealed = $6, obtained_at = now(),
       expires_at = now() + $7::float8 * interval '1 millisecond', failure = NULL, failed_at = NULL`,
      [
        upstreamId,
        leaseId,
        credentialVersion,
        token.tokenId,
        token.sealed?.keyId ?? null,
        token.sealed?.bytes ?? null,
        token.lifeMs,
      ],
    );
  }

  /** A token that was got with the same credential stays. */
  async fail({ upstreamId, credentialVersion, leaseId }: Lease, failure: TokenFailure): Promise<void> {
    await this.settle(
      `token_id = CASE WHEN credential_version = $3 THEN token_id END, credential_version = $3,
       failure = $4, failed_at = now()`,
      [upstreamId, leaseId, credentialVersion, JSON.stringify(failure)],
    );
  }

  async forget(upstreamId: string): Promise<void> {
    await this.database.getRepository(UpstreamTokenRow).delete({ upstreamId });
  }

  private async settle(changes: string, values: readonly unknown[]): Promise<boolean> {
    const [, changed] = (await this.database.query(
      `UPDATE auth.upstream_tokens SET ${changes}, attempts = attempts + 1, lease_id = NULL, leased_until = NULL
       WHERE upstream_id = $1 AND lease_id = $2`,
      [...values],
    )) as [unknown, number];
    return changed > 0;
  }
}
