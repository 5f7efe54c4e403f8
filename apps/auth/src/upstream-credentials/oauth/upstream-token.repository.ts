import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import type { Sealed } from '../../encryption/key-ring.js';
import { type TokenFailure, UpstreamTokenRow } from './upstream-token.entity.js';

/** A row with its times by the clock of the database, which all replicas share. Milliseconds. */
export interface KnownToken
  extends Pick<UpstreamTokenRow, 'credentialVersion' | 'tokenId' | 'keyId' | 'sealed' | 'failure' | 'attempts'> {
  readonly ageMs: number | null;
  /** Null: its end is not known. */
  readonly endsInMs: number | null;
  /** When the token of a caller that it was exchanged for ends; null: it was exchanged for none. */
  readonly subjectEndsInMs: number | null;
  readonly failedAgoMs: number | null;
}

/** Whose token: a person's own, or what the gateway shows for all callers where the address is empty. */
export interface TokenKey {
  readonly upstreamId: string;
  readonly userEmail: string;
  /** Of one that the tokens of a caller are exchanged for: their `Subject.key`. */
  readonly subject?: string;
}

/** The token of a caller that another was exchanged for: what is kept of that ends with it. */
export interface MadeOf {
  /** Its `jti`. */
  readonly tokenId: string;
  readonly endsAtMs: number;
}

/** An attempt to get a token, which nobody else makes meanwhile. */
export interface Lease extends TokenKey {
  readonly credentialVersion: string;
  readonly leaseId: string;
  /** Of an exchange, before which nobody has to have consented. */
  readonly madeOf?: MadeOf;
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
  /** What was asked for. */
  readonly askedScopes: readonly string[];
}

/** The scopes of a consent: given, asked for, and wanted since. */
export interface ScopesOfConsent {
  readonly granted: readonly string[];
  readonly asked: readonly string[];
  readonly wanted: readonly string[];
}

/** What a person has consented to. */
export interface Consent {
  readonly upstreamId: string;
  readonly issuer: string | null;
  readonly scopes: readonly string[] | null;
  readonly consentedAt: Date;
}

/** Of rows that are called `known`: what an exchange was made of is not good any more. */
export const SUBJECT_IS_OVER = `known.subject <> '' AND (known.subject_ends_at <= now()
  OR EXISTS (SELECT FROM auth.revocations r WHERE r.token_id = known.subject_token_id)
  OR EXISTS (SELECT FROM auth.users u WHERE u.email = known.user_email
             AND (u.deleted_at IS NOT NULL OR NOT u.is_active OR u.credentials_not_before > known.obtained_at)))`;

const MS_FROM_NOW = (column: string) => `(extract(epoch FROM ${column} - now()) * 1000)::float8`;

