import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import type { Sealed } from '../../encryption/key-ring.js';

/** A client that the gateway registered at an authorization server, for one upstream. */
export interface UpstreamClientRow {
  readonly id: string;
  readonly upstreamId: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly keyId: string;
  readonly sealed: Buffer;
  readonly createdAt: Date;
}

const COLUMNS = `id, upstream_id AS "upstreamId", issuer, client_id AS "clientId", key_id AS "keyId", sealed, created_at AS "createdAt"`;

/** An upstream may name another authorization server each time. */
const PER_UPSTREAM_MAX = 4;

/** The rows of `auth.upstream_clients`. Never sees a secret in the clear. */
@Injectable()
export class UpstreamClientRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find(upstreamId: string, issuer: string): Promise<UpstreamClientRow | null> {
    const rows = (await this.database.query(
      `SELECT ${COLUMNS} FROM auth.upstream_clients WHERE upstream_id = $1 AND issuer = $2`,
      [upstreamId, issuer],
    )) as UpstreamClientRow[];
    return rows[0] ?? null;
  }

  list(): Promise<UpstreamClientRow[]> {
    return this.database.query(`SELECT ${COLUMNS} FROM auth.upstream_clients ORDER BY created_at, id`);
  }

  /** The first of those that register at once stays; of one upstream, the newest. */
  async keep(client: Pick<UpstreamClientRow, 'upstreamId' | 'issuer' | 'clientId'>, sealed: Sealed): Promise<void> {
    await this.database.query(
      `INSERT INTO auth.upstream_clients (id, upstream_id, issuer, client_id, key_id, sealed)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (upstream_id, issuer) DO NOTHING`,
      [randomUUID(), client.upstreamId, client.issuer, client.clientId, sealed.keyId, sealed.bytes],
    );
    // A consent has the client that it was given to with it.
    await this.database.query(
      `DELETE FROM auth.upstream_clients WHERE id IN (
         SELECT id FROM auth.upstream_clients WHERE upstream_id = $1 ORDER BY created_at DESC, id OFFSET $2)`,
      [client.upstreamId, PER_UPSTREAM_MAX],
    );
  }

  /** Whether it was there. */
  async forget(id: string): Promise<boolean> {
    const [, count] = (await this.database.query('DELETE FROM auth.upstream_clients WHERE id = $1', [id])) as [
      unknown,
      number,
    ];
    return count > 0;
  }
}
