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

/** Whose token: a person's own, or what the gateway shows for all callers where the address is empty. */
export interface TokenKey {
  readonly upstreamId: string;
  readonly userEmail: string;
}

/** An attempt to get a token, which nobody else makes meanwhile. */
export interface Lease extends TokenKey {
  readonly credentialVersion: string;
  readonly leaseId: string;
}

interface NewToken {
  readonly tokenId: string;
  readonly lifeMs: number | null;
  /** Null: it lies in a vault. */
  readonly sealed: Sealed | null;
}

/** A person's consent, and the token that came of it. */
export interface NewConsent {
  readonly credentialVersion: string;
  readonly token: NewToken;
  readonly consentId: string;
  readonly issuer: string | null;
  readonly scopes: readonly string[];
}

/** What a person has consented to. */
export interface Consent {
  readonly upstreamId: string;
  readonly issuer: string | null;
  readonly scopes: readonly string[] | null;
  readonly consentedAt: Date;
}

const MS_FROM_NOW = (column: string) => `(extract(epoch FROM ${column} - now()) * 1000)::float8`;

/** The rows of `auth.upstream_tokens`. Never sees a token in the clear. */
@Injectable()
export class UpstreamTokenRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find({ upstreamId, userEmail }: TokenKey): Promise<KnownToken | null> {
    const rows = (await this.database.query(
      `SELECT credential_version AS "credentialVersion", token_id AS "tokenId", key_id AS "keyId", sealed, failure, attempts,
         -${MS_FROM_NOW('obtained_at')} AS "ageMs", ${MS_FROM_NOW('expires_at')} AS "endsInMs",
         -${MS_FROM_NOW('failed_at')} AS "failedAgoMs"
       FROM auth.upstream_tokens WHERE upstream_id = $1 AND user_email = $2`,
      [upstreamId, userEmail],
    )) as KnownToken[];
    return rows[0] ?? null;
  }

  states(upstreamIds: readonly string[], userEmail: string): Promise<UpstreamTokenRow[]> {
    return this.database.getRepository(UpstreamTokenRow).findBy({ upstreamId: In([...upstreamIds]), userEmail });
  }

  /** Everybody who has one at this upstream. */
  async owners(upstreamId: string): Promise<string[]> {
    const rows = await this.database
      .getRepository(UpstreamTokenRow)
      .find({ where: { upstreamId }, select: { upstreamId: true, userEmail: true } });
    return rows.map(({ userEmail }) => userEmail);
  }

  /**
   * Whether the attempt is this one's to make: the credential is still the one that is kept, nobody makes one, none has
   * ended since `attempts` were seen, and a person has not ended their consent.
   */
  async lease(
    { upstreamId, userEmail, credentialVersion, leaseId }: Lease,
    attempts: number,
    forMs: number,
  ): Promise<boolean> {
    const leased = (await this.database.query(
      `INSERT INTO auth.upstream_tokens AS known (upstream_id, user_email, credential_version, lease_id, leased_until)
       SELECT upstream_id, $6, version, $3, now() + $5 * interval '1 millisecond'
       FROM auth.upstream_credentials WHERE upstream_id = $1 AND version = $2
         AND ($6 = '' OR EXISTS (SELECT FROM auth.upstream_tokens WHERE upstream_id = $1 AND user_email = $6))
       ON CONFLICT (upstream_id, user_email) DO UPDATE SET lease_id = excluded.lease_id, leased_until = excluded.leased_until
       WHERE known.attempts = $4 AND (known.leased_until IS NULL OR known.leased_until < now())
       RETURNING 1`,
      [upstreamId, credentialVersion, leaseId, attempts, forMs, userEmail],
    )) as unknown[];
    return leased.length > 0;
  }

  /** Whether it was kept: not where the lease is over, or the upstream forgotten meanwhile. */
  async succeed(lease: Lease, token: NewToken): Promise<boolean> {
    return this.settle(
      lease,
      `credential_version = $4, token_id = $5, key_id = $6, sealed = $7, obtained_at = now(),
       expires_at = now() + $8::float8 * interval '1 millisecond', failure = NULL, failed_at = NULL`,
      [lease.credentialVersion, token.tokenId, token.sealed?.keyId ?? null, token.sealed?.bytes ?? null, token.lifeMs],
    );
  }

  /** A token that was got with the same credential stays, unless it is of no use any more (`isOver`). */
  async fail(lease: Lease, failure: TokenFailure, isOver = false): Promise<void> {
    const kept = (column: string) => `${column} = CASE WHEN credential_version = $4 AND NOT $6 THEN ${column} END`;
    await this.settle(
      lease,
      `${['token_id', 'key_id', 'sealed'].map(kept).join(', ')}, credential_version = $4, failure = $5, failed_at = now()`,
      [lease.credentialVersion, JSON.stringify(failure), isOver],
    );
  }

  /** Of a person: the upstream does not take it, and there is no sense in another. */
  async refuse({ upstreamId, userEmail }: TokenKey, tokenId: string, failure: TokenFailure): Promise<void> {
    await this.database.query(
      `UPDATE auth.upstream_tokens SET token_id = NULL, key_id = NULL, sealed = NULL, failure = $4, failed_at = now(),
         attempts = attempts + 1
       WHERE upstream_id = $1 AND user_email = $2 AND token_id = $3`,
      [upstreamId, userEmail, tokenId, JSON.stringify(failure)],
    );
  }

  /** With the consent of a person. False: the credential is not the one any more that it was asked for with. */
  begin({ upstreamId, userEmail }: TokenKey, { credentialVersion, token, ...consent }: NewConsent): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      const kept = (await manager.query(
        `INSERT INTO auth.upstream_tokens AS known
           (upstream_id, user_email, credential_version, token_id, key_id, sealed, obtained_at, expires_at, attempts)
         SELECT upstream_id, $2, version, $4, $5, $6, now(), now() + $7::float8 * interval '1 millisecond', 1
         FROM auth.upstream_credentials WHERE upstream_id = $1 AND version = $3
         ON CONFLICT (upstream_id, user_email) DO UPDATE SET credential_version = excluded.credential_version,
           token_id = excluded.token_id, key_id = excluded.key_id, sealed = excluded.sealed,
           obtained_at = excluded.obtained_at, expires_at = excluded.expires_at, attempts = known.attempts + 1,
           failure = NULL, failed_at = NULL, lease_id = NULL, leased_until = NULL
         RETURNING 1`,
        [
          upstreamId,
          userEmail,
          credentialVersion,
          token.tokenId,
          token.sealed?.keyId ?? null,
          token.sealed?.bytes ?? null,
          token.lifeMs,
        ],
      )) as unknown[];
      if (kept.length === 0) return false;
      await manager.query(
        `INSERT INTO auth.upstream_consents (upstream_id, user_email, id, issuer, scopes) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (upstream_id, user_email) DO UPDATE SET id = excluded.id, issuer = excluded.issuer,
           scopes = excluded.scopes, consented_at = now()`,
        [upstreamId, userEmail, consent.consentId, consent.issuer, consent.scopes.join(' ')],
      );
      return true;
    });
  }

  /** What a person has consented to, by when. */
  async consents(userEmail: string): Promise<Consent[]> {
    return (await this.database.query(
      `SELECT upstream_id AS "upstreamId", issuer, string_to_array(nullif(scopes, ''), ' ') AS scopes,
         consented_at AS "consentedAt"
       FROM auth.upstream_consents WHERE user_email = $1 ORDER BY consented_at`,
      [userEmail],
    )) as Consent[];
  }

  /** With the consent that it came of. */
  async forget({ upstreamId, userEmail }: TokenKey): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.delete(UpstreamTokenRow, { upstreamId, userEmail });
      if (userEmail === '') return;
      await manager.query('DELETE FROM auth.upstream_consents WHERE upstream_id = $1 AND user_email = $2', [
        upstreamId,
        userEmail,
      ]);
    });
  }

  private async settle(
    { upstreamId, userEmail, leaseId }: Lease,
    changes: string,
    values: readonly unknown[],
  ): Promise<boolean> {
    const [, changed] = (await this.database.query(
      `UPDATE auth.upstream_tokens SET ${changes}, attempts = attempts + 1, lease_id = NULL, leased_until = NULL
       WHERE upstream_id = $1 AND user_email = $2 AND lease_id = $3`,
      [upstreamId, userEmail, leaseId, ...values],
    )) as [unknown, number];
    return changed > 0;
  }
}
