import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { SUBJECT_IS_OVER, type TokenKey } from '../upstream-token.repository.js';

/** Of one person at one upstream; the oldest make room. */
const KEPT_MAX = 16;

/** Which of them: those of one token of a caller, or of all that a person has. */
export interface ExchangedOf {
  readonly tokenId?: string | undefined;
  readonly userEmail?: string | undefined;
}

/** Of the rows of `auth.upstream_tokens`, those that callers' tokens were exchanged for. All answer which are to end. */
@Injectable()
export class ExchangedTokenRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** Those of one person at one upstream that are too many. */
  oldest({ upstreamId, userEmail }: TokenKey): Promise<TokenKey[]> {
    return this.which(
      `(known.upstream_id, known.user_email, known.subject) IN (
         SELECT upstream_id, user_email, subject FROM auth.upstream_tokens
         WHERE upstream_id = $1 AND user_email = $2 AND subject <> ''
         ORDER BY greatest(obtained_at, failed_at, leased_until) DESC OFFSET $3)`,
      [upstreamId, userEmail, KEPT_MAX],
    );
  }

  /** Those whose life is over, or that of the token that they were exchanged for. */
  passed(): Promise<TokenKey[]> {
    return this.which(
      `(${SUBJECT_IS_OVER} OR known.expires_at < now()) AND (known.leased_until IS NULL OR known.leased_until < now())`,
      [],
    );
  }

  of({ tokenId, userEmail }: ExchangedOf): Promise<TokenKey[]> {
    return this.which('(known.subject_token_id = $1 OR known.user_email = $2)', [tokenId ?? null, userEmail ?? null]);
  }

  async forget({ upstreamId, userEmail, subject }: TokenKey): Promise<void> {
    await this.database.query(
      `DELETE FROM auth.upstream_tokens WHERE upstream_id = $1 AND user_email = $2 AND subject = $3 AND subject <> ''`,
      [upstreamId, userEmail, subject],
    );
  }

  private async which(condition: string, values: readonly unknown[]): Promise<TokenKey[]> {
    return (await this.database.query(
      `SELECT upstream_id AS "upstreamId", user_email AS "userEmail", subject
       FROM auth.upstream_tokens known WHERE known.subject <> '' AND ${condition}`,
      [...values],
    )) as TokenKey[];
  }
}
