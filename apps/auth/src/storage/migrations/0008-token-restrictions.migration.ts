import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From where and when tokens are good, for which team, and by what they are found. */
export class TokenRestrictions1764300000008 implements MigrationInterface {
  name = 'TokenRestrictions1764300000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE auth.api_tokens
        ADD COLUMN ip_restrictions text[] NOT NULL DEFAULT '{}',
        ADD COLUMN time_restrictions jsonb,
        ADD COLUMN team_id text,
        ADD COLUMN tags text[] NOT NULL DEFAULT '{}'`);
    await runner.query('CREATE INDEX api_tokens_team ON auth.api_tokens (team_id) WHERE team_id IS NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE auth.api_tokens DROP COLUMN ip_restrictions, DROP COLUMN time_restrictions, DROP COLUMN team_id, DROP COLUMN tags',
    );
  }
}
