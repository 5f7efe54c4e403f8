import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { PasswordReset } from './password-reset.entity.js';

/** How often somebody may ask, and for how long a link is good. */
export interface ResetRule {
  readonly lifeMs: number;
  readonly max: number;
  readonly windowMs: number;
}

/** The rows of `auth.password_resets`. */
@Injectable()
export class PasswordResetRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /**
   * Keeps a link, which takes the place of those before it. False, and nothing is kept, for who does not log in by a
   * password of this gateway, or has asked too often.
   */
  add(tokenHash: string, userEmail: string, { lifeMs, max, windowMs }: ResetRule): Promise<boolean> {
    return transact(this.database, async (manager) => {
      const users: unknown[] = await manager.query(
        `SELECT email FROM auth.users WHERE email = $1 AND is_active AND deleted_at IS NULL
           AND auth_provider = 'local' AND password_hash IS NOT NULL FOR UPDATE`,
        [userEmail],
      );
      if (users.length === 0) return false;
      await manager.query(`DELETE FROM auth.password_resets WHERE expires_at < now() - interval '2 days'`);
      const [{ count }] = (await manager.query(
        `SELECT count(*)::int FROM auth.password_resets
         WHERE user_email = $1 AND created_at > now() - make_interval(secs => $2::double precision / 1000)`,
        [userEmail, windowMs],
      )) as [{ count: number }];
      if (count >= max) return false;
      await manager.query(
        'UPDATE auth.password_resets SET expires_at = now() WHERE user_email = $1 AND expires_at > now()',
        [userEmail],
      );
      await manager.query(
        `INSERT INTO auth.password_resets (token_hash, user_email, expires_at)
         VALUES ($1, $2, now() + make_interval(secs => $3::double precision / 1000))`,
        [tokenHash, userEmail, lifeMs],
      );
      return true;
    });
  }

  find(tokenHash: string): Promise<PasswordReset | null> {
    return this.database.getRepository(PasswordReset).findOneBy({ tokenHash });
  }

  /** Uses the link up; false where it is not good any more. */
  async redeem(tokenHash: string): Promise<boolean> {
    const [rows] = (await this.database.query(
      `UPDATE auth.password_resets SET used_at = now()
       WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING user_email`,
      [tokenHash],
    )) as [unknown[], number];
    return rows.length > 0;
  }
}
