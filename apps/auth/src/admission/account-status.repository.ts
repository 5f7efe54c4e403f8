import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import type { TokenRecord } from '../tokens/token-record.js';

/** All that is on record about a user and the token they show. */
export interface AccountStatus {
  readonly user: {
    readonly email: string;
    readonly isAdmin: boolean;
    readonly isActive: boolean;
    readonly credentialsNotBeforeMs: number | null;
  } | null;
  readonly isRevoked: boolean;
  /** For tokens that are kept on record. */
  readonly token: (TokenRecord & { readonly wantsUseNoted: boolean }) | null;
}

interface Row {
  readonly email: string | null;
  readonly is_admin: boolean | null;
  readonly is_active: boolean | null;
  readonly credentials_not_before: Date | null;
  readonly is_revoked: boolean;
  readonly token_hash: string | null;
  readonly token_user: string | null;
  readonly wants_use_noted: boolean;
}

const USE_NOTED_EVERY = `interval '5 minutes'`;

const STATUS = `
  SELECT u.email, u.is_admin, u.is_active AND u.deleted_at IS NULL AS is_active, u.credentials_not_before,
         EXISTS (SELECT FROM auth.revocations r WHERE r.token_id = $2) OR t.revoked_at IS NOT NULL AS is_revoked,
         t.token_hash, t.user_email AS token_user,
         t.token_id IS NOT NULL AND (t.last_used_at IS NULL OR t.last_used_at < now() - ${USE_NOTED_EVERY}) AS wants_use_noted
  FROM (SELECT $1::text AS email) asked
  LEFT JOIN auth.users u ON u.email = asked.email
  LEFT JOIN auth.api_tokens t ON t.token_id = $2`;

/** What admission asks of the accounts; written for that one query. */
@Injectable()
export class AccountStatusRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** One round trip, by primary keys. */
  async find(email: string, tokenId: string): Promise<AccountStatus> {
    const [row] = (await this.database.query(STATUS, [email, tokenId])) as [Row];
    return {
      user:
        row.email === null
          ? null
          : {
              email: row.email,
              isAdmin: row.is_admin === true,
              isActive: row.is_active === true,
              credentialsNotBeforeMs: row.credentials_not_before?.getTime() ?? null,
            },
      isRevoked: row.is_revoked,
      token:
        row.token_hash === null || row.token_user === null
          ? null
          : { hash: row.token_hash, userEmail: row.token_user, wantsUseNoted: row.wants_use_noted },
    };
  }

  async noteUse(tokenId: string): Promise<void> {
    await this.database.query(
      `UPDATE auth.api_tokens SET last_used_at = now()
       WHERE token_id = $1 AND (last_used_at IS NULL OR last_used_at < now() - ${USE_NOTED_EVERY})`,
      [tokenId],
    );
  }
}
