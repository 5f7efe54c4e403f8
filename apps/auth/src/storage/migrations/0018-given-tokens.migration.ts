import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who made a token for somebody else, and whether it waits until they accept it. */
export class GivenTokens1765700000018 implements MigrationInterface {
  name = 'GivenTokens1765700000018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE auth.api_tokens ADD COLUMN created_by text`);
    await runner.query(`ALTER TABLE auth.api_tokens ADD COLUMN is_offered boolean NOT NULL DEFAULT false`);
    await runner.query(
      `CREATE INDEX api_tokens_created_by ON auth.api_tokens (created_by, created_at DESC) WHERE created_by IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    // Whoever knows of no offer would take it for a token that is good.
    await runner.query('DELETE FROM auth.api_tokens WHERE is_offered');
    await runner.query('ALTER TABLE auth.api_tokens DROP COLUMN is_offered');
    await runner.query('ALTER TABLE auth.api_tokens DROP COLUMN created_by');
  }
}
