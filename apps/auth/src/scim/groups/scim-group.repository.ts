import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import type { Comparison } from '../protocol/filter.js';
import type { Page } from '../protocol/list.js';
import { ScimError, invalid, notFound } from '../protocol/scim-error.js';
import { type GroupChange, MEMBERS_MAX, type MemberChange } from './group-attributes.js';

/** A team as SCIM shows it. */
export interface ScimGroup {
  readonly id: string;
  readonly displayName: string;
  readonly externalId: string | null;
  /** `scim`, or who made it here. */
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface ScimMember {
  readonly id: string;
  readonly email: string;
}

export interface NewGroup {
  readonly displayName: string;
  readonly slug: string;
  readonly externalId: string | null;
  readonly memberIds: readonly string[];
}

/** Who gives what the directory gives: no user has such a name. */
export const SCIM = 'scim';

const COLUMNS = `id, name AS "displayName", external_id AS "externalId", created_by AS "createdBy", created_at AS "createdAt"`;
const THERE = 'deleted_at IS NULL AND NOT is_personal';

const CONDITIONS: Readonly<Record<string, (place: string) => string>> = {
  id: (place) => `id = ${place}`,
  displayname: (place) => `lower(name) = lower(${place})`,
  externalid: (place) => `external_id = ${place}`,
  'members.value': (place) =>
    `id IN (SELECT m.team_id FROM auth.team_members m JOIN auth.users u ON u.email = m.user_email WHERE u.scim_id::text = ${place})`,
};

export const GROUP_FILTERS: readonly string[] = Object.keys(CONDITIONS);

/** The rows of `auth.teams` that are not personal, and who is in them. */
@Injectable()
export class ScimGroupRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find(id: string): Promise<ScimGroup | null> {
    const [group] = (await this.database.query(`SELECT ${COLUMNS} FROM auth.teams WHERE id = $1 AND ${THERE}`, [
      id,
    ])) as ScimGroup[];
    return group ?? null;
  }

  async list(filter: readonly Comparison[], { skip, limit }: Page): Promise<{ groups: ScimGroup[]; total: number }> {
    const where = filter.map(({ attribute }, index) => CONDITIONS[attribute]?.(`$${index + 1}`) ?? 'false');
    const values = filter.map(({ value }) => String(value));
    const conditions = [THERE, ...where].join(' AND ');
    const [{ total }] = (await this.database.query(
      `SELECT count(*)::int AS total FROM auth.teams WHERE ${conditions}`,
      values,
    )) as [{ total: number }];
    const groups = (await this.database.query(
      `SELECT ${COLUMNS} FROM auth.teams WHERE ${conditions} ORDER BY created_at, id LIMIT ${limit} OFFSET ${skip}`,
      values,
    )) as ScimGroup[];
    return { groups, total };
  }

  /** By team. */
  async members(ids: readonly string[]): Promise<ReadonlyMap<string, readonly ScimMember[]>> {
    const rows = (await this.database.query(
      `SELECT m.team_id AS "teamId", u.scim_id AS id, u.email FROM auth.team_members m
       JOIN auth.users u ON u.email = m.user_email WHERE m.team_id = ANY($1) ORDER BY u.email`,
      [ids],
    )) as (ScimMember & { teamId: string })[];
    return Map.groupBy(rows, ({ teamId }) => teamId);
  }

  /** Throws `uniqueness`; answers the id, and whom it concerns. */
  add({ displayName, slug, externalId, memberIds }: NewGroup): Promise<{ id: string; emails: readonly string[] }> {
    return transact(this.database, async (manager) => {
      const id = randomBytes(16).toString('hex');
      const rows = (await manager.query(
        `INSERT INTO auth.teams (id, name, slug, external_id, created_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING RETURNING id`,
        [id, displayName, slug, externalId, SCIM],
      )) as unknown[];
      if (rows.length === 0) throw new ScimError(409, 'There is a team of this displayName', 'uniqueness');
      return { id, emails: await changeMembers(manager, id, [{ op: 'add', ids: memberIds }]) };
    });
  }

