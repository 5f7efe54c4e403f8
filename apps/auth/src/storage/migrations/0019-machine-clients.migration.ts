import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type AuditedTable, auditTable } from '#libs/storage';

const CLIENTS: AuditedTable = {
  table: 'machine_clients',
  resourceType: 'machine_client',
  id: ['client_id'],
  secrets: ['secret_hash'],
};

const MAKERS = ['request', 'login', 'consent', 'command', 'start'];

/** Clients of the own authorization server that have no user. Each is on record as a token, and goes with it. */
export class MachineClients1765800000019 implements MigrationInterface {
  name = 'MachineClients1765800000019';

  async up(runner: QueryRunner): Promise<void> {
    await this.allow(runner, [...MAKERS, 'client']);
    await runner.query(`
      CREATE TABLE auth.machine_clients (
        client_id text PRIMARY KEY,
        token_id text NOT NULL UNIQUE REFERENCES auth.api_tokens (token_id) ON DELETE CASCADE,
        auth_method text NOT NULL,
        secret_hash text,
        jwks jsonb,
        scopes text[] NOT NULL
      )`);
    for (const statement of auditTable('auth', CLIENTS)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth.machine_clients');
    await runner.query(`DELETE FROM auth.api_tokens WHERE made_by = 'client'`);
    await this.allow(runner, MAKERS);
  }

  private async allow(runner: QueryRunner, makers: readonly string[]): Promise<void> {
    const listed = makers.map((maker) => `'${maker}'`).join(', ');
    await runner.query('ALTER TABLE auth.api_tokens DROP CONSTRAINT api_tokens_made_by_check');
    await runner.query(
      `ALTER TABLE auth.api_tokens ADD CONSTRAINT api_tokens_made_by_check CHECK (made_by IN (${listed}))`,
    );
  }
}
