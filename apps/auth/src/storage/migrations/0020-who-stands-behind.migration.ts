import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which token a connector was made, and which tokens for others their users have accepted. */
export class WhoStandsBehind1765900000020 implements MigrationInterface {
  name = 'WhoStandsBehind1765900000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE auth.connectors ADD COLUMN parent_token_id text');
    await runner.query(
      'CREATE INDEX connectors_parent ON auth.connectors (parent_token_id) WHERE parent_token_id IS NOT NULL',
    );
    await runner.query('ALTER TABLE auth.api_tokens ADD COLUMN is_accepted boolean NOT NULL DEFAULT false');
    // Of a team's, nobody wrote down who was asked: they count as accepted.
    await runner.query(
      'UPDATE auth.api_tokens SET is_accepted = true WHERE created_by IS NOT NULL AND team_id IS NOT NULL AND NOT is_offered',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE auth.api_tokens DROP COLUMN is_accepted');
    await runner.query('ALTER TABLE auth.connectors DROP COLUMN parent_token_id');
  }
}
