import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InjectDatabase, PendingEvents, transact } from '#libs/storage';
import { User } from './user.entity.js';

export interface NewUser {
  readonly email: string;
  readonly fullName?: string | null;
  readonly passwordHash?: string | null;
  readonly isAdmin: boolean;
  /** Who says who they are; by default this gateway. */
  readonly authProvider?: string;
}

export type UserChange = Partial<Pick<User, 'fullName' | 'passwordHash' | 'isAdmin' | 'isActive'>>;

/** What ended with a change of a user besides their own tokens, and is announced by its name. */
export interface EndedWithUser {
  /** The `jti` of the tokens that they made for others. */
  readonly tokenIds: readonly string[];
  readonly connectorIds: readonly string[];
}

/** Tokens carry whole seconds, so what is to end them counts from the next one. */
const NEXT_SECOND = `date_trunc('second', now()) + interval '1 second'`;

/** Wrong passwords of before count no more, wherever they came from. */
const FORGET_FAILURES = 'UPDATE auth.login_attempts SET failures = 0 WHERE email = $1';

const REVOKE_ALL = 'UPDATE auth.api_tokens SET revoked_at = now() WHERE user_email = $1 AND revoked_at IS NULL';

/** What programs of theirs let join; what they let join when they were logged in stays. */
const REVOKE_CONNECTORS = `
  UPDATE auth.connectors SET revoked_at = now() WHERE revoked_at IS NULL AND parent_token_id IN (
    SELECT token_id FROM auth.api_tokens WHERE user_email = $1 AND made_by <> 'login') RETURNING id`;

/** What they made for others, whose value they know, with all that was asked for by it. */
const REVOKE_GIVEN = `
  WITH RECURSIVE given AS (
    SELECT token_id FROM auth.api_tokens WHERE created_by = $1
    UNION SELECT child.token_id FROM auth.api_tokens child JOIN given ON child.parent_token_id = given.token_id
  ) UPDATE auth.api_tokens SET revoked_at = now()
    WHERE token_id IN (SELECT token_id FROM given) AND revoked_at IS NULL AND expires_at > now() RETURNING token_id`;

/** A mailed link of before sets no password any more. */
const END_RESET_LINKS =
  'UPDATE auth.password_resets SET expires_at = now() WHERE user_email = $1 AND used_at IS NULL AND expires_at > now()';

