import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, MoreThan, Not } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { type Standing, hasEnded, lockToEnd } from '../policy/standing.js';
import { Revocation } from './revocation.entity.js';
import { Token } from './token.entity.js';

export type NewToken = Omit<Token, 'isAccepted' | 'createdAt' | 'lastUsedAt' | 'revokedAt'>;

export interface TokenPage {
  readonly tokens: readonly Token[];
  readonly total: number;
}

/** A token of a virtual server, and how many such tokens there are. */
export interface CountedToken extends Pick<Token, 'id' | 'name' | 'userEmail'> {
  readonly serverId: string;
  readonly count: number;
}

/** Which sessions: of a user, all or one; or those that were begun at an issuer, by somebody or in a session there. */
export type SessionsOf =
  | { readonly userEmail: string; readonly id?: string }
  | { readonly issuer: string; readonly subject: string | null; readonly session: string | null };

const OPEN_SESSIONS = `made_by IN ('login', 'consent') AND revoked_at IS NULL AND expires_at > now()`;
/** An issuer says again what could not be announced: what it ended then is announced once more. */
const OPEN_OR_JUST_ENDED = `made_by IN ('login', 'consent') AND expires_at > now()
  AND (revoked_at IS NULL OR revoked_at > now() - interval '10 minutes')`;
/** Of an issuer that names no session when somebody signs in, all of theirs end with any. */
const BEGUN_AT = `origin_issuer = $1 AND ($2::text IS NULL OR origin_subject = $2)
  AND ($3::text IS NULL OR origin_session = $3 OR (origin_session IS NULL AND origin_subject = $2))`;

/** The rows of `auth.api_tokens` and `auth.revocations`. */
/** Notes that a token, or a link, is good no more. False where it had been noted before. */
export const noteEnded = async (
  manager: EntityManager,
  id: string,
  expiresAt: Date,
  revokedBy: string,
): Promise<boolean> => {
  const inserted: unknown[] = await manager.query(
    `INSERT INTO auth.revocations (token_id, revoked_by, expires_at) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING RETURNING token_id`,
    [id, revokedBy, expiresAt],
  );
  return inserted.length > 0;
};

