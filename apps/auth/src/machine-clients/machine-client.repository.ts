import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { MachineClient } from './machine-client.entity.js';

/** A machine client with its record. */
export interface RecordedClient extends MachineClient {
  readonly name: string;
  readonly description: string | null;
  readonly registeredBy: string;
  readonly teamId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  /** It may have tokens now. */
  readonly isGood: boolean;
}

/** Neither revoked nor expired, and of a user who is as they were when they registered it. */
const GOOD = `t.revoked_at IS NULL AND t.expires_at > now() AND EXISTS (
  SELECT FROM auth.users u WHERE u.email = t.user_email AND u.is_active AND u.deleted_at IS NULL
    AND (u.credentials_not_before IS NULL OR u.credentials_not_before <= t.created_at))`;

const CLIENTS = `
  SELECT c.client_id AS "clientId", c.token_id AS "tokenId", c.auth_method AS "authMethod", c.secret_hash AS "secretHash", c.jwks,
    c.scopes, t.name, t.description, t.user_email AS "registeredBy", t.team_id AS "teamId", t.created_at AS "createdAt",
    t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt", t.revoked_at AS "revokedAt", ${GOOD} AS "isGood"
  FROM auth.machine_clients c JOIN auth.api_tokens t ON t.token_id = c.token_id`;

/** The rows of `auth.machine_clients`. */
@Injectable()
export class MachineClientRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async add(client: MachineClient): Promise<void> {
    await this.database.getRepository(MachineClient).insert(client);
  }

  async find(clientId: string): Promise<RecordedClient | null> {
    const [row] = (await this.database.query(`${CLIENTS} WHERE c.client_id = $1`, [clientId])) as RecordedClient[];
    return row ?? null;
  }

  async findGood(clientId: string): Promise<RecordedClient | null> {
    const [row] = (await this.database.query(`${CLIENTS} WHERE c.client_id = $1 AND ${GOOD}`, [
      clientId,
    ])) as RecordedClient[];
    return row ?? null;
  }

  async countGood(): Promise<number> {
    const [row] = (await this.database.query(`SELECT count(*)::int AS count FROM (${CLIENTS} WHERE ${GOOD}) good`)) as [
      { count: number },
    ];
    return row.count;
  }

  /** Newest first, and how many there are. */
  async list(limit: number, offset: number): Promise<{ clients: readonly RecordedClient[]; total: number }> {
    const clients = (await this.database.query(
      `${CLIENTS} ORDER BY t.created_at DESC, c.client_id LIMIT $1 OFFSET $2`,
      [limit, offset],
    )) as RecordedClient[];
    return { clients, total: await this.database.getRepository(MachineClient).count() };
  }
}
