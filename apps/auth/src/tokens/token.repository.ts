import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { Token } from './token.entity.js';

export interface TokenPage {
  readonly tokens: readonly Token[];
  readonly total: number;
}

/** The rows of `auth.api_tokens` and `auth.revocations`. */
@Injectable()
export class TokenRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** `null` when the user has a token of that name which is not revoked. */
  async add(token: Omit<Token, 'createdAt' | 'lastUsedAt' | 'revokedAt'>): Promise<Token | null> {
    await this.database.createQueryBuilder().insert().into(Token).values(token).orIgnore().execute();
    return this.find(token.id);
  }

  async find(id: string): Promise<Token | null> {
    return this.database.getRepository(Token).findOneBy({ id });
  }

  /** Newest first; without an e-mail, everybody's. */
  async list(userEmail: string | null, limit: number, offset: number): Promise<TokenPage> {
    const [tokens, total] = await this.database.getRepository(Token).findAndCount({
      where: userEmail === null ? {} : { userEmail },
      order: { createdAt: 'DESC', id: 'ASC' },
      take: limit,
      skip: offset,
    });
    return { tokens, total };
  }

  /** Ends tokens for good: those on record by their row too. Forgets revocations of tokens that have expired. */
  async revoke(tokenId: string, expiresAt: Date, revokedBy: string): Promise<void> {
    await transact(this.database, async (manager) => {
      await manager.query('UPDATE auth.api_tokens SET revoked_at = now() WHERE token_id = $1 AND revoked_at IS NULL', [
        tokenId,
      ]);
      await manager.query(
        'INSERT INTO auth.revocations (token_id, revoked_by, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [tokenId, revokedBy, expiresAt],
      );
      await manager.query(`DELETE FROM auth.revocations WHERE expires_at < now() - interval '1 day'`);
    });
  }
}
