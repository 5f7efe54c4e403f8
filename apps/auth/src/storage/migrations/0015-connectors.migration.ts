import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type AuditedTable, auditTable } from '#libs/storage';

const CONNECTORS: AuditedTable = {
  table: 'connectors',
  resourceType: 'connector',
  id: ['id'],
  name: 'label',
  secrets: ['token_hash'],
  ignored: ['last_joined_at'],
  endsAt: 'expires_at',
};

/** Places outside that may join the gateway to serve upstreams there. */
export class Connectors1765400000015 implements MigrationInterface {
  name = 'Connectors1765400000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.connectors (
        id uuid PRIMARY KEY,
        label text NOT NULL,
        names text[] NOT NULL,
        token_hash text NOT NULL UNIQUE,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        last_joined_at timestamptz
      )`);
    for (const statement of auditTable('auth', CONNECTORS)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth.connectors');
  }
}
