import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import type { Comparison } from '../protocol/filter.js';
import type { Page } from '../protocol/list.js';
import type { DescribedUser, UserAttributes } from './user-attributes.js';

/** A user as SCIM shows them. */
export interface ScimUser {
  readonly id: string;
  readonly email: string;
  readonly externalId: string | null;
  readonly fullName: string | null;
  readonly isActive: boolean;
  readonly isAdmin: boolean;
  readonly createdAt: Date;
}

const COLUMNS = `scim_id AS id, email, external_id AS "externalId", full_name AS "fullName", is_active AS "isActive",
  is_admin AS "isAdmin", created_at AS "createdAt"`;

/** How each attribute is compared; addresses are kept in lower case. */
const CONDITIONS: Readonly<Record<string, (place: string) => string>> = {
  id: (place) => `scim_id::text = ${place}`,
  username: (place) => `email = lower(${place})`,
  emails: (place) => `email = lower(${place})`,
  'emails.value': (place) => `email = lower(${place})`,
  externalid: (place) => `external_id = ${place}`,
  active: (place) => `is_active::text = ${place}`,
};

export const USER_FILTERS: readonly string[] = Object.keys(CONDITIONS);

/** The rows of `auth.users` that are there. */
@Injectable()
export class ScimUserRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find(id: string): Promise<ScimUser | null> {
    if (!isUUID(id)) return null;
    const [user] = (await this.database.query(
      `SELECT ${COLUMNS} FROM auth.users WHERE scim_id = $1 AND deleted_at IS NULL`,
      [id],
    )) as ScimUser[];
    return user ?? null;
  }

  async list(filter: readonly Comparison[], { skip, limit }: Page): Promise<{ users: ScimUser[]; total: number }> {
    const where = filter.map(({ attribute }, index) => CONDITIONS[attribute]?.(`$${index + 1}`) ?? 'false');
    const values = filter.map(({ value }) => String(value));
    const conditions = ['deleted_at IS NULL', ...where].join(' AND ');
    const [{ total }] = (await this.database.query(
      `SELECT count(*)::int AS total FROM auth.users WHERE ${conditions}`,
      values,
    )) as [{ total: number }];
    const users = (await this.database.query(
      `SELECT ${COLUMNS} FROM auth.users WHERE ${conditions} ORDER BY email LIMIT ${limit} OFFSET ${skip}`,
      values,
    )) as ScimUser[];
    return { users, total };
  }

  /** Null where there is such a user. One who was removed begins anew, by another id. */
  async add({ userName, externalId, fullName, isActive }: DescribedUser): Promise<ScimUser | null> {
    const [user] = (await this.database.query(
      `INSERT INTO auth.users AS known (email, external_id, full_name, is_active, is_admin, auth_provider)
       VALUES ($1, $2, $3, $4, false, 'scim')
       ON CONFLICT (email) DO UPDATE SET
         scim_id = gen_random_uuid(), external_id = excluded.external_id, full_name = excluded.full_name,
         is_active = excluded.is_active, is_admin = false, auth_provider = 'scim', password_hash = NULL,
         failed_login_count = 0, locked_until = NULL, created_at = now(), deleted_at = NULL
       WHERE known.deleted_at IS NOT NULL
       RETURNING ${COLUMNS}`,
      [userName, externalId, fullName, isActive],
    )) as ScimUser[];
    return user ?? null;
  }

  /** But for whether they are active, which is the business of `UserService`. */
  async describe(id: string, { externalId, fullName }: UserAttributes): Promise<void> {
    await this.database.query(
      `UPDATE auth.users SET
         external_id = CASE WHEN $2 THEN $3 ELSE external_id END, full_name = CASE WHEN $4 THEN $5 ELSE full_name END
       WHERE scim_id = $1`,
      [id, externalId !== undefined, externalId ?? null, fullName !== undefined, fullName ?? null],
    );
  }
}
