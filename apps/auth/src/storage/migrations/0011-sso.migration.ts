import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type AuditedTable, auditTable } from '#libs/storage';

const AUDITED: readonly AuditedTable[] = [
  { table: 'sso_providers', resourceType: 'sso_provider', id: ['id'], name: 'name', ignored: ['updated_at'] },
  { table: 'sso_identities', resourceType: 'sso_identity', id: ['issuer', 'subject'] },
];

/** Identity providers at which people sign in, whom those know as whom, and where each session began. */
export class Sso1765000000011 implements MigrationInterface {
  name = 'Sso1765000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.sso_providers (
        id text PRIMARY KEY,
        preset text NOT NULL,
        name text NOT NULL,
        display_name text NOT NULL,
        issuer text,
        endpoints jsonb NOT NULL,
        client_id text NOT NULL,
        scopes text[] NOT NULL,
        domains text[] NOT NULL,
        tenants text[] NOT NULL,
        creates_users boolean NOT NULL,
        links_accounts boolean NOT NULL,
        rules jsonb NOT NULL,
        is_enabled boolean NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE auth.sso_identities (
        issuer text NOT NULL,
        subject text NOT NULL,
        user_email text NOT NULL REFERENCES auth.users (email),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (issuer, subject)
      )`);
    await runner.query('CREATE INDEX sso_identities_of_user ON auth.sso_identities (user_email)');
    await runner.query(`
      ALTER TABLE auth.api_tokens
        ADD COLUMN origin_issuer text, ADD COLUMN origin_subject text, ADD COLUMN origin_session text`);
    await runner.query(
      'CREATE INDEX api_tokens_by_origin ON auth.api_tokens (origin_issuer, origin_subject) WHERE origin_issuer IS NOT NULL',
    );
    for (const audited of AUDITED) for (const statement of auditTable('auth', audited)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE auth.api_tokens DROP COLUMN origin_issuer, DROP COLUMN origin_subject, DROP COLUMN origin_session`);
    await runner.query('DROP TABLE auth.sso_identities, auth.sso_providers');
  }
}
