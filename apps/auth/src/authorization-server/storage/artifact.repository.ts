import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';

/** By what an artifact is found. */
export interface ArtifactKey {
  readonly kind: string;
  readonly id: string;
}

export interface NewArtifact extends ArtifactKey {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly consentId: string | null;
  readonly uid: string | null;
  readonly userCode: string | null;
  readonly expiresInS: number;
}

export interface FoundArtifact {
  readonly payload: Readonly<Record<string, unknown>>;
  /** For how long it has been used up; `null`: it is not. */
  readonly consumedForMs: number | null;
}

const SWEEP_EVERY_MS = 60_000;
/** How long what is registered is kept where nobody consents to it. */
export const UNUSED_LIFE_S = 86_400;

/** A consent holds while it is on record, and its user as they were when they gave it. */
const HOLDS = `
  EXISTS (SELECT FROM auth.api_tokens t JOIN auth.users u ON u.email = t.user_email
          WHERE t.token_id = $1 AND t.revoked_at IS NULL AND t.expires_at > now()
            AND u.is_active AND u.deleted_at IS NULL
            AND (u.credentials_not_before IS NULL OR u.credentials_not_before <= t.created_at))`;

const FOUND = `
  SELECT payload, extract(epoch FROM now() - consumed_at)::double precision * 1000 AS "consumedForMs"
  FROM auth.oauth_artifacts WHERE expires_at > now() AND kind = $1`;

/** The rows of `auth.oauth_artifacts`. */
@Injectable()
export class ArtifactRepository {
  private sweptAtMs = performance.now();

  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async put({ kind, id, payload, consentId, uid, userCode, expiresInS }: NewArtifact): Promise<void> {
    await this.sweep();
    await this.database.query(
      `INSERT INTO auth.oauth_artifacts (kind, id_hash, payload, consent_id, uid, user_code, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
       ON CONFLICT (kind, id_hash) DO UPDATE SET payload = excluded.payload, consent_id = excluded.consent_id,
         uid = excluded.uid, user_code = excluded.user_code, expires_at = excluded.expires_at`,
      [kind, hashOf(id), JSON.stringify(payload), consentId, uid, userCode, expiresInS],
    );
  }

  find({ kind, id }: ArtifactKey): Promise<FoundArtifact | null> {
    return this.findBy(kind, 'id_hash', hashOf(id));
  }

  findByUid(kind: string, uid: string): Promise<FoundArtifact | null> {
    return this.findBy(kind, 'uid', uid);
  }

  findByUserCode(kind: string, userCode: string): Promise<FoundArtifact | null> {
    return this.findBy(kind, 'user_code', userCode);
  }

  /** Whether what was consented to may still be given. */
  async holds(consentId: string): Promise<boolean> {
    const [row] = (await this.database.query(`SELECT ${HOLDS} AS holds`, [consentId])) as [{ holds: boolean }];
    return row.holds;
  }

  /** Keeps it for a day more, to know it again. False where it was used up before. */
  async consume({ kind, id }: ArtifactKey): Promise<boolean> {
    const [, count] = (await this.database.query(
      `UPDATE auth.oauth_artifacts SET consumed_at = now(), expires_at = least(expires_at, now() + interval '1 day')
       WHERE kind = $1 AND id_hash = $2 AND consumed_at IS NULL`,
      [kind, hashOf(id)],
    )) as [unknown[], number];
    return count > 0;
  }

  async remove({ kind, id }: ArtifactKey): Promise<void> {
    await this.database.query('DELETE FROM auth.oauth_artifacts WHERE kind = $1 AND id_hash = $2', [kind, hashOf(id)]);
  }

  async removeOfConsent(kind: string, consentId: string): Promise<void> {
    await this.database.query('DELETE FROM auth.oauth_artifacts WHERE kind = $1 AND consent_id = $2', [
      kind,
      consentId,
    ]);
  }

  async count(kind: string): Promise<number> {
    const [row] = (await this.database.query(
      'SELECT count(*)::int AS count FROM auth.oauth_artifacts WHERE kind = $1 AND expires_at > now()',
      [kind],
    )) as [{ count: number }];
    return row.count;
  }

  /** The one that ends first, of those that nobody has prolonged. False where there is none. */
  async removeOldestUnused(kind: string): Promise<boolean> {
    const [, count] = (await this.database.query(
      `DELETE FROM auth.oauth_artifacts WHERE kind = $1 AND id_hash = (
         SELECT id_hash FROM auth.oauth_artifacts
         WHERE kind = $1 AND expires_at <= now() + make_interval(secs => $2) ORDER BY expires_at LIMIT 1)`,
      [kind, UNUSED_LIFE_S],
    )) as [unknown[], number];
    return count > 0;
  }

  /** Of one consent, what is not used up and was given more than `sinceS` before, by how long it lives. */
  async removeSiblings({ kind, id }: ArtifactKey, livesS: number, sinceS: number): Promise<void> {
    await this.database.query(
      `DELETE FROM auth.oauth_artifacts sibling USING auth.oauth_artifacts used
       WHERE used.kind = $1 AND used.id_hash = $2 AND sibling.kind = used.kind
         AND sibling.consent_id = used.consent_id AND sibling.id_hash <> used.id_hash AND sibling.consumed_at IS NULL
         AND sibling.expires_at < now() + make_interval(secs => $3)`,
      [kind, hashOf(id), livesS - sinceS],
    );
  }

  /** Does nothing where it is there for longer anyway, or not at all. */
  async prolong({ kind, id }: ArtifactKey, expiresInS: number): Promise<void> {
    await this.database.query(
      `UPDATE auth.oauth_artifacts SET expires_at = greatest(expires_at, now() + make_interval(secs => $3))
       WHERE kind = $1 AND id_hash = $2`,
      [kind, hashOf(id), expiresInS],
    );
  }

  private async findBy(kind: string, column: string, value: string): Promise<FoundArtifact | null> {
    const [row] = (await this.database.query(`${FOUND} AND ${column} = $2`, [kind, value])) as FoundArtifact[];
    return row ?? null;
  }

  private async sweep(): Promise<void> {
    if (performance.now() - this.sweptAtMs < SWEEP_EVERY_MS) return;
    this.sweptAtMs = performance.now();
    await this.database.query('DELETE FROM auth.oauth_artifacts WHERE expires_at < now()');
  }
}

const hashOf = (id: string): string => createHash('sha256').update(id).digest('hex');
