import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type AuditedTable, auditTable } from '#libs/storage';

const CONSENTS: AuditedTable = {
  table: 'upstream_consents',
  resourceType: 'upstream_consent',
  id: ['upstream_id', 'user_email'],
};

const CLIENTS: AuditedTable = {
  table: 'upstream_clients',
  resourceType: 'upstream_client',
  id: ['id'],
  name: 'client_id',
  secrets: ['sealed'],
};

/** Consents of people at upstreams: their access tokens beside those of the gateway, and how they came about. */
export class UpstreamConsents1765100000012 implements MigrationInterface {
  name = 'UpstreamConsents1765100000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE auth.upstream_tokens ADD COLUMN user_email text NOT NULL DEFAULT ''`);
    await runner.query('ALTER TABLE auth.upstream_tokens DROP CONSTRAINT upstream_tokens_pkey');
    await runner.query('ALTER TABLE auth.upstream_tokens ADD PRIMARY KEY (upstream_id, user_email)');
    await runner.query(`
      CREATE TABLE auth.upstream_consents (
        upstream_id text NOT NULL,
        user_email text NOT NULL,
        id uuid NOT NULL,
        issuer text,
        scopes text NOT NULL,
        consented_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (upstream_id, user_email)
      )`);
    await runner.query('CREATE INDEX upstream_consents_by_user ON auth.upstream_consents (user_email)');
    for (const statement of auditTable('auth', CONSENTS)) await runner.query(statement);
    await runner.query(`
      CREATE TABLE auth.consent_flows (
        state_hash text PRIMARY KEY,
        upstream_id text NOT NULL,
        user_email text NOT NULL,
        key_id text NOT NULL,
        sealed bytea NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX consent_flows_by_user ON auth.consent_flows (user_email, expires_at)');
    await runner.query(`
      CREATE TABLE auth.upstream_clients (
        id uuid PRIMARY KEY,
        upstream_id text NOT NULL,
        issuer text NOT NULL,
        client_id text NOT NULL,
        key_id text NOT NULL,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (upstream_id, issuer)
      )`);
    for (const statement of auditTable('auth', CLIENTS)) await runner.query(statement);
    // A consent goes with its user; a removed user stays as a row.
    await runner.query(`
      CREATE FUNCTION auth.end_upstream_consents() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM auth.upstream_tokens WHERE user_email = OLD.email;
        DELETE FROM auth.upstream_consents WHERE user_email = OLD.email;
        DELETE FROM auth.consent_flows WHERE user_email = OLD.email;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER users_end_upstream_consents AFTER UPDATE OF deleted_at ON auth.users
      FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION auth.end_upstream_consents()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER users_end_upstream_consents ON auth.users');
    await runner.query('DROP FUNCTION auth.end_upstream_consents()');
    for (const table of ['upstream_clients', 'consent_flows', 'upstream_consents'])
      await runner.query(`DROP TABLE auth.${table}`);
    await runner.query(`DELETE FROM auth.upstream_tokens WHERE user_email <> ''`);
    await runner.query('ALTER TABLE auth.upstream_tokens DROP CONSTRAINT upstream_tokens_pkey');
    await runner.query('ALTER TABLE auth.upstream_tokens DROP COLUMN user_email');
    await runner.query('ALTER TABLE auth.upstream_tokens ADD PRIMARY KEY (upstream_id)');
  }
}
