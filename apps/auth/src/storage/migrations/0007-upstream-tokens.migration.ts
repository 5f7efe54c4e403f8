import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The access tokens that are shown to upstreams, encrypted, and who is getting a new one. */
export class UpstreamTokens1764200000007 implements MigrationInterface {
  name = 'UpstreamTokens1764200000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.upstream_tokens (
        upstream_id text PRIMARY KEY,
        credential_version uuid NOT NULL,
        token_id uuid,
        key_id text,
        sealed bytea,
        obtained_at timestamptz,
        expires_at timestamptz,
        failure jsonb,
        failed_at timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        lease_id uuid,
        leased_until timestamptz
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth.upstream_tokens');
  }
}