@Injectable()
export class TokenRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /**
   * `name_taken`: the user has a token of that name which is not revoked. `ended`: what it is given on is good no more. What ends
   * afterwards ends it too, where it would end one of before.
   */
  async add(token: NewToken, givenOn: Standing): Promise<Token | 'name_taken' | 'ended'> {
    return transact(this.database, async (manager) => {
      if (await hasEnded(manager, givenOn)) return 'ended';
      await manager.createQueryBuilder().insert().into(Token).values(token).orIgnore().execute();
      return (await manager.findOneBy(Token, { id: token.id })) ?? 'name_taken';
    });
  }

  /** Forgets tokens of log-ins, consents, clients and starts that have expired; nobody looks for them any more. */
  async forgetPassed(): Promise<void> {
    await this.database.query(
      `DELETE FROM auth.api_tokens WHERE made_by IN ('login', 'consent', 'client', 'start') AND expires_at < now() - interval '1 day'`,
    );
  }

  /** How many of the tokens that a user asked for are good. */
  countGood(of: { userEmail: string; isOffered: false } | { createdBy: string; isOffered: true }): Promise<number> {
    const good = { ...of, madeBy: 'request' as const, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) };
    return this.database.getRepository(Token).countBy(good);
  }

  async find(id: string): Promise<Token | null> {
    return this.database.getRepository(Token).findOneBy({ id });
  }

  /** Newest first: of a user and of a team, where they are named; or those that somebody has or made. */
  async list(
    of: { userEmail?: string; teamId?: string } | [{ userEmail: string }, { createdBy: string }],
    limit: number,
    offset: number,
  ): Promise<TokenPage> {
    const [tokens, total] = await this.database.getRepository(Token).findAndCount({
      where: of,
      order: { createdAt: 'DESC', id: 'ASC' },
      take: limit,
      skip: offset,
    });
    return { tokens, total };
  }

  /** The good tokens that are for one of these virtual servers alone, newest first; of each server `limit` at most, with how many there are. */
  async findByServers(serverIds: readonly string[], limit: number): Promise<readonly CountedToken[]> {
    return this.database.query(
      `SELECT * FROM (
         SELECT id, name, user_email AS "userEmail", server_id AS "serverId",
                (count(*) OVER (PARTITION BY server_id))::int AS count,
                row_number() OVER (PARTITION BY server_id ORDER BY created_at DESC, id) AS place
           FROM auth.api_tokens WHERE server_id = ANY($1) AND revoked_at IS NULL AND expires_at > now()
       ) found WHERE place <= $2 ORDER BY "serverId", place`,
      [serverIds, limit],
    );
  }

  /** False where its user has another good token of that name. */
  async change(id: string, change: Partial<Pick<Token, 'name' | 'description' | 'tags'>>): Promise<boolean> {
    return transact(this.database, async (manager) => {
      const token = await manager.findOneByOrFail(Token, { id });
      await manager.query('SELECT email FROM auth.users WHERE email = $1 FOR UPDATE', [token.userEmail]);
      const namesake = { userEmail: token.userEmail, name: change.name ?? '', id: Not(id), revokedAt: IsNull() };
      const isTaken =
        token.revokedAt === null && change.name !== undefined && (await manager.existsBy(Token, namesake));
      if (!isTaken) await manager.update(Token, { id }, change);
      return !isTaken;
    });
  }

  async accept(id: string): Promise<void> {
    await this.database.getRepository(Token).update({ id }, { isOffered: false, isAccepted: true });
  }

  async findByTokenId(tokenId: string): Promise<Token | null> {
    return this.database.getRepository(Token).findOneBy({ tokenId });
  }

  /** The `jti` of all tokens that this one asked for, and those asked for in turn, as far as they are good. */
  async findDescendants(tokenId: string): Promise<Pick<Token, 'tokenId' | 'expiresAt'>[]> {
    const rows: { token_id: string; expires_at: Date }[] = await this.database.query(
      `WITH RECURSIVE descendant AS (
         SELECT token_id, expires_at, revoked_at FROM auth.api_tokens WHERE parent_token_id = $1
         UNION
         SELECT child.token_id, child.expires_at, child.revoked_at
           FROM auth.api_tokens child JOIN descendant ON child.parent_token_id = descendant.token_id
       ) SELECT token_id, expires_at FROM descendant WHERE revoked_at IS NULL AND expires_at > now()`,
      [tokenId],
    );
    return rows.map((row) => ({ tokenId: row.token_id, expiresAt: row.expires_at }));
  }

  /** Ends the connectors that these tokens, by their `jti`, asked for; answers their ids. */
  async endConnectors(tokenIds: readonly string[]): Promise<readonly string[]> {
    const [ended] = (await this.database.query(
      'UPDATE auth.connectors SET revoked_at = now() WHERE parent_token_id = ANY($1) AND revoked_at IS NULL RETURNING id',
      [tokenIds],
    )) as [{ id: string }[], number];
    return ended.map(({ id }) => id);
  }

  /** Those that are open, the newest first. */
  async listSessions({ userEmail }: { readonly userEmail: string }, limit: number): Promise<Token[]> {
    return this.database
      .getRepository(Token)
      .createQueryBuilder('token')
      .where(`token.user_email = :userEmail AND ${OPEN_SESSIONS}`, { userEmail })
      .orderBy('token.created_at', 'DESC')
      .addOrderBy('token.id')
      .limit(limit)
      .getMany();
  }

  /** Ends those that are open, and answers their `jti`; of an issuer, with those that ended a moment ago. */
  async endSessions(of: SessionsOf, endedBy: string): Promise<readonly string[]> {
    const [which, values] =
      'issuer' in of
        ? [`${OPEN_OR_JUST_ENDED} AND ${BEGUN_AT}`, [of.issuer, of.subject, of.session]]
        : [`${OPEN_SESSIONS} AND user_email = $1 AND ($2::uuid IS NULL OR id = $2)`, [of.userEmail, of.id ?? null]];
    return transact(this.database, async (manager) => {
      const [ended] = (await manager.query(
        `UPDATE auth.api_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE ${which} RETURNING token_id, expires_at`,
        values,
      )) as [{ token_id: string; expires_at: Date }[], number];
      await manager.query(
        `INSERT INTO auth.revocations (token_id, revoked_by, expires_at)
         SELECT token_id, $2, expires_at + interval '1 day' FROM unnest($1::text[], $3::timestamptz[]) AS ended (token_id, expires_at)
         ON CONFLICT DO NOTHING`,
        [ended.map(({ token_id }) => token_id), endedBy, ended.map(({ expires_at }) => expires_at)],
      );
      return ended.map(({ token_id }) => token_id);
    });
  }

  /**
   * Ends tokens for good: those on record by their row too. Forgets revocations of tokens that have expired. False where
   * it had been ended before.
   */
  async revoke(tokenId: string, expiresAt: Date, revokedBy: string): Promise<boolean> {
    return transact(this.database, async (manager) => {
      await lockToEnd(manager, tokenId);
      await manager.query('UPDATE auth.api_tokens SET revoked_at = now() WHERE token_id = $1 AND revoked_at IS NULL', [
        tokenId,
      ]);
      const isFirst = await noteEnded(manager, tokenId, expiresAt, revokedBy);
      await manager.query(`DELETE FROM auth.revocations WHERE expires_at < now() - interval '1 day'`);
      return isFirst;
    });
  }

  /** Whether it was ended, on record or not. */
  isRevoked(tokenId: string): Promise<boolean> {
    return this.database.getRepository(Revocation).existsBy({ tokenId });
  }
}
