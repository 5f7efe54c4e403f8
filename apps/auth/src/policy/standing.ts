import type { EntityManager } from 'typeorm';

/** Somebody, as they were when it was seen who they are. */
export interface KnownUser {
  readonly email: string;
  /** What they had before has ended. */
  readonly credentialsNotBefore: Date | null;
}

/** What a token is given on, and is not where that has ended since. */
export interface Standing {
  readonly users: readonly KnownUser[];
  /** The `jti` of the token that asks for it. */
  readonly tokenId?: string;
  /** The session at an issuer in which its user signed in for it, as `sessionName` has it. */
  readonly session?: string;
}

interface UserRow extends KnownUser {
  readonly isActive: boolean;
}

/** Those who stand behind it too: who made the token that asks, or one that it comes of, for somebody else. */
const USERS = `
  WITH RECURSIVE line AS (
    SELECT parent_token_id, created_by FROM auth.api_tokens WHERE token_id = $2
    UNION SELECT p.parent_token_id, p.created_by FROM auth.api_tokens p JOIN line ON p.token_id = line.parent_token_id
  )
  SELECT email, is_active AND deleted_at IS NULL AS "isActive", credentials_not_before AS "credentialsNotBefore"
  FROM auth.users WHERE email = ANY($1) OR email IN (SELECT created_by FROM line) ORDER BY email FOR SHARE`;

/** One that is being ended is waited for. */
const ON_RECORD = 'SELECT revoked_at AS "revokedAt" FROM auth.api_tokens WHERE token_id = $1 FOR SHARE';

const REVOCATIONS = 'SELECT token_id FROM auth.revocations WHERE token_id = ANY($1)';

/** Held by who gives something on a token, shared, and by who ends it. Not all tokens have a row. */
const lockOf = (kind: '' | '_shared') => `SELECT pg_advisory_xact_lock${kind}(hashtextextended('token ' || $1, 0))`;

/** Until the transaction is over nothing is given on the token. */
export const lockToEnd = async (manager: EntityManager, tokenId: string): Promise<void> => {
  await manager.query(lockOf(''), [tokenId]);
};

/** By which the end of a session at an issuer is noted, like that of a token. */
export const sessionName = (issuer: string, session: string): string => `session ${session} at ${issuer}`;

/**
 * Whether it has ended. Until the transaction is over it does not: whoever ends it waits, and finds what was given on it.
 */
export const hasEnded = async (manager: EntityManager, { users, tokenId, session }: Standing): Promise<boolean> => {
  const ids = [tokenId, session].filter((id) => id !== undefined);
  for (const id of ids) await manager.query(lockOf('_shared'), [id]);
  const rows = (await manager.query(USERS, [users.map(({ email }) => email), tokenId ?? null])) as UserRow[];
  const since = new Map(rows.map((row) => [row.email, row.credentialsNotBefore?.getTime() ?? 0]));
  const isOther = users.some(
    ({ email, credentialsNotBefore }) => (since.get(email) ?? 0) > (credentialsNotBefore?.getTime() ?? 0),
  );
  if (isOther || rows.some(({ isActive }) => !isActive)) return true;
  if (ids.length === 0) return false;
  const [asking] = (await manager.query(ON_RECORD, [tokenId ?? null])) as { revokedAt: Date | null }[];
  if (asking !== undefined && asking.revokedAt !== null) return true;
  const revocations: unknown[] = await manager.query(REVOCATIONS, [ids]);
  return revocations.length > 0;
};