/** The rows of `auth.users`. A removed user stays as a row but is found by nobody. */
@Injectable()
export class UserRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find(email: string): Promise<User | null> {
    return this.database
      .getRepository(User)
      .findOne({ where: { email } })
      .then((user) => (user?.deletedAt ? null : user));
  }

  async list(limit: number, offset: number): Promise<{ users: User[]; total: number }> {
    const [users, total] = await this.database
      .getRepository(User)
      .createQueryBuilder('user')
      .where('user.deleted_at IS NULL')
      .orderBy('user.email')
      .limit(limit)
      .offset(offset)
      .getManyAndCount();
    return { users, total };
  }

  /** False when the user exists already. A removed namesake's tokens stay dead, and no provider vouches for the new one. */
  async add({ email, fullName = null, passwordHash = null, isAdmin }: NewUser): Promise<boolean> {
    const rows: unknown[] = await this.database.query(
      `INSERT INTO auth.users AS known (email, full_name, password_hash, is_admin) VALUES ($1, $2, $3, $4)
       ON CONFLICT (email) DO UPDATE SET
         full_name = excluded.full_name, password_hash = excluded.password_hash, is_admin = excluded.is_admin,
         is_active = true, auth_provider = 'local', failed_login_count = 0, locked_until = NULL, created_at = now(), deleted_at = NULL
       WHERE known.deleted_at IS NOT NULL
       RETURNING email`,
      [email, fullName, passwordHash, isAdmin],
    );
    return rows.length > 0;
  }

  /** Like `add`, but leaves a removed user removed. */
  async addFirst(user: NewUser): Promise<boolean> {
    const { email, fullName = null, passwordHash = null, isAdmin, authProvider = 'local' } = user;
    const rows: unknown[] = await this.database.query(
      `INSERT INTO auth.users (email, full_name, password_hash, is_admin, auth_provider) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING email`,
      [email, fullName, passwordHash, isAdmin, authProvider],
    );
    return rows.length > 0;
  }

  /** Sets a password where there is none. */
  async adoptPassword(email: string, passwordHash: string): Promise<void> {
    await this.database.query(
      'UPDATE auth.users SET password_hash = $2 WHERE email = $1 AND password_hash IS NULL AND deleted_at IS NULL',
      [email, passwordHash],
    );
  }

  /** Of a user who exists. */
  async lacksPassword(email: string): Promise<boolean> {
    const rows: unknown[] = await this.database.query(
      'SELECT email FROM auth.users WHERE email = $1 AND password_hash IS NULL AND deleted_at IS NULL',
      [email],
    );
    return rows.length > 0;
  }

  /**
   * A new password, and being disabled, end every token that was issued before, for good. A new password, and being
   * enabled, let in whoever was locked out. Tokens for others end where the user is disabled.
   */
  async change(email: string, change: UserChange): Promise<EndedWithUser> {
    const { passwordHash, isActive } = change;
    const ends = passwordHash !== undefined || isActive === false;
    const unlocks = passwordHash !== undefined || isActive === true;
    return transact(this.database, async (manager) => {
      if (unlocks) await manager.query(FORGET_FAILURES, [email]);
      await manager.update(
        User,
        { email },
        {
          ...change,
          ...(ends && { credentialsNotBefore: () => NEXT_SECOND }),
          ...(unlocks && { failedLoginCount: 0, lockedUntil: null }),
        },
      );
      const connectorIds = ends ? await endTokens(manager, email) : [];
      if (passwordHash !== undefined) await manager.query(END_RESET_LINKS, [email]);
      return { tokenIds: isActive === false ? await revokeGiven(manager, email) : [], connectorIds };
    });
  }

  /** Lets in who is locked out. Counts of failures are no change to the audit trail, so it is told. */
  async unlock(email: string): Promise<void> {
    const audit = new PendingEvents(this.database, 'auth');
    await transact(this.database, async (manager) => {
      await audit.note({ action: 'user.unlocked', resourceType: 'user', resourceId: email }, manager);
      await manager.query(FORGET_FAILURES, [email]);
      await manager.update(User, { email }, { failedLoginCount: 0, lockedUntil: null });
    });
  }

  /** Answers as `change` does. */
  async remove(email: string): Promise<EndedWithUser> {
    return transact(this.database, async (manager) => {
      await manager.query('DELETE FROM auth.login_attempts WHERE email = $1', [email]);
      // Before their tokens: who gives them one meanwhile is waited for, and what they gave ends.
      await manager.query(
        `UPDATE auth.users SET deleted_at = now(), is_active = false, is_admin = false, password_hash = NULL,
           credentials_not_before = ${NEXT_SECOND} WHERE email = $1`,
        [email],
      );
      const connectorIds = await endTokens(manager, email);
      await manager.query(END_RESET_LINKS, [email]);
      return { tokenIds: await revokeGiven(manager, email), connectorIds };
    });
  }
}

/** Answers the ids of the connectors that end with them. */
const endTokens = async (manager: EntityManager, email: string): Promise<readonly string[]> => {
  await manager.query(REVOKE_ALL, [email]);
  const [ended] = (await manager.query(REVOKE_CONNECTORS, [email])) as [{ id: string }[], number];
  return ended.map(({ id }) => id);
};

const revokeGiven = async (manager: EntityManager, email: string): Promise<readonly string[]> => {
  const [ended] = (await manager.query(REVOKE_GIVEN, [email])) as [{ token_id: string }[], number];
  return ended.map(({ token_id: tokenId }) => tokenId);
};
