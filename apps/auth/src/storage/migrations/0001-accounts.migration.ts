import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Accounts1763600000001 implements MigrationInterface {
  name = 'Accounts1763600000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.users (
        email text PRIMARY KEY CHECK (email = lower(email)),
        full_name text,
        password_hash text,
        is_admin boolean NOT NULL DEFAULT false,
        is_active boolean NOT NULL DEFAULT true,
        auth_provider text NOT NULL DEFAULT 'local',
        failed_login_count integer NOT NULL DEFAULT 0,
        locked_until timestamptz,
        credentials_not_before timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE auth.api_tokens (
        id uuid PRIMARY KEY,
        token_id text NOT NULL UNIQUE,
        token_hash text NOT NULL,
        user_email text NOT NULL REFERENCES auth.users (email),
        name text NOT NULL,
        description text,
        server_id text,
        permissions text[] NOT NULL DEFAULT '{}',
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        revoked_at timestamptz
      )`);
    await runner.query(
      'CREATE UNIQUE INDEX api_tokens_name ON auth.api_tokens (user_email, name) WHERE revoked_at IS NULL',
    );
    await runner.query('CREATE INDEX api_tokens_listing ON auth.api_tokens (user_email, created_at, id)');
    await runner.query(`
      CREATE TABLE auth.revocations (
        token_id text PRIMARY KEY,
        revoked_by text NOT NULL,
        revoked_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX revocations_expiry ON auth.revocations (expires_at)');
    await runner.query(`
      CREATE TABLE auth.upstream_credentials (
        upstream_id text PRIMARY KEY,
        key_id text NOT NULL,
        sealed bytea NOT NULL,
        version uuid NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth.upstream_credentials, auth.revocations, auth.api_tokens, auth.users');
  }
}