/** The rows of `auth.upstream_tokens`. Never sees a token in the clear. */
@Injectable()
export class UpstreamTokenRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find({ upstreamId, userEmail, subject = '' }: TokenKey): Promise<KnownToken | null> {
    const rows = (await this.database.query(
      `SELECT credential_version AS "credentialVersion", key_id AS "keyId", sealed, failure, attempts,
         CASE WHEN ${SUBJECT_IS_OVER} THEN NULL ELSE token_id END AS "tokenId",
         -${MS_FROM_NOW('obtained_at')} AS "ageMs", ${MS_FROM_NOW('expires_at')} AS "endsInMs",
         ${MS_FROM_NOW('subject_ends_at')} AS "subjectEndsInMs", -${MS_FROM_NOW('failed_at')} AS "failedAgoMs"
       FROM auth.upstream_tokens known WHERE upstream_id = $1 AND user_email = $2 AND subject = $3`,
      [upstreamId, userEmail, subject],
    )) as KnownToken[];
    return rows[0] ?? null;
  }

  /** One for each upstream: of several that were exchanged, the one of which there is news. */
  async states(upstreamIds: readonly string[], userEmail: string): Promise<UpstreamTokenRow[]> {
    const rows = await this.database
      .getRepository(UpstreamTokenRow)
      .findBy({ upstreamId: In([...upstreamIds]), userEmail });
    const newsAtMs = ({ obtainedAt, failedAt }: UpstreamTokenRow): number =>
      Math.max(obtainedAt?.getTime() ?? 0, failedAt?.getTime() ?? 0);
    return rows.sort((one, other) => newsAtMs(one) - newsAtMs(other));
  }

  /** All that are kept at an upstream, of one person where one is named. */
  async keys(upstreamId: string, userEmail?: string): Promise<TokenKey[]> {
    return this.database.getRepository(UpstreamTokenRow).find({
      where: { upstreamId, ...(userEmail !== undefined && { userEmail }) },
      select: { upstreamId: true, userEmail: true, subject: true },
    });
  }

  /**
   * Whether the attempt is this one's to make: the credential is still the one that is kept, nobody makes one, none has
   * ended since `attempts` were seen, and a person has not ended their consent.
   */
  async lease(
    { upstreamId, userEmail, subject = '', credentialVersion, leaseId, madeOf }: Lease,
    attempts: number,
    forMs: number,
  ): Promise<boolean> {
    const leased = (await this.database.query(
      `INSERT INTO auth.upstream_tokens AS known
         (upstream_id, user_email, credential_version, lease_id, leased_until, subject, subject_token_id, subject_ends_at)
       SELECT upstream_id, $6, version, $3, now() + $5 * interval '1 millisecond', $7, $8, $9
       FROM auth.upstream_credentials WHERE upstream_id = $1 AND version = $2
         AND ($6 = '' OR $7 <> '' OR EXISTS (
           SELECT FROM auth.upstream_tokens WHERE upstream_id = $1 AND user_email = $6 AND subject = ''))
       ON CONFLICT (upstream_id, user_email, subject) DO UPDATE
         SET lease_id = excluded.lease_id, leased_until = excluded.leased_until
       WHERE known.attempts = $4 AND (known.leased_until IS NULL OR known.leased_until < now())
       RETURNING 1`,
      [upstreamId, credentialVersion, leaseId, attempts, forMs, userEmail, subject, ...partsOf(madeOf)],
    )) as unknown[];
    return leased.length > 0;
  }

  /** Whether it was kept: not where the lease is over, or the upstream forgotten, or the token ended that it was exchanged for, meanwhile. */
  async succeed(lease: Lease, token: NewToken): Promise<boolean> {
    return this.settle(
      lease,
      `credential_version = $5, token_id = $6, key_id = $7, sealed = $8, obtained_at = now(),
       expires_at = now() + $9::float8 * interval '1 millisecond', failure = NULL, failed_at = NULL,
       subject_token_id = $10, subject_ends_at = $11`,
      [
        lease.credentialVersion,
        token.tokenId,
        token.sealed?.keyId ?? null,
        token.sealed?.bytes ?? null,
        token.lifeMs,
        ...partsOf(lease.madeOf),
      ],
      'AND NOT EXISTS (SELECT FROM auth.revocations WHERE token_id = $10)',
    );
  }

  async hasEnded({ tokenId }: MadeOf): Promise<boolean> {
    const rows: unknown[] = await this.database.query('SELECT FROM auth.revocations WHERE token_id = $1', [tokenId]);
    return rows.length > 0;
  }

  /** A token that was got with the same credential stays, unless it is of no use any more (`isOver`). */
  async fail(lease: Lease, failure: TokenFailure, isOver = false): Promise<void> {
    const kept = (column: string) => `${column} = CASE WHEN credential_version = $5 AND NOT $7 THEN ${column} END`;
    await this.settle(
      lease,
      `${['token_id', 'key_id', 'sealed'].map(kept).join(', ')}, credential_version = $5, failure = $6, failed_at = now()`,
      [lease.credentialVersion, JSON.stringify(failure), isOver],
    );
  }

  /** Of a person: the upstream does not take it, and there is no sense in another. */
  async refuse({ upstreamId, userEmail }: TokenKey, tokenId: string, failure: TokenFailure): Promise<void> {
    await this.database.query(
      `UPDATE auth.upstream_tokens SET token_id = NULL, key_id = NULL, sealed = NULL, failure = $4, failed_at = now(),
         attempts = attempts + 1
       WHERE upstream_id = $1 AND user_email = $2 AND subject = '' AND token_id = $3`,
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
         ON CONFLICT (upstream_id, user_email, subject) DO UPDATE SET credential_version = excluded.credential_version,
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
        `INSERT INTO auth.upstream_consents (upstream_id, user_email, id, issuer, scopes, asked_scopes)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (upstream_id, user_email) DO UPDATE SET id = excluded.id, issuer = excluded.issuer,
           scopes = excluded.scopes, asked_scopes = excluded.asked_scopes, wanted_scopes = '', consented_at = now()`,
        [
          upstreamId,
          userEmail,
          consent.consentId,
          consent.issuer,
          consent.scopes.join(' '),
          consent.askedScopes.join(' '),
        ],
      );
      return true;
    });
  }

  /** Upstreams that a person was shown to by a token of their own. */
  async upstreamsOf(userEmail: string): Promise<string[]> {
    const rows = await this.database
      .getRepository(UpstreamTokenRow)
      .find({ where: { userEmail }, select: { upstreamId: true, userEmail: true, subject: true } });
    return [...new Set(rows.map(({ upstreamId }) => upstreamId))];
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

  /** The scopes of a consent: given, asked for, and wanted since. Null: there is none. */
  async consentOf({ upstreamId, userEmail }: TokenKey): Promise<ScopesOfConsent | null> {
    const [row] = (await this.database.query(
      `SELECT string_to_array(nullif(scopes, ''), ' ') AS granted, string_to_array(nullif(asked_scopes, ''), ' ') AS asked,
         string_to_array(nullif(wanted_scopes, ''), ' ') AS wanted
       FROM auth.upstream_consents WHERE upstream_id = $1 AND user_email = $2`,
      [upstreamId, userEmail],
    )) as { [Kind in keyof ScopesOfConsent]: readonly string[] | null }[];
    return row === undefined ? null : { granted: row.granted ?? [], asked: row.asked ?? [], wanted: row.wanted ?? [] };
  }

  /** Notes what the next consent is to be asked for besides. */
  async want({ upstreamId, userEmail }: TokenKey, scopes: readonly string[]): Promise<void> {
    await this.database.query(
      'UPDATE auth.upstream_consents SET wanted_scopes = $3 WHERE upstream_id = $1 AND user_email = $2',
      [upstreamId, userEmail, scopes.join(' ')],
    );
  }

  /** With the consent that it came of. */
  async forget({ upstreamId, userEmail, subject = '' }: TokenKey): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.delete(UpstreamTokenRow, { upstreamId, userEmail, subject });
      if (userEmail === '' || subject !== '') return;
      await manager.query('DELETE FROM auth.upstream_consents WHERE upstream_id = $1 AND user_email = $2', [
        upstreamId,
        userEmail,
      ]);
    });
  }

  private async settle(
    { upstreamId, userEmail, subject = '', leaseId }: Lease,
    changes: string,
    values: readonly unknown[],
    condition = '',
  ): Promise<boolean> {
    const [, changed] = (await this.database.query(
      `UPDATE auth.upstream_tokens SET ${changes}, attempts = attempts + 1, lease_id = NULL, leased_until = NULL
       WHERE upstream_id = $1 AND user_email = $2 AND lease_id = $3 AND subject = $4 ${condition}`,
      [upstreamId, userEmail, leaseId, subject, ...values],
    )) as [unknown, number];
    return changed > 0;
  }
}

const partsOf = (madeOf: MadeOf | undefined) => [
  madeOf?.tokenId ?? null,
  madeOf === undefined ? null : new Date(madeOf.endsAtMs),
];