  /** Everything or nothing. Answers whom it concerns. */
  change(id: string, { displayName, externalId, members }: GroupChange): Promise<readonly string[]> {
    return transact(this.database, async (manager) => {
      const locked = (await manager.query(`SELECT id FROM auth.teams WHERE id = $1 AND ${THERE} FOR UPDATE`, [
        id,
      ])) as unknown[];
      if (locked.length === 0) throw notFound();
      await manager.query(
        `UPDATE auth.teams SET name = coalesce($2, name), updated_at = now(),
           external_id = CASE WHEN $3 THEN $4 ELSE external_id END WHERE id = $1`,
        [id, displayName ?? null, externalId !== undefined, externalId ?? null],
      );
      return changeMembers(manager, id, members);
    });
  }
}

const OWNERS = `SELECT count(*)::int AS count FROM auth.team_members WHERE team_id = $1 AND role = 'owner'`;

const changeMembers = async (
  manager: EntityManager,
  teamId: string,
  changes: readonly MemberChange[],
): Promise<readonly string[]> => {
  const owners = async (): Promise<number> => ((await manager.query(OWNERS, [teamId])) as [{ count: number }])[0].count;
  const before = await owners();
  const emails: string[] = [];
  for (const { op, ids } of changes) {
    const wanted = await emailsOf(manager, ids, op !== 'remove');
    if (op !== 'add') emails.push(...(await takeOut(manager, teamId, wanted, op)));
    if (op !== 'remove') emails.push(...(await letIn(manager, teamId, wanted)));
  }
  if (before > 0 && (await owners()) === 0)
    throw invalid('The team keeps an owner: an administrator makes somebody else one first', 'mutability');
  const [{ count }] = (await manager.query('SELECT count(*)::int AS count FROM auth.team_members WHERE team_id = $1', [
    teamId,
  ])) as [{ count: number }];
  if (count > MEMBERS_MAX) throw invalid(`A group has at most ${MEMBERS_MAX} members`, 'tooMany');
  return [...new Set(emails)];
};

const letIn = async (manager: EntityManager, teamId: string, emails: readonly string[]): Promise<readonly string[]> => {
  const rows = (await manager.query(
    `INSERT INTO auth.team_members (team_id, user_email, role, invited_by)
     SELECT $1, email, 'member', $3 FROM unnest($2::text[]) AS wanted (email) ON CONFLICT DO NOTHING RETURNING user_email`,
    [teamId, emails, SCIM],
  )) as { user_email: string }[];
  return rows.map(({ user_email }) => user_email);
};

/** These, or all others. */
const takeOut = async (
  manager: EntityManager,
  teamId: string,
  emails: readonly string[],
  op: 'remove' | 'set',
): Promise<readonly string[]> => {
  const which = op === 'remove' ? 'user_email = ANY($2)' : 'NOT user_email = ANY($2)';
  const [rows] = (await manager.query(
    `DELETE FROM auth.team_members WHERE team_id = $1 AND ${which} RETURNING user_email`,
    [teamId, emails],
  )) as [{ user_email: string }[], number];
  return rows.map(({ user_email }) => user_email);
};

/** Throws `invalidValue` for an id of nobody; who is taken out may be gone. */
const emailsOf = async (manager: EntityManager, ids: readonly string[], mustBeThere: boolean): Promise<string[]> => {
  const asked = [...new Set(ids.map((id) => id.toLowerCase()))];
  const rows = (await manager.query(
    'SELECT email FROM auth.users WHERE scim_id = ANY($1::uuid[]) AND deleted_at IS NULL FOR SHARE',
    [asked],
  )) as { email: string }[];
  if (mustBeThere && rows.length < asked.length) throw invalid('A member is the id of no user');
  return rows.map(({ email }) => email);
};
