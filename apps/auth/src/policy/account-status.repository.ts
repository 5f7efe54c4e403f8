import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Grant, isGrant } from '#contracts/auth/permission';
import { InjectDatabase } from '#libs/storage';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';

/** All that is on record about a user and the token they show. */
export interface AccountStatus {
  readonly user: {
    readonly email: string;
    readonly isAdmin: boolean;
    readonly isActive: boolean;
    readonly credentialsNotBeforeMs: number | null;
  } | null;
  readonly isRevoked: boolean;
  /** The teams that the user is in, and what is known of those that the token names. */
  readonly teams: TeamStatus;
  readonly roles: RoleStatus;
  /** For tokens that are kept on record. */
  readonly token: {
    readonly hash: string;
    readonly userEmail: string;
    readonly isOffered: boolean;
    readonly wantsUseNoted: boolean;
    /** Who made it, or what it was asked for by, for its user. */
    readonly givers: readonly Giver[];
  } | null;
}

/** Who made a token for somebody else. */
export interface Giver {
  readonly by: string;
  /** Its user. */
  readonly for: string;
  /** The one team that it is for. */
  readonly teamId: string | null;
  /** Its user was asked, and accepted it. */
  readonly isAccepted: boolean;
  /** Of that team, at this moment. */
  readonly ownsTeam: boolean;
  /** Its user is in that team, at this moment. */
  readonly isMember: boolean;
}

/** What one role of a user permits. */
export interface AssignedGrants {
  readonly teamId: string | null;
  readonly permissions: readonly Grant[];
  /** When they have it no longer. */
  readonly expiresAtMs: number | null;
}

/** What a user may do, by roles that have not expired. */
export interface RoleStatus {
  /** What every user may do. */
  readonly base: readonly Grant[];
  /** For a team where one is named, else for all that they see. */
  readonly assigned: readonly AssignedGrants[];
  /** When the first of them expires. */
  readonly changesAtMs: number | null;
}

/** What decides which teams a caller reaches. */
export interface TeamStatus {
  /** Ids of those that the user is in. */
  readonly own: readonly string[];
  /** Of those that were asked about: ids of which there is or was a team. */
  readonly kept: readonly string[];
  /** Ids of the teams that are there under such an id or slug. */
  readonly named: readonly string[];
}

interface Row {
  readonly givers: readonly Giver[] | null;
  readonly email: string | null;
  readonly is_admin: boolean | null;
  readonly is_active: boolean | null;
  readonly credentials_not_before: Date | null;
  readonly is_revoked: boolean;
  readonly token_hash: string | null;
  readonly token_user: string | null;
  readonly is_offered: boolean | null;
  readonly wants_use_noted: boolean;
  readonly own_teams: string[];
  readonly kept_teams: string[];
  readonly named_teams: string[];
  readonly base_permissions: string[] | null;
  readonly assigned: (Omit<AssignedGrants, 'permissions'> & { readonly permissions: string[] })[] | null;
  readonly changes_at: Date | null;
}

const USE_NOTED_EVERY = `interval '5 minutes'`;

const STATUS = `
  SELECT u.email, u.is_admin, u.is_active AND u.deleted_at IS NULL AS is_active, u.credentials_not_before,
         EXISTS (SELECT FROM auth.revocations r WHERE r.token_id = $2) OR t.revoked_at IS NOT NULL AS is_revoked,
         t.token_hash, t.user_email AS token_user, t.is_offered,
         ARRAY(SELECT m.team_id FROM auth.team_members m JOIN auth.teams o ON o.id = m.team_id AND o.deleted_at IS NULL
               WHERE m.user_email = u.email ORDER BY m.team_id) AS own_teams,
         ARRAY(SELECT k.id FROM auth.teams k WHERE k.id = ANY($3)) AS kept_teams,
         ARRAY(SELECT n.id FROM auth.teams n
               WHERE n.deleted_at IS NULL AND NOT n.is_personal AND (n.id = ANY($3) OR n.slug = ANY($3))) AS named_teams,
         (SELECT e.permissions FROM auth.roles d JOIN auth.effective_roles e ON e.role_id = d.id
          WHERE d.name = $4 AND d.scope = 'global') AS base_permissions,
         given.assigned, given.changes_at, made.givers,
         t.token_id IS NOT NULL AND (t.last_used_at IS NULL OR t.last_used_at < now() - ${USE_NOTED_EVERY}) AS wants_use_noted
  FROM (SELECT $1::text AS email) asked
  LEFT JOIN auth.users u ON u.email = asked.email
  LEFT JOIN auth.api_tokens t ON t.token_id = $2
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('teamId', a.team_id, 'permissions', e.permissions,
             'expiresAtMs', floor(extract(epoch FROM a.expires_at) * 1000))) AS assigned,
           min(a.expires_at) AS changes_at
    FROM auth.role_assignments a JOIN auth.effective_roles e ON e.role_id = a.role_id
    WHERE a.user_email = u.email AND (a.expires_at IS NULL OR a.expires_at > now())
  ) given ON true
  LEFT JOIN LATERAL (
    WITH RECURSIVE line AS (
      SELECT t.parent_token_id, t.created_by, t.user_email, t.team_id, t.is_accepted
      UNION SELECT p.parent_token_id, p.created_by, p.user_email, p.team_id, p.is_accepted
      FROM auth.api_tokens p JOIN line ON p.token_id = line.parent_token_id
    )
    SELECT json_agg(json_build_object('by', created_by, 'for', user_email, 'teamId', team_id, 'isAccepted', is_accepted,
             'ownsTeam', EXISTS (SELECT FROM auth.team_members m JOIN auth.teams o ON o.id = m.team_id AND o.deleted_at IS NULL
                                 WHERE m.team_id = line.team_id AND m.user_email = line.created_by AND m.role = 'owner'),
             'isMember', EXISTS (SELECT FROM auth.team_members m JOIN auth.teams o ON o.id = m.team_id AND o.deleted_at IS NULL
                                 WHERE m.team_id = line.team_id AND m.user_email = line.user_email))) AS givers
    FROM line WHERE created_by IS NOT NULL
  ) made ON true`;

/** What admission asks of the accounts; written for that one query. */
@Injectable()
export class AccountStatusRepository {
  constructor(
    @InjectDatabase('auth') private readonly database: DataSource,
    @InjectAuthSettings() private readonly settings: Pick<AuthSettings, 'defaultRole'>,
  ) {}

  /** One round trip, by keys. `teams`: those that the token names. */
  async find(email: string, tokenId: string, teams: readonly string[]): Promise<AccountStatus> {
    const [row] = (await this.database.query(STATUS, [email, tokenId, teams, this.settings.defaultRole])) as [Row];
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
      roles: {
        base: (row.base_permissions ?? []).filter(isGrant),
        assigned: (row.assigned ?? []).map((given) => ({ ...given, permissions: given.permissions.filter(isGrant) })),
        changesAtMs: row.changes_at?.getTime() ?? null,
      },
      teams: { own: row.own_teams, kept: row.kept_teams, named: row.named_teams },
      token:
        row.token_hash === null || row.token_user === null
          ? null
          : {
              hash: row.token_hash,
              userEmail: row.token_user,
              isOffered: row.is_offered === true,
              wantsUseNoted: row.wants_use_noted,
              givers: row.givers ?? [],
            },
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
